/**
 * Migrates a database to the schema of this program: applies migrations/*.sql in order, once, all
 * or nothing.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { messageOf, ownFile, sha256Hex } from "../../../../core/mod.ts";
import { MigrationError, TileCacheError } from "../../../tile_contract/mod.ts";
import type { TileCacheLogger } from "../logger.ts";
import { type SqlDatabase, SQLSTATE, sqlStateOf, type SqlTransaction } from "./database.ts";

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

/** Where the migration files are, in a checkout and in a compiled program. */
export const MIGRATIONS_FOLDER = pathToFileURL(ownFile("migrations/"));

/** A number that nothing else uses: two migrations of one database wait for each other on it. */
const ADVISORY_LOCK = "6155301862297149001";

/** Reads `NNNN_name.sql` files; the numbers must be 1, 2, 3, … */
export async function readMigrations(
  folder: URL = MIGRATIONS_FOLDER,
): Promise<readonly Migration[]> {
  const migrations: Migration[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const match = entry.name.match(/^(\d{4})_\w+\.sql$/);
    if (match === null) continue;
    // deno-lint-ignore tidy/plain-files -- a file of the program
    const bytes = await Deno.readFile(new URL(entry.name, folder));
    migrations.push({
      version: Number(match[1]),
      name: entry.name,
      sql: new TextDecoder().decode(bytes),
      sha256: sha256Hex(bytes),
    });
  }
  migrations.sort((a, b) => a.version - b.version);
  migrations.forEach((migration, index) => {
    if (migration.version !== index + 1) {
      throw new MigrationError(
        `Cannot read the migrations in ${folder.pathname}: found ${migration.name} in place of number ` +
          `${index + 1}; install the program again`,
      );
    }
  });
  return migrations;
}

/**
 * Applies the missing migrations in one transaction, and returns how many. Two programs at once are
 * safe; a serialisation failure is retried once.
 *
 * @throws MigrationError when the database is newer than the program, or a migration was altered.
 */
export async function migrate(
  database: SqlDatabase,
  migrations: readonly Migration[],
  logger: TileCacheLogger,
): Promise<number> {
  const run = () => database.transaction((sql) => applyMissing(sql, database.name, migrations));
  try {
    const applied = await run().catch((error) => {
      if (sqlStateOf(error) !== SQLSTATE.serializationFailure) throw error;
      return run();
    });
    const version = migrations.length;
    if (applied.length > 0) {
      logger.info("c6.migrations.applied", { database: database.name, version, applied });
    } else {
      logger.info("c6.migrations.up_to_date", { database: database.name, version });
    }
    return applied.length;
  } catch (error) {
    if (error instanceof TileCacheError) throw error;
    throw new MigrationError(
      `Cannot migrate ${database.name} to schema ${migrations.length}: ${
        messageOf(error)
      }; it is ` +
        "unchanged",
      { cause: error },
    );
  }
}

async function applyMissing(
  sql: SqlTransaction,
  name: string,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  await sql.query("SELECT pg_advisory_xact_lock($1::bigint)", [ADVISORY_LOCK]);
  await sql.query(
    "CREATE TABLE IF NOT EXISTS schema_migrations (version integer PRIMARY KEY, " +
      "name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
  );
  const done = await sql.query<{ version: number; name: string; sha256: string }>(
    "SELECT version, name, sha256 FROM schema_migrations ORDER BY version",
  );
  checkHistory(done, migrations, name);
  const missing = migrations.slice(done.length);
  for (const migration of missing) {
    await sql.script(migration.sql);
    await sql.query(
      "INSERT INTO schema_migrations (version, name, sha256) VALUES ($1, $2, $3)",
      [migration.version, migration.name, migration.sha256],
    );
  }
  return missing.map((migration) => migration.name);
}

function checkHistory(
  done: readonly { version: number; name: string; sha256: string }[],
  migrations: readonly Migration[],
  name: string,
): void {
  const newest = done.at(-1);
  if (newest !== undefined && newest.version > migrations.length) {
    throw new MigrationError(
      `Cannot use ${name}: it has schema ${newest.version} (${newest.name}), this program knows ` +
        `${migrations.length}; use the newer program that made it`,
    );
  }
  done.forEach((row, index) => {
    const expected = migrations[index];
    if (row.version !== expected.version || row.sha256 !== expected.sha256) {
      throw new MigrationError(
        `Cannot use ${name}: it was made with another ${row.name} than this program's ` +
          `${expected.name}; use the program that made it`,
      );
    }
  });
}
