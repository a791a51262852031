/**
 * Reads a journal from its beginning, skipping whatever is damaged.
 *
 * @module
 */
import {
  decodeEntry,
  findMagic,
  HEADER_BYTES,
  type JournalEntry,
  readHeader,
} from "./journal_format.ts";

/** Bytes read at once while searching for the next entry behind damage. */
const SEARCH_BYTES = 64 * 1024;

interface JournalScan {
  readonly entries: readonly JournalEntry[];
  /** End of the last complete entry. */
  readonly end: number;
  readonly fileBytes: number;
  /** Bytes that belong to no complete entry, including those behind the last one. */
  readonly damagedBytes: number;
}

export async function scanJournal(file: Deno.FsFile): Promise<JournalScan> {
  const fileBytes = (await file.stat()).size;
  const entries: JournalEntry[] = [];
  let at = 0, end = 0, wholeBytes = 0;
  while (at < fileBytes) {
    const entry = await entryAt(file, at, fileBytes);
    if (entry === null) {
      const next = await nextMagic(file, at + 1, fileBytes);
      if (next === null) break;
      at = next;
      continue;
    }
    entries.push(entry);
    wholeBytes += entry.end - at;
    at = end = entry.end;
  }
  return { entries, end, fileBytes, damagedBytes: fileBytes - wholeBytes };
}

async function entryAt(
  file: Deno.FsFile,
  at: number,
  fileBytes: number,
): Promise<JournalEntry | null> {
  const lengths = readHeader(await readAt(file, at, HEADER_BYTES));
  if (lengths === null) return null;
  const bytes = HEADER_BYTES + lengths.json + lengths.picture;
  return at + bytes > fileBytes ? null : decodeEntry(await readAt(file, at, bytes), at);
}

async function nextMagic(
  file: Deno.FsFile,
  from: number,
  fileBytes: number,
): Promise<number | null> {
  // Windows overlap by the length of a header, so that none is missed at a border.
  for (let at = from; at < fileBytes; at += SEARCH_BYTES - HEADER_BYTES) {
    const found = findMagic(await readAt(file, at, SEARCH_BYTES), 0);
    if (found !== null) return at + found;
  }
  return null;
}

/** Up to `length` bytes; fewer at the end of the file. */
export async function readAt(
  file: Deno.FsFile,
  at: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  await file.seek(at, Deno.SeekMode.Start);
  let done = 0;
  while (done < length) {
    const read = await file.read(bytes.subarray(done));
    if (read === null) break;
    done += read;
  }
  return bytes.subarray(0, done);
}
