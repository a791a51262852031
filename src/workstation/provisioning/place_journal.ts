/**
 * Descriptors as they are made: a run that was killed is finished by the next without describing a place
 * twice.
 *
 *     magic (8), key (32)
 *     place u32, kind u32 (1: described, 0: nothing to describe), dimension × float32, CRC-32 u32   for each
 *
 * Little-endian. The key is a hash of everything that a descriptor depends on; records count up to the first
 * that is not whole.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { FolderLock, removeIfPresent, writeAllSync } from "../../core/mod.ts";

const MAGIC = new TextEncoder().encode("gdnplac1");
const KEY_BYTES = 32;
const HEAD_BYTES = MAGIC.length + KEY_BYTES;
/** A loss of power costs at most so many places. */
const RECORDS_PER_SYNC = 512;
/** What nobody came back to. */
const AGE_MS_MAX = 7 * 86_400_000;

interface JournalOptions {
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly dimension: number;
  readonly places: number;
}

export class PlaceJournal implements Disposable {
  /** By place: null where there was nothing to describe; undefined: not described yet. */
  readonly rows: (Float32Array<ArrayBuffer> | null | undefined)[];
  /** Places that an earlier run has described. */
  resumed = 0;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #lock: Disposable;
  readonly #dimension: number;
  #unsynced = 0;

  private constructor(
    path: string,
    file: Deno.FsFile,
    lock: Disposable,
    { dimension, places }: JournalOptions,
  ) {
    this.#path = path;
    this.#file = file;
    this.#lock = lock;
    this.#dimension = dimension;
    this.rows = new Array(places);
  }

  /** @throws FolderLockedError (75) where another process describes the same places */
  static async open(folder: string, options: JournalOptions): Promise<PlaceJournal> {
    await Deno.mkdir(folder, { recursive: true });
    await removeOld(folder);
    const path = `${folder}/${options.key.toHex().slice(0, 32)}.places`;
    const lock = await FolderLock.alone(`${path}.lock`);
    try {
      const file = await Deno.open(path, { read: true, write: true, create: true });
      const journal = new PlaceJournal(path, file, lock, options);
      journal.#read(options.key);
      return journal;
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
  }

  append(place: number, row: Float32Array<ArrayBuffer> | null): void {
    const record = new Uint8Array(this.#recordBytes);
    const view = new DataView(record.buffer);
    view.setUint32(0, place, true);
    view.setUint32(4, row === null ? 0 : 1, true);
    if (row !== null) new Float32Array(record.buffer, 8, row.length).set(row);
    view.setUint32(record.length - 4, crc32(record.subarray(0, -4)), true);
    writeAllSync(this.#file, record);
    if (++this.#unsynced >= RECORDS_PER_SYNC) this.sync();
  }

  /** What was described elsewhere: as if an earlier run had. */
  adopt(place: number, row: Float32Array<ArrayBuffer> | null): void {
    this.append(place, row);
    this.rows[place] = row;
  }

  /** All that was appended is on the disk. */
  sync(): void {
    this.#unsynced = 0;
    this.#file.syncDataSync();
  }

  /** The package is whole: nobody comes back to it. */
  async remove(): Promise<void> {
    await removeIfPresent(this.#path);
  }

  [Symbol.dispose](): void {
    this.#file.close();
    this.#lock[Symbol.dispose]();
  }

  get #recordBytes(): number {
    return 8 + 4 * this.#dimension + 4;
  }

  /** Stands behind the last whole record afterwards; what is behind it is cut off. */
  #read(key: Uint8Array): void {
    const head = new Uint8Array([...MAGIC, ...key]);
    const found = new Uint8Array(HEAD_BYTES);
    if (readFully(this.#file, found) < HEAD_BYTES || found.some((byte, i) => byte !== head[i])) {
      this.#file.truncateSync(0);
      this.#file.seekSync(0, Deno.SeekMode.Start);
      writeAllSync(this.#file, head);
      return;
    }
    let end = HEAD_BYTES;
    for (;;) {
      const record = new Uint8Array(this.#recordBytes);
      if (readFully(this.#file, record) < record.length) break;
      const view = new DataView(record.buffer);
      const place = view.getUint32(0, true), kind = view.getUint32(4, true);
      const isWhole = view.getUint32(record.length - 4, true) === crc32(record.subarray(0, -4));
      if (!isWhole || place >= this.rows.length) break;
      this.resumed++;
      this.rows[place] = kind === 0 ? null : new Float32Array(record.buffer, 8, this.#dimension);
      end += record.length;
    }
    this.#file.truncateSync(end);
    this.#file.seekSync(end, Deno.SeekMode.Start);
  }
}

function readFully(file: Deno.FsFile, into: Uint8Array): number {
  let at = 0;
  while (at < into.length) {
    const count = file.readSync(into.subarray(at));
    if (count === null) break;
    at += count;
  }
  return at;
}

async function removeOld(folder: string): Promise<void> {
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile || !/^[0-9a-f]{32}\.places(\.lock)?$/.test(name)) continue;
    const { mtime } = await Deno.stat(`${folder}/${name}`);
    if (mtime !== null && Date.now() - mtime.getTime() > AGE_MS_MAX) {
      await removeIfPresent(`${folder}/${name}`);
    }
  }
}
