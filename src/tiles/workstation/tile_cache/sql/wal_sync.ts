/**
 * Syncs PGlite's write-ahead log after every commit, because PGlite's file system has no fsync.
 * Only the log files that changed are synced: everything else can be rebuilt from the log since the
 * last checkpoint, and a checkpoint is made only when a gigabyte of log is full or the database is
 * closed. After the close, everything is synced.
 *
 * @module
 */
import { syncPath } from "../../../../core/mod.ts";

export class WalSync {
  readonly #folder: string;
  readonly #modified = new Map<string, string>();

  constructor(databaseFolder: string) {
    this.#folder = databaseFolder;
  }

  /** Await this after a commit, before its success is reported. */
  async afterCommit(): Promise<void> {
    const folder = `${this.#folder}/pg_wal`;
    let isNew = false;
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile) continue;
      const path = `${folder}/${name}`;
      const found = await Deno.stat(path).catch(() => null);
      // Renamed meanwhile: it is listed under its new name too, or was only temporary.
      if (found === null) continue;
      const { mtime, size, ino } = found;
      const state = `${mtime?.getTime()} ${size} ${ino}`;
      const known = this.#modified.get(name);
      // A file of the same millisecond may have changed again since: the newest is always synced.
      if (known === state && Date.now() - (mtime?.getTime() ?? 0) > 2000) continue;
      isNew ||= known === undefined;
      await syncPath(path).catch(ignoreAbsent);
      this.#modified.set(name, state);
    }
    if (isNew) await syncPath(folder);
  }

  /** Await this after the database was closed, which makes a checkpoint. */
  async afterClose(): Promise<void> {
    await syncTree(this.#folder);
  }
}

function ignoreAbsent(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

async function syncTree(folder: string): Promise<void> {
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) await syncTree(path);
    else if (isFile) await syncPath(path);
  }
  await syncPath(folder);
}
