/**
 * The real file system.
 *
 * @module
 */
import { writeAllSync } from "../../core/mod.ts";
import type { Disk, DiskFile } from "./contract.ts";

export const realDisk: Disk = {
  makeFolder: (path) => Deno.mkdirSync(path, { recursive: true }),
  create: (path) => new RealFile(Deno.openSync(path, { write: true, createNew: true })),
  rename: (from, to) => Deno.renameSync(from, to),
  remove: (path) => Deno.removeSync(path),
  syncFolder(path) {
    using folder = Deno.openSync(path, { read: true });
    folder.syncSync();
  },
  sizeOf: (path) => Deno.statSync(path).size,
};

class RealFile implements DiskFile {
  readonly #file: Deno.FsFile;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  write(bytes: Uint8Array): void {
    writeAllSync(this.#file, bytes);
  }

  /** Syncs data and length of the file; times may be written later. */
  sync(): void {
    this.#file.syncDataSync();
  }

  truncate(lengthBytes: number): void {
    this.#file.truncateSync(lengthBytes);
    this.#file.seekSync(lengthBytes, Deno.SeekMode.Start);
  }

  close(): void {
    this.#file.close();
  }
}

/** The disk, or the user's quota, is full: no bytes, or no more files. */
export function isDiskFull(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === "ENOSPC" || code === "EDQUOT" ||
    (error instanceof Error && /No space left on device|os error (28|122)\b/.test(error.message));
}
