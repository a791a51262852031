/**
 * The freshness gate on a real database: rules that change, clocks that go back, log lines and
 * records.
 */
import assert from "node:assert/strict";
import { ManualClock } from "../../src/core/mod.ts";
import type { NewRecord } from "../../src/flight/flight_recorder/mod.ts";
import {
  FreshnessRejectionError,
  FreshnessSettings,
  SqlFreshnessGate,
} from "../../src/tiles/workstation/tile_cache/freshness/mod.ts";
import { TileMetadataError } from "../../src/tiles/tile_contract/mod.ts";
import { migrate, readMigrations } from "../../src/tiles/workstation/tile_cache/sql/migrations.ts";
import { openPostgres } from "../../src/tiles/workstation/tile_cache/sql/postgres_database.ts";
import type { SqlDatabase } from "../../src/tiles/workstation/tile_cache/sql/database.ts";
import { makeTile } from "../contract/tile_fixture.ts";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";

const ignore = !postgresAvailable();
const postgres = postgresForFile();
const DAY_S = 86_400;
const SUMMER = new Date("2026-07-01T00:00:00Z");
const WORLD = { southDeg: -90, westDeg: -180, northDeg: 90, eastDeg: 180 };

/** A tile whose picture was this old in the summer of the test's clock. */
const aged = (days: number) =>
  makeTile({}, { capturedAt: new Date(SUMMER.getTime() - days * DAY_S * 1000) }).metadata;

async function inDatabase(body: (database: SqlDatabase) => Promise<void>): Promise<void> {
  await postgres.database(async (dsn) => {
    await using database = await openPostgres(dsn);
    await migrate(database, await readMigrations(), { info: () => {}, warn: () => {} });
    await body(database);
  });
}

async function openGate(database: SqlDatabase, startUtc: Date) {
  const told: string[] = [];
  const recorded: NewRecord[] = [];
  const note = (event: string) => void told.push(event);
  const gate = await SqlFreshnessGate.open({
    database,
    clock: new ManualClock({ startUtc }),
    logger: { info: note, warn: note },
    fdr: {
      enqueue(record) {
        recorded.push(record as NewRecord);
        return "ok";
      },
    },
  });
  return { gate, told, recorded };
}

Deno.test({
  name: "a refused tile is named with age, classification and rule, logged and recorded",
  ignore,
  fn: () =>
    inDatabase(async (database) => {
      const settings = new FreshnessSettings(database);
      await settings.addSector({ name: "front", classification: "active_conflict", bbox: WORLD });
      const { gate, told, recorded } = await openGate(database, SUMMER);
      assert.equal(gate.admit(aged(183)), "fresh");
      assert.deepEqual(told, []);
      assert.throws(() => gate.admit(aged(184)), (error) => {
        assert.ok(error instanceof FreshnessRejectionError);
        assert.deepEqual(error.tileId, aged(184).tileId);
        assert.equal(error.ageS, 184 * DAY_S);
        assert.equal(error.classification, "active_conflict");
        assert.deepEqual(error.rule, { classification: "active_conflict", maxAgeS: 183 * DAY_S });
        assert.match(
          error.message,
          /184 days .* lies in "front", active_conflict: at most 15811200 s/,
        );
        return true;
      });
      await settings.removeSector("front");
      await gate.reload();
      assert.equal(gate.admit(aged(366)), "downgraded");
      assert.deepEqual(told, ["c6.freshness.rejected", "c6.freshness.downgraded"]);
      assert.deepEqual(recorded.map(({ kind }) => kind), told);
      const payload = recorded[0].payload as unknown as Record<string, unknown>;
      assert.deepEqual([payload.ageS, payload.ageMaxS], [184 * DAY_S, 183 * DAY_S]);
    }),
});

Deno.test({
  name: "changed rules and sectors count from the next reload() on",
  ignore,
  fn: () =>
    inDatabase(async (database) => {
      const settings = new FreshnessSettings(database);
      const { gate } = await openGate(database, SUMMER);
      const outcome = (days: number) => gate.judgeAt(aged(days), SUMMER).outcome;
      await settings.addSector({ name: "front", classification: "active_conflict", bbox: WORLD });
      await settings.setRule({ classification: "active_conflict", maxAgeS: 90 * DAY_S });
      assert.equal(outcome(91), "fresh");
      await gate.reload();
      assert.deepEqual([outcome(90), outcome(91)], ["fresh", "rejected"]);
      await settings.setRule({ classification: "active_conflict", maxAgeS: 91 * DAY_S });
      await gate.reload();
      assert.equal(outcome(91), "fresh");
      // A deleted rule falls back to the default, not to no rule.
      await database.query("DELETE FROM tile_freshness_rules");
      await gate.reload();
      assert.deepEqual([outcome(183), outcome(184)], ["fresh", "rejected"]);
    }),
});

Deno.test({
  name: "a clock that was set back makes no tile younger, until it is trusted again",
  ignore,
  fn: () =>
    inDatabase(async (database) => {
      const settings = new FreshnessSettings(database);
      await settings.addSector({ name: "front", classification: "active_conflict", bbox: WORLD });
      await openGate(database, SUMMER);
      // 100 days back: a tile of 200 days would seem to be 100 days old.
      const back = new Date(SUMMER.getTime() - 100 * DAY_S * 1000);
      const { gate, told } = await openGate(database, back);
      assert.deepEqual(told, ["c6.freshness.clock_set_back"]);
      assert.deepEqual(gate.now(), SUMMER);
      assert.throws(() => gate.admit(aged(200)), FreshnessRejectionError);
      await settings.trustClock(back);
      await gate.reload();
      const trusted = await openGate(database, back);
      assert.deepEqual(trusted.told, []);
      assert.equal(trusted.gate.admit(aged(200)), "fresh");
    }),
});

Deno.test({
  name: "invalid sectors and rules are refused, and old ones without a box are logged",
  ignore,
  fn: () =>
    inDatabase(async (database) => {
      const settings = new FreshnessSettings(database);
      const classification = "stable_rear" as const;
      const box = { southDeg: 1, westDeg: 1, northDeg: 2, eastDeg: 2 };
      await settings.addSector({ name: "a'; DROP TABLE tiles; --", classification, bbox: box });
      const wrong = [
        { name: "a'; DROP TABLE tiles; --", bbox: box },
        { name: "", bbox: box },
        { name: "two\nlines", bbox: box },
        { name: "x".repeat(101), bbox: box },
        { name: "line", bbox: { ...box, northDeg: 1 } },
        { name: "upside down", bbox: { ...box, southDeg: 3 } },
        { name: "no width", bbox: { ...box, eastDeg: 1 } },
        { name: "beyond", bbox: { ...box, northDeg: 91 } },
        { name: "not a number", bbox: { ...box, westDeg: NaN } },
      ];
      for (const sector of wrong) {
        const added = settings.addSector({ ...sector, classification });
        await assert.rejects(added, TileMetadataError, sector.name);
      }
      for (const maxAgeS of [0, -1, 1.5, NaN, 1e12]) {
        await assert.rejects(settings.setRule({ classification, maxAgeS }), TileMetadataError);
      }
      await assert.rejects(settings.removeSector("nobody"), TileMetadataError);
      assert.equal((await settings.sectors()).length, 1);
      await database.query(
        "INSERT INTO sector_classifications (name, classification) VALUES ('old', 'stable_rear')",
      );
      const { told } = await openGate(database, SUMMER);
      assert.deepEqual(told, ["c6.freshness.sector_without_box"]);
    }),
});
