/** The freshness gate against a table computed by hand and against a brute-force reference. */
import assert from "node:assert/strict";
import { type Random, tileBounds } from "../../src/core/mod.ts";
import {
  DEFAULT_MAX_AGE_S,
  type FreshnessOutcome,
  type FreshnessReason,
} from "../../src/tiles/workstation/tile_cache/freshness/contract.ts";
import { judge } from "../../src/tiles/workstation/tile_cache/freshness/judge.ts";
import { SectorMap } from "../../src/tiles/workstation/tile_cache/freshness/sector_map.ts";
import type {
  Bbox,
  SectorBoundary,
  SectorClassification,
} from "../../src/tiles/tile_contract/mod.ts";
import { between, property } from "../support/properties.ts";

const DAY_S = 86_400;
const CONFLICT_S = 183 * DAY_S; // 15 811 200 s
const REAR_S = 365 * DAY_S; // 31 536 000 s
/** The moment of judgement, and moments before it. */
const NOW = Date.UTC(2026, 6, 1);
const ago = (seconds: number) => new Date(NOW - seconds * 1000);

const box = (southDeg: number, westDeg: number, northDeg: number, eastDeg: number): Bbox => ({
  southDeg,
  westDeg,
  northDeg,
  eastDeg,
});
const sector = (name: string, classification: SectorClassification, bbox: Bbox) => ({
  name,
  classification,
  bbox,
});

// Tiles of zoom 3 are 45° wide and their rows meet at the equator and at ±40.9799°.
const SECTORS: readonly SectorBoundary[] = [
  sector("front", "active_conflict", box(10, 5, 20, 15)),
  sector("depot", "stable_rear", box(15, 10, 30, 20)),
  sector("date line", "active_conflict", box(-10, 175, -5, -175)),
  sector("begins at 180", "active_conflict", box(50, -180, 55, -179)),
  sector("arctic", "active_conflict", box(80, -30, 90, 30)),
  sector("touches 90 E", "active_conflict", box(5, 90, 6, 95)),
  sector("touches the equator", "active_conflict", box(-2, -100, 0, -99)),
];

const tile = (zoom: number, x: number, y: number) => ({ ground: tileBounds({ zoom, x, y }) });
const at = (latitudeDeg: number, longitudeDeg: number) => ({
  ground: box(latitudeDeg, longitudeDeg, latitudeDeg, longitudeDeg),
});

type Row = readonly [
  why: string,
  ground: { readonly ground: Bbox },
  capturedAt: Date | null,
  outcome: FreshnessOutcome,
  reason: FreshnessReason,
  rule: SectorClassification,
];

const INSIDE_FRONT = at(12, 7), IN_BOTH = at(17, 12), DEPOT_ONLY = at(25, 18), NOWHERE = at(45, 60);
const C = "active_conflict", R = "stable_rear";

const THRESHOLDS: readonly Row[] = [
  ["front, 0 s", INSIDE_FRONT, ago(0), "fresh", "young_enough", C],
  ["front, 182 d = 15 724 800 s", INSIDE_FRONT, ago(15_724_800), "fresh", "young_enough", C],
  ["front, 183 d − 1 s", INSIDE_FRONT, ago(15_811_199), "fresh", "young_enough", C],
  ["front, 183 d to the second", INSIDE_FRONT, ago(15_811_200), "fresh", "young_enough", C],
  ["front, 183 d + 1 ms", INSIDE_FRONT, ago(15_811_200.001), "rejected", "older_than_rule", C],
  ["front, 183 d + 1 s", INSIDE_FRONT, ago(15_811_201), "rejected", "older_than_rule", C],
  [
    "front, 2025-12-30 is 183 d before 2026-07-01 (2 + 31+28+31+30+31+30)",
    INSIDE_FRONT,
    new Date("2025-12-30T00:00:00Z"),
    "fresh",
    "young_enough",
    C,
  ],
  [
    "front, one second before 2025-12-30",
    INSIDE_FRONT,
    new Date("2025-12-29T23:59:59Z"),
    "rejected",
    "older_than_rule",
    C,
  ],
  ["rear, 365 d − 1 s", DEPOT_ONLY, ago(31_535_999), "fresh", "young_enough", R],
  ["rear, 365 d to the second", DEPOT_ONLY, ago(31_536_000), "fresh", "young_enough", R],
  ["rear, 365 d + 1 s", DEPOT_ONLY, ago(31_536_001), "downgraded", "older_than_rule", R],
  ["rear, 100 years", DEPOT_ONLY, new Date("1926-07-01Z"), "downgraded", "older_than_rule", R],
  ["no sector, 365 d", NOWHERE, ago(REAR_S), "fresh", "young_enough", R],
  ["no sector, 365 d + 1 s", NOWHERE, ago(REAR_S + 1), "downgraded", "older_than_rule", R],
  ["front, no date", INSIDE_FRONT, null, "rejected", "no_capture_date", C],
  ["rear, no date", DEPOT_ONLY, null, "downgraded", "no_capture_date", R],
  ["no sector, no date", NOWHERE, null, "downgraded", "no_capture_date", R],
];

