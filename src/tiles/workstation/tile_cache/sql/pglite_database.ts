/**
 * PostgreSQL inside this process (PGlite, WebAssembly). It has no locking of its own: the caller
 * must hold the exclusive lock of the data folder before opening it.
 *
 * @module
 */
import { PGlite, type Transaction } from "@electric-sql/pglite";
import { fileURLToPath } from "node:url";
import { exists, messageOf } from "../../../../core/mod.ts";
import { TileDatabaseError, TileFsError } from "../../../tile_contract/mod.ts";
import type { SqlDatabase, SqlRow, SqlTransaction, SqlValue } from "./database.ts";
import { tarOfFolder } from "./folder_tar.ts";
import { WalSync } from "./wal_sync.ts";

class PgliteDatabase implements SqlDatabase {
  readonly name: string;
  readonly isCopy: boolean;
  readonly #pglite: PGlite;
  /** null where nothing is written to a disk. */
  readonly #wal: WalSync | null;

  constructor(pglite: PGlite, name: string, wal: WalSync | null) {
    this.#pglite = pglite;
    this.#wal = wal;
    this.name = name;
    this.isCopy = wal === null;
  }

  async query<Row extends SqlRow>(
    text: string,
    parameters: readonly SqlValue[] = [],
  ): Promise<readonly Row[]> {
    const { rows } = await this.#pglite.query<Row>(text, [...parameters]);
    if (!/^\s*SELECT\b/i.test(text)) await this.#wal?.afterCommit();
    return rows;
  }

  async transaction<T>(body: (sql: SqlTransaction) => Promise<T>): Promise<T> {
    const result = await this.#pglite.transaction((inner) => body(session(inner)));
    await this.#wal?.afterCommit();
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#pglite.closed) return;
    await this.#pglite.close();
    await this.#wal?.afterClose();
  }
}

function session(inner: Transaction): SqlTransaction {
  return {
    query: async <Row extends SqlRow>(text: string, parameters: readonly SqlValue[] = []) =>
      (await inner.query<Row>(text, [...parameters])).rows,
    script: async (text) => {
      await inner.exec(text);
    },
  };
}

/** PGlite loads its own files where a refused permission cannot be caught: check it first. */
async function checkOwnFilesReadable(): Promise<void> {
  const entry = import.meta.resolve("@electric-sql/pglite");
  if (!entry.startsWith("file:")) return;
  const path = fileURLToPath(new URL(".", entry));
  if ((await Deno.permissions.query({ name: "read", path })).state !== "granted") {
    throw new TileDatabaseError(
      `Cannot open the database: PGlite may not read its own files in ${path}; grant --allow-read ` +
        "for that folder beside the permission set of deno.json, or name a PostgreSQL server (a DSN)",
    );
  }
}

/** WASI's numbers of ENOSPC and EDQUOT: PGlite throws plain objects with them. */
const ERRNO_DISK_FULL: readonly unknown[] = [51, 19];

/**
 * Opens (or creates) the database in `folder`. A new one whose creation failed is removed.
 *
 * @throws TileDatabaseError; TileFsError when the disk is full
 */
export async function openPglite(folder: string): Promise<SqlDatabase> {
  await checkOwnFilesReadable();
  const isNew = !await exists(folder);
  try {
    await Deno.mkdir(folder, { recursive: true });
    const pglite = await PGlite.create({ dataDir: folder });
    return new PgliteDatabase(pglite, `PGlite in ${folder}`, new WalSync(folder));
  } catch (error) {
    if (isNew) await Deno.remove(folder, { recursive: true }).catch(() => {});
    if (ERRNO_DISK_FULL.includes((error as { errno?: unknown } | null)?.errno)) {
      const cause = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
      throw new TileFsError(`Cannot write the database in ${folder}`, { cause });
    }
    throw new TileDatabaseError(
      `Cannot open the database in ${folder}: ${messageOf(error)}; restore the folder from a ` +
        "backup, or move it away and import the tiles again",
      { cause: error },
    );
  }
}

/**
 * Opens a copy in memory of the database in `folder`, which is only read: what is written to the copy is
 * forgotten.
 *
 * @throws TileDatabaseError
 */
export async function openPgliteCopy(folder: string): Promise<SqlDatabase> {
  await checkOwnFilesReadable();
  try {
    const pglite = await PGlite.create({ loadDataDir: await tarOfFolder(folder) });
    return new PgliteDatabase(pglite, `PGlite, a copy of ${folder}`, null);
  } catch (error) {
    throw new TileDatabaseError(
      `Cannot open the database in ${folder}, which cannot be written: ${messageOf(error)}; ` +
        "make the folder writable, or restore it from a backup",
      { cause: error },
    );
  }
}
