/**
 * Reads the directories of a TIFF or BigTIFF: every number is checked against the file before it is
 * followed, because what a writer or a broken download left there is not to be trusted.
 *
 * Source: TIFF 6.0 (Adobe, 1992), section 2; Adobe's technical note 1 (SubIFDs);
 * https://www.awaresystems.be/imaging/tiff/bigtiff.html
 *
 * @module
 */
import { DataError, openPlainFile } from "../../../../core/mod.ts";

const DIRECTORIES_MAX = 1024;
const ENTRIES_MAX = 4096;
/** Largest value of one tag: the places of four million blocks. */
const VALUE_BYTES_MAX = 64_000_000;
const TAG_SUB_DIRECTORIES = 330;

/** Bytes of one value, by its type. */
const TYPE_BYTES: Readonly<Record<number, number>> = {
  1: 1, // BYTE
  2: 1, // ASCII
  3: 2, // SHORT
  4: 4, // LONG
  5: 8, // RATIONAL
  6: 1, // SBYTE
  7: 1, // UNDEFINED
  8: 2, // SSHORT
  9: 4, // SLONG
  10: 8, // SRATIONAL
  11: 4, // FLOAT
  12: 8, // DOUBLE
  13: 4, // IFD
  16: 8, // LONG8
  17: 8, // SLONG8
  18: 8, // IFD8
};

/** How the numbers of a file are laid out. */
interface Layout {
  readonly littleEndian: boolean;
  readonly big: boolean;
}

interface Entry {
  readonly type: number;
  readonly count: number;
  /** Where the value stands in the file. */
  readonly at: number;
}

/** An open TIFF. Reads are synchronous: one position serves every reader. */
export class TiffFile implements Disposable {
  readonly path: string;
  readonly size: number;
  readonly littleEndian: boolean;
  readonly #file: Deno.FsFile;
  #open = true;

  constructor(path: string, file: Deno.FsFile, size: number, littleEndian: boolean) {
    this.path = path;
    this.#file = file;
    this.size = size;
    this.littleEndian = littleEndian;
  }

  /** All `length` bytes from `at`. @throws DataError where the file ends before them */
  read(at: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = readUpTo(this.#file, at, at + length <= this.size ? length : 0);
    if (bytes.length === length) return bytes;
    throw new DataError(
      this.path,
      `it was cut: byte ${at} to ${at + length} is needed, but the file ends at ${this.size}`,
    );
  }

  [Symbol.dispose](): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }
}

/** The tags of one picture of the file. */
export class TiffImageDirectory {
  readonly #file: TiffFile;
  readonly #entries: ReadonlyMap<number, Entry>;

  constructor(file: TiffFile, entries: ReadonlyMap<number, Entry>) {
    this.#file = file;
    this.#entries = entries;
  }

  has(tag: number): boolean {
    return this.#entries.has(tag);
  }