const OVERLAPS: readonly Row[] = [
  ["front and depot, 183 d: fresh by both", IN_BOTH, ago(CONFLICT_S), "fresh", "young_enough", C],
  [
    "front and depot, 183 d + 1 s: the depot would take it, the front does not",
    IN_BOTH,
    ago(CONFLICT_S + 1),
    "rejected",
    "older_than_rule",
    C,
  ],
  [
    "front and depot, 365 d + 1 s: refused, not only downgraded",
    IN_BOTH,
    ago(REAR_S + 1),
    "rejected",
    "older_than_rule",
    C,
  ],
  [
    "on the corner of front and depot",
    at(15, 10),
    ago(CONFLICT_S + 1),
    "rejected",
    "older_than_rule",
    C,
  ],
  [
    "3/4/3 is 0…45 E, 0…41 N: only a corner of it is front, all of it is judged so",
    tile(3, 4, 3),
    ago(CONFLICT_S + 1),
    "rejected",
    "older_than_rule",
    C,
  ],
];

const EDGES: readonly Row[] = [
  ["179 E in 175 E…175 W", at(-7, 179), ago(CONFLICT_S + 1), "rejected", "older_than_rule", C],
  ["179 W in 175 E…175 W", at(-7, -179), ago(CONFLICT_S + 1), "rejected", "older_than_rule", C],
  ["180 is in it", at(-7, 180), ago(CONFLICT_S + 1), "rejected", "older_than_rule", C],
  ["−180 is in it", at(-7, -180), ago(CONFLICT_S + 1), "rejected", "older_than_rule", C],
  ["0 E is not in 175 E…175 W", at(-7, 0), ago(CONFLICT_S + 1), "fresh", "young_enough", R],
  ["174 E is not", at(-7, 174), ago(CONFLICT_S + 1), "fresh", "young_enough", R],
  [
    "4/15/5 ends at 180 E, 41…55.8 N, where a sector begins at 180 W: they touch",
    tile(4, 15, 5),
    ago(CONFLICT_S + 1),
    "rejected",
    "older_than_rule",
    C,
  ],
  [
    "3/5/3 is 45…90 E: a sector that begins at 90 E touches it",
    tile(3, 5, 3),
    ago(CONFLICT_S + 1),
    "rejected",
    "older_than_rule",
    C,
  ],
  [
    "3/1/3 is 135…90 W, 0…41 N: a sector whose north edge is the equator touches it",
    tile(3, 1, 3),
    ago(CONFLICT_S + 1),
    "rejected",
    "older_than_rule",
    C,
  ],
  [
    "the north pole, asked at 120 E",
    at(90, 120),
    ago(CONFLICT_S + 1),
    "rejected",
    "older_than_rule",
    C,
  ],
  ["89.9 N 120 E is not arctic", at(89.9, 120), ago(CONFLICT_S + 1), "fresh", "young_enough", R],
  [
    "the south pole is in no sector",
    at(-90, 0),
    ago(REAR_S + 1),
    "downgraded",
    "older_than_rule",
    R,
  ],
  [
    "3/4/0 is 0…45 E and ends at 85.05 N, inside of arctic",
    tile(3, 4, 0),
    ago(CONFLICT_S + 1),
    "rejected",
    "older_than_rule",
    C,
  ],
  [
    "0/0/0 is the world: every sector",
    tile(0, 0, 0),
    ago(CONFLICT_S + 1),
    "rejected",
    "older_than_rule",
    C,
  ],
];

const CLOCKS: readonly Row[] = [
  ["1 d ahead counts as age 0", INSIDE_FRONT, ago(-86_400), "fresh", "young_enough", C],
  ["1 d + 1 s ahead", INSIDE_FRONT, ago(-86_401), "rejected", "captured_in_the_future", C],
  ["rear, 1 d + 1 s ahead", DEPOT_ONLY, ago(-86_401), "downgraded", "captured_in_the_future", R],
  [
    "the clock fell back to 1970: everything seems to come from the future",
    INSIDE_FRONT,
    ago(-20 * 366 * DAY_S),
    "rejected",
    "captured_in_the_future",
    C,
  ],
];

for (const [table, rows] of Object.entries({ THRESHOLDS, OVERLAPS, EDGES, CLOCKS })) {
  Deno.test(`freshness decisions equal the table: ${table}`, () => {
    const map = new SectorMap(SECTORS);
    for (const [why, { ground }, capturedAt, outcome, reason, rule] of rows) {
      const judged = judge(map.touching(ground), DEFAULT_MAX_AGE_S, capturedAt, new Date(NOW));
      assert.equal(judged.outcome, outcome, why);
      assert.equal(judged.reason, reason, why);
      assert.deepEqual(judged.rule, {
        classification: rule,
        maxAgeS: rule === C ? CONFLICT_S : REAR_S,
      }, why);
      assert.equal(judged.ageS, capturedAt && (NOW - capturedAt.getTime()) / 1000, why);
    }
  });
}

