/**
 * The migration runner on a real PostgreSQL server.
 *
 * @module
 */
import assert from "node:assert/strict";
import { MigrationError } from "../../src/tiles/tile_contract/mod.ts";
import type { SqlDatabase } from "../../src/tiles/workstation/tile_cache/sql/database.ts";
import {
  migrate,
  type Migration,
  readMigrations,
} from "../../src/tiles/workstation/tile_cache/sql/migrations.ts";
import { openPostgres } from "../../src/tiles/workstation/tile_cache/sql/postgres_database.ts";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";

const ignore = !postgresAvailable();
const postgres = postgresForFile();

interface Line {
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

function recorder() {
  const lines: Line[] = [];
  const log = (event: string, fields: Line["fields"]) => void lines.push({ event, fields });
  return { lines, info: log, warn: log };
}

function test(name: string, body: (sql: SqlDatabase, dsn: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore,
    fn: () =>
      postgres.database(async (dsn) => {
        await using database = await openPostgres(dsn);
        await body(database, dsn);
      }),
  });
}

const extra = (version: number, sql: string): Migration => ({
  version,
  name: `${String(version).padStart(4, "0")}_extra.sql`,
  sql,
  sha256: "e".repeat(64),
});

test("migrate() applies all migrations once and returns their number", async (database) => {
  const migrations = await readMigrations();
  const log = recorder();
  assert.equal(await migrate(database, migrations, log), migrations.length);
  assert.equal(await migrate(database, migrations, log), 0);
  const events = log.lines.map((line) => line.event);
  assert.deepEqual(events, ["c6.migrations.applied", "c6.migrations.up_to_date"]);
  const rules = await database.query("SELECT classification, max_age_s FROM tile_freshness_rules");
  assert.equal(rules.length, 2);
});

test("migrate() by two runners at once applies each migration once", async (database, dsn) => {
  await using other = await openPostgres(dsn);
  const migrations = await readMigrations();
  const applied = await Promise.all(
    [database, other].map((each) => migrate(each, migrations, recorder())),
  );
  assert.deepEqual(applied.sort(), [0, migrations.length]);
});

test("migrate() refuses a database that is newer than the program", async (database) => {
  const migrations = await readMigrations();
  const newer = extra(migrations.length + 1, "CREATE TABLE later (id integer)");
  await migrate(database, [...migrations, newer], recorder());
  await assert.rejects(migrate(database, migrations, recorder()), (error) => {
    assert.ok(error instanceof MigrationError);
    assert.match(error.message, new RegExp(`schema ${newer.version} \\(${newer.name}\\)`));
    return true;
  });
});

test("migrate() refuses a database made with an altered migration", async (database) => {
  const migrations = await readMigrations();
  await migrate(database, migrations, recorder());
  const altered = migrations.map((migration, i) =>
    i === 1 ? { ...migration, sha256: "0".repeat(64) } : migration
  );
  await assert.rejects(migrate(database, altered, recorder()), MigrationError);
});

test("migrate() changes nothing when it fails", async (database) => {
  const known = await readMigrations();
  const migrations = [
    ...known,
    extra(known.length + 1, "CREATE TABLE ok (id integer); nonsense"),
  ];
  await assert.rejects(migrate(database, migrations, recorder()), MigrationError);
  const [{ tables }] = await database.query(
    "SELECT count(*)::integer AS tables FROM pg_tables WHERE schemaname = 'public'",
  );
  assert.equal(tables, 0);
});

test("migrate() tries a serialisation failure once more, and only once", async (database) => {
  const migrations = await readMigrations();
  let failures = 1, runs = 0;
  const flaky: SqlDatabase = {
    name: database.name,
    query: (text, parameters) => database.query(text, parameters),
    transaction: (body) => {
      runs++;
      if (failures-- > 0) {
        return Promise.reject(Object.assign(new Error("could not serialize"), { code: "40001" }));
      }
      return database.transaction(body);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  assert.equal(await migrate(flaky, migrations, recorder()), migrations.length);
  assert.equal(runs, 2);
  failures = 2;
  await assert.rejects(migrate(flaky, migrations, recorder()), MigrationError);
  assert.equal(runs, 4);
});

test("the schema refuses invalid labels, places and duplicates", async (database) => {
  await migrate(database, await readMigrations(), recorder());
  const insert = (values: Record<string, string | number | null>) => {
    const row = {
      zoom: 3,
      x: 1,
      y: 1,
      tile_size_px: 256,
      source: "osm",
      latitude_deg: 0,
      longitude_deg: 0,
      source_gsd_m: 1,
      ...values,
    };
    const names = Object.keys(row);
    const text = `INSERT INTO tiles (${names}) VALUES (${names.map((_, i) => `$${i + 1}`)})`;
    return database.query(text, Object.values(row));
  };
  await insert({ voting_status: "upload_giveup", freshness_label: "downgraded" });
  await assert.rejects(insert({}), { code: "23505" });
  await insert({ flight_id: crypto.randomUUID() });
  const wrong: Record<string, string | number>[] = [
    { x: 8 },
    { y: -1 },
    { zoom: 23 },
    { voting_status: "maybe" },
    { freshness_label: "new" },
    { content_sha256: "abc" },
  ];
  for (const change of wrong) {
    await assert.rejects(insert({ y: 2, ...change }), { code: "23514" }, JSON.stringify(change));
  }
});
