/**
 * PostgreSQL inside of this process (PGlite, WebAssembly). It has no locking of its own: whoever
 * opens it holds the data folder's exclusive lock first.
 *
 * @module
 */
import { PGlite, type Transaction } from "@electric-sql/pglite";
import { fileURLToPath } from "node:url";
import { messageOf } from "../../core/mod.ts";
import { TileDatabaseError } from "../errors.ts";
import type { SqlDatabase, SqlRow, SqlTransaction, SqlValue } from "./database.ts";

class PgliteDatabase implements SqlDatabase {
  readonly name: string;
  readonly #pglite: PGlite;

  constructor(pglite: PGlite, folder: string) {
    this.#pglite = pglite;
    this.name = `PGlite in ${folder}`;
  }

  async query<Row extends SqlRow>(
    text: string,
    parameters: readonly SqlValue[] = [],
  ): Promise<readonly Row[]> {
    return (await this.#pglite.query<Row>(text, [...parameters])).rows;
  }

  async transaction<T>(body: (sql: SqlTransaction) => Promise<T>): Promise<T> {
    return await this.#pglite.transaction((inner) => body(session(inner)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#pglite.closed) await this.#pglite.close();
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

/** PGlite loads its own files where nobody can catch a refusal: ask first. */
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

/**
 * Opens (or creates) the database in `folder`.
 *
 * @throws TileDatabaseError
 */
export async function openPglite(folder: string): Promise<SqlDatabase> {
  await checkOwnFilesReadable();
  try {
    await Deno.mkdir(folder, { recursive: true });
    return new PgliteDatabase(await PGlite.create({ dataDir: folder }), folder);
  } catch (error) {
    throw new TileDatabaseError(
      `Cannot open the database in ${folder}: ${messageOf(error)}; restore the folder from a ` +
        "backup, or move it away and import the tiles again",
      { cause: error },
    );
  }
}