Deno.test("a judgement states until when a conflict tile is accepted, to the millisecond", () => {
  const map = new SectorMap(SECTORS);
  const capturedAt = new Date("2026-01-31T12:00:00Z");
  const sectors = map.touching(IN_BOTH.ground);
  const { refusedAfter } = judge(sectors, DEFAULT_MAX_AGE_S, capturedAt, new Date(NOW));
  // 31 January + 183 d: 28 of February, 31, 30, 31, 30, 31 make 2 August.
  assert.equal(refusedAfter?.toISOString(), "2026-08-02T12:00:00.000Z");
  const outcomeAt = (ms: number) =>
    judge(sectors, DEFAULT_MAX_AGE_S, capturedAt, new Date(refusedAfter.getTime() + ms)).outcome;
  assert.deepEqual([outcomeAt(0), outcomeAt(1)], ["fresh", "rejected"]);
  const rear = judge(map.touching(NOWHERE.ground), DEFAULT_MAX_AGE_S, capturedAt, new Date(NOW));
  assert.equal(rear.refusedAfter, null);
});

Deno.test("where the rear's rule is the shorter one, the most severe outcome still wins", () => {
  const rules = { active_conflict: 500 * DAY_S, stable_rear: 100 * DAY_S };
  const sectors = new SectorMap(SECTORS).touching(IN_BOTH.ground);
  const outcome = (days: number) => {
    const judged = judge(sectors, rules, ago(days * DAY_S), new Date(NOW));
    return [judged.outcome, judged.rule.classification];
  };
  assert.deepEqual(outcome(100), ["fresh", C]);
  assert.deepEqual(outcome(200), ["downgraded", R]);
  assert.deepEqual(outcome(501), ["rejected", C]);
});

/** About half of the corners lie on edges of tiles of zoom 8, where errors are most likely. */
function randomBox(random: Random): Bbox {
  const longitude = () =>
    random.uniform() < 0.5 ? between(random, -180, 180) : (random.integer(257) - 128) * 1.40625;
  const latitudes = [0, 1].map(() =>
    random.uniform() < 0.2
      ? [-90, 0, 90][random.integer(3)]
      : random.uniform() < 0.5
      ? between(random, -90, 90)
      : tileBounds({ zoom: 8, x: 0, y: random.integer(256) }).northDeg
  ).sort((a, b) => a - b);
  return box(latitudes[0], longitude(), latitudes[1], longitude());
}

/**
 * Tests one sector after another: longitudes as intervals on a circle, latitudes as intervals on a
 * line.
 */
function touches(sectorBox: Bbox, ground: Bbox): boolean {
  const slack = 1e-9;
  if (ground.southDeg > sectorBox.northDeg + slack) return false;
  if (ground.northDeg < sectorBox.southDeg - slack) return false;
  const span = (west: number, east: number) => west <= east ? east - west : east + 360 - west;
  const apart = (from: number, to: number) => (((to - from) % 360) + 360) % 360;
  const within = (start: number, length: number, point: number) =>
    apart(start, point) <= length + slack || apart(start, point) >= 360 - slack;
  const [a, b] = [sectorBox, ground].map(({ westDeg, eastDeg }) => ({
    west: westDeg,
    length: span(westDeg, eastDeg),
  }));
  return within(a.west, a.length, b.west) || within(b.west, b.length, a.west);
}

Deno.test("the gate decides as the brute-force reference does, over random sectors and tiles", () => {
  let rejected = 0, downgraded = 0;
  property((random) => {
    const sectors = Array.from({ length: random.integer(8) }, (_, i) => ({
      ...sector(`s${i}`, random.uniform() < 0.5 ? C : R, randomBox(random)),
    }));
    const rules = {
      active_conflict: 1 + random.integer(400 * DAY_S),
      stable_rear: 1 + random.integer(400 * DAY_S),
    };
    const map = new SectorMap(sectors);
    for (let i = 0; i < 20; i++) {
      const zoom = random.integer(9), count = 2 ** zoom;
      const ground = tileBounds({ zoom, x: random.integer(count), y: random.integer(count) });
      const ageS = random.integer(500 * DAY_S) - 10 * DAY_S;
      const capturedAt = random.uniform() < 0.1 ? null : ago(ageS);
      const touched = sectors.filter(({ bbox }) => touches(bbox, ground));
      const stale = (maxAgeS: number) => capturedAt === null || ageS > maxAgeS || ageS < -DAY_S;
      const conflict = touched.some(({ classification }) => classification === C);
      const rear = touched.length === 0 || touched.some((s) => s.classification === R);
      const expected = conflict && stale(rules.active_conflict)
        ? "rejected"
        : rear && stale(rules.stable_rear)
        ? "downgraded"
        : "fresh";
      const judged = judge(map.touching(ground), rules, capturedAt, new Date(NOW));
      assert.deepEqual(judged.sectors.map(({ name }) => name), touched.map(({ name }) => name));
      assert.equal(judged.outcome, expected);
      if (expected === "rejected") rejected++;
      if (expected === "downgraded") downgraded++;
    }
  });
  assert.ok(rejected > 500 && downgraded > 200, `${rejected} rejected, ${downgraded} downgraded`);
});
