/**
 * Follows the directories of a TIFF or BigTIFF before a library does: where one leads back to another,
 * readers go round for minutes.
 *
 * Source: TIFF 6.0 (Adobe, 1992), section 2; Adobe's technical note 1 (SubIFDs);
 * https://www.awaresystems.be/imaging/tiff/bigtiff.html
 *
 * @module
 */
import { DataError, openPlainFile } from "../../../core/mod.ts";

const DIRECTORIES_MAX = 1024;
const ENTRIES_MAX = 4096;
const TAG_SUB_DIRECTORIES = 330;
/** Types of offsets, by their bytes: LONG and IFD, LONG8 and IFD8. */
const OFFSET_BYTES: Readonly<Record<number, number>> = { 4: 4, 13: 4, 16: 8, 18: 8 };

/** How the numbers of a file are laid out. */
interface Layout {
  readonly littleEndian: boolean;
  readonly big: boolean;
}

/**
 * Does nothing for a file that is no TIFF.
 *
 * @throws DataError where a directory overlaps with another (such as itself), lies beyond the file, or
 * is one of too many.
 */
export async function checkTiffDirectories(path: string): Promise<void> {
  using file = await openPlainFile(path);
  const { size } = await file.stat();
  const header = await readAt(file, 0, Math.min(16, size));
  const layout = layoutOf(header);
  if (layout === null || header.byteLength < (layout.big ? 16 : 8)) return;
  const due = [offsetAt(header, layout.big ? 8 : 4, layout.big ? 8 : 4, layout)];
  const taken: { readonly from: number; readonly to: number }[] = [];
  for (let from = due.pop(); from !== undefined; from = due.pop()) {
    if (from === 0) continue;
    const directory = await readDirectory(file, from, layout, path);
    const to = from + directory.bytes;
    if (taken.some((other) => from < other.to && other.from < to)) {
      throw new DataError(
        path,
        "its TIFF directories lead back to each other; write the file anew",
      );
    }
    taken.push({ from, to });
    due.push(...directory.next);
    if (taken.length + due.length > 2 * DIRECTORIES_MAX) {
      throw new DataError(path, `it has more than ${DIRECTORIES_MAX} TIFF directories`);
    }
  }
}

/** null: no TIFF. */
function layoutOf(header: DataView): Layout | null {
  if (header.byteLength < 4) return null;
  const order = header.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return null;
  const littleEndian = order === 0x4949;
  const version = header.getUint16(2, littleEndian);
  return version === 42 || version === 43 ? { littleEndian, big: version === 43 } : null;
}

async function readDirectory(
  file: Deno.FsFile,
  from: number,
  layout: Layout,
  path: string,
): Promise<{ readonly bytes: number; readonly next: readonly number[] }> {
  const { big, littleEndian } = layout;
  const [countBytes, entryBytes, offsetBytes] = big ? [8, 20, 8] : [2, 12, 4];
  const beyond = () => new DataError(path, "a TIFF directory lies beyond its end");
  const head = await readAt(file, from, countBytes);
  if (head.byteLength < countBytes) throw beyond();
  const count = big ? Number(head.getBigUint64(0, littleEndian)) : head.getUint16(0, littleEndian);
  if (count > ENTRIES_MAX) throw new DataError(path, `a TIFF directory has ${count} entries`);
  const bytes = countBytes + count * entryBytes + offsetBytes;
  const all = await readAt(file, from, bytes);
  if (all.byteLength < bytes) throw beyond();
  const next = [offsetAt(all, bytes - offsetBytes, offsetBytes, layout)];
  for (let at = countBytes; at < bytes - offsetBytes; at += entryBytes) {
    if (all.getUint16(at, littleEndian) !== TAG_SUB_DIRECTORIES) continue;
    next.push(...await subDirectories(file, all, at, layout));
  }
  return { bytes, next };
}

async function subDirectories(
  file: Deno.FsFile,
  directory: DataView,
  at: number,
  layout: Layout,
): Promise<readonly number[]> {
  const width = OFFSET_BYTES[directory.getUint16(at + 2, layout.littleEndian)];
  if (width === undefined) return [];
  const wordBytes = layout.big ? 8 : 4;
  const count = offsetAt(directory, at + 4, wordBytes, layout);
  const total = Math.min(count, 2 * DIRECTORIES_MAX + 1) * width;
  const valueAt = at + 4 + wordBytes;
  const isInline = total <= wordBytes;
  const values = isInline
    ? directory
    : await readAt(file, offsetAt(directory, valueAt, wordBytes, layout), total);
  const start = isInline ? valueAt : 0, end = isInline ? start + total : values.byteLength;
  const found: number[] = [];
  for (let i = start; i + width <= end; i += width) found.push(offsetAt(values, i, width, layout));
  return found;
}

function offsetAt(view: DataView, at: number, bytes: number, { littleEndian }: Layout): number {
  return bytes === 8
    ? Number(view.getBigUint64(at, littleEndian))
    : view.getUint32(at, littleEndian);
}

/** Fewer bytes where the file ends. */
async function readAt(file: Deno.FsFile, at: number, length: number): Promise<DataView> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  if (at <= Number.MAX_SAFE_INTEGER) {
    await file.seek(at, Deno.SeekMode.Start);
    while (filled < length) {
      const count = await file.read(bytes.subarray(filled));
      if (count === null) break;
      filled += count;
    }
  }
  return new DataView(bytes.buffer, 0, filled);
}
