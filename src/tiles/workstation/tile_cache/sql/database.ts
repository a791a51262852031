/**
 * The SQL interface that the cache needs, implemented over PGlite in this process and over a
 * server.
 *
 * @module
 */
import { messageOf } from "../../../../core/mod.ts";
import { TileCacheError, TileDatabaseError } from "../../../tile_contract/mod.ts";

export type SqlValue = string | number | boolean | Date | null | readonly string[];
export type SqlRow = Record<string, unknown>;

export interface SqlSession {
  /** One statement with parameters `$1…`; values are never part of the text. */
  query<Row extends SqlRow = SqlRow>(
    text: string,
    parameters?: readonly SqlValue[],
  ): Promise<readonly Row[]>;
}

export interface SqlTransaction extends SqlSession {
  /** Several statements without parameters; for migration files only. */
  script(text: string): Promise<void>;
}

export interface SqlDatabase extends SqlSession, AsyncDisposable {
  /** For messages, without a password: "PGlite in DIR", "PostgreSQL server HOST, database NAME". */
  readonly name: string;
  /** A copy in memory: what is written to it is forgotten. */
  readonly isCopy?: boolean;
  /** Commits when `body` returns; rolls back and rethrows when it throws. */
  transaction<T>(body: (sql: SqlTransaction) => Promise<T>): Promise<T>;
}

/** The five characters of PostgreSQL's SQLSTATE, when `error` (or its cause) has one. */
export function sqlStateOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === "string" && /^[0-9A-Z]{5}$/.test(code)) return code;
  }
  return undefined;
}

export const SQLSTATE = {
  uniqueViolation: "23505",
  serializationFailure: "40001",
} as const;

/** Wraps an error of the database in one of the cache; errors of the cache itself are passed on. */
export function databaseFault(error: unknown): Error {
  if (error instanceof TileCacheError) return error;
  return new TileDatabaseError(
    `The tile cache's database failed: ${messageOf(error)}; check that it runs and has disk space`,
    { cause: error },
  );
}