  /** The numbers of a tag; null where it is absent. @throws DataError where they lie beyond the end */
  numbers(tag: number): readonly number[] | null {
    const entry = this.#entries.get(tag);
    const bytes = this.bytes(tag);
    if (entry === undefined || bytes === null) return null;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const width = TYPE_BYTES[entry.type];
    const values = new Array<number>(entry.count);
    for (let i = 0; i < entry.count; i++) {
      values[i] = numberAt(view, i * width, entry.type, this.#file.littleEndian);
    }
    return values;
  }

  /** The first number of a tag, or `absent`. */
  number(tag: number, absent: number): number {
    return this.numbers(tag)?.[0] ?? absent;
  }

  /** A text without the zeros at its end; null where it is absent. */
  text(tag: number): string | null {
    const bytes = this.bytes(tag);
    return bytes === null ? null : new TextDecoder("latin1").decode(bytes).replace(/\0.*$/s, "");
  }

  bytes(tag: number): Uint8Array<ArrayBuffer> | null {
    const entry = this.#entries.get(tag);
    if (entry === undefined) return null;
    const length = entry.count * TYPE_BYTES[entry.type];
    if (length > VALUE_BYTES_MAX) {
      throw new DataError(this.#file.path, `its tag ${tag} claims ${length} bytes`);
    }
    return this.#file.read(entry.at, length);
  }
}

interface OpenTiff extends Disposable {
  readonly file: TiffFile;
  /** In the order of the file; those below others (SubIFDs) are checked, but not among them. */
  readonly directories: readonly TiffImageDirectory[];
}

/**
 * null for a file that is no TIFF.
 *
 * @throws DataError where a directory overlaps with another (such as itself), lies beyond the file, or
 * is one of too many.
 */
export async function openTiff(path: string): Promise<OpenTiff | null> {
  const plain = await openPlainFile(path);
  try {
    const { size } = await plain.stat();
    const head = viewOf(readUpTo(plain, 0, Math.min(16, size)));
    const layout = layoutOf(head);
    if (layout === null || head.byteLength < (layout.big ? 16 : 8)) {
      plain.close();
      return null;
    }
    const file = new TiffFile(path, plain, size, layout.littleEndian);
    const directories = readDirectories(file, layout, head);
    return { file, directories, [Symbol.dispose]: () => file[Symbol.dispose]() };
  } catch (error) {
    plain.close();
    throw error;
  }
}

function readDirectories(file: TiffFile, layout: Layout, head: DataView): TiffImageDirectory[] {
  const wordBytes = layout.big ? 8 : 4;
  const directories: TiffImageDirectory[] = [];
  const due = [{ from: offsetAt(head, wordBytes, wordBytes, layout), isMain: true }];
  const taken: { readonly from: number; readonly to: number }[] = [];
  for (let next = due.shift(); next !== undefined; next = due.shift()) {
    const { from, isMain } = next;
    if (from === 0) continue;
    const read = readDirectory(file, from, layout);
    const to = from + read.bytes;
    if (taken.some((other) => from < other.to && other.from < to)) {
      throw new DataError(
        file.path,
        "its TIFF directories lead back to each other; write the file anew",
      );
    }
    taken.push({ from, to });
    const directory = new TiffImageDirectory(file, read.entries);
    if (isMain) directories.push(directory);
    due.push(
      { from: read.next, isMain },
      ...(directory.numbers(TAG_SUB_DIRECTORIES) ?? []).map((below) => ({
        from: below,
        isMain: false,
      })),
    );
    if (taken.length + due.length > 2 * DIRECTORIES_MAX) {
      throw new DataError(file.path, `it has more than ${DIRECTORIES_MAX} TIFF directories`);
    }
  }
  return directories;
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

function readDirectory(
  file: TiffFile,
  from: number,
  layout: Layout,
): { readonly bytes: number; readonly next: number; readonly entries: Map<number, Entry> } {
  const { big, littleEndian } = layout;
  const [countBytes, entryBytes, wordBytes] = big ? [8, 20, 8] : [2, 12, 4];
  if (from + countBytes > file.size) {
    throw new DataError(file.path, "a TIFF directory lies beyond its end");
  }
  const head = viewOf(file.read(from, countBytes));
  const count = big ? Number(head.getBigUint64(0, littleEndian)) : head.getUint16(0, littleEndian);
  if (count > ENTRIES_MAX) throw new DataError(file.path, `a TIFF directory has ${count} entries`);
  const bytes = countBytes + count * entryBytes + wordBytes;
  if (from + bytes > file.size) {
    throw new DataError(file.path, "a TIFF directory lies beyond its end");
  }
  const all = viewOf(file.read(from, bytes));
  const entries = new Map<number, Entry>();
  for (let at = countBytes; at < bytes - wordBytes; at += entryBytes) {
    const tag = all.getUint16(at, littleEndian);
    const type = all.getUint16(at + 2, littleEndian);
    const values = offsetAt(all, at + 4, wordBytes, layout);
    const valueAt = at + 4 + wordBytes;
    const width = TYPE_BYTES[type];
    // Readers skip types that they do not know (TIFF 6.0), and take the first of two equal tags.
    if (width === undefined || entries.has(tag)) continue;
    const isInline = values * width <= wordBytes;
    const place = isInline ? from + valueAt : offsetAt(all, valueAt, wordBytes, layout);
    entries.set(tag, { type, count: values, at: place });
  }
  return { bytes, next: offsetAt(all, bytes - wordBytes, wordBytes, layout), entries };
}

function numberAt(view: DataView, at: number, type: number, little: boolean): number {
  switch (type) {
    case 3:
      return view.getUint16(at, little);
    case 4:
    case 13:
      return view.getUint32(at, little);
    case 5:
      return view.getUint32(at, little) / view.getUint32(at + 4, little);
    case 6:
      return view.getInt8(at);
    case 8:
      return view.getInt16(at, little);
    case 9:
      return view.getInt32(at, little);
    case 10:
      return view.getInt32(at, little) / view.getInt32(at + 4, little);
    case 11:
      return view.getFloat32(at, little);
    case 12:
      return view.getFloat64(at, little);
    case 16:
    case 18:
      return Number(view.getBigUint64(at, little));
    case 17:
      return Number(view.getBigInt64(at, little));
    default:
      return view.getUint8(at);
  }
}

function offsetAt(view: DataView, at: number, bytes: number, { littleEndian }: Layout): number {
  return bytes === 8
    ? Number(view.getBigUint64(at, littleEndian))
    : view.getUint32(at, littleEndian);
}

function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Fewer bytes where the file ends. */
function readUpTo(file: Deno.FsFile, at: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  if (length > 0) file.seekSync(at, Deno.SeekMode.Start);
  while (filled < length) {
    const count = file.readSync(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
