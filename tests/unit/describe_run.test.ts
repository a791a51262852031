import assert from "node:assert/strict";
import {
  decodeDescribeRun,
  decodeRows,
  type DescribeRun,
  encodeDescribeRun,
  encodeRows,
} from "../../src/workstation/provisioning/describe_run.ts";
import {
  decodeFlightRun,
  encodeFlightRun,
  type FlightToFly,
} from "../../src/workstation/flight_jobs/flight_run.ts";
import { JobRefusedError } from "../../src/workstation/work_queue/mod.ts";

const RUN: DescribeRun = {
  format: "gdn-describe-run",
  formatVersion: 1,
  zoom: 18,
  rectangle: { xMin: 1, xMax: 3, yMin: 1, yMax: 3 },
  area: { southDeg: 50, westDeg: 30, northDeg: 50.1, eastDeg: 30.1 },
  groundHeightM: 0,
  placeSidesM: [128],
  places: 10,
  vocabulary: "a".repeat(64),
  tiles: [[1, 1, "b".repeat(64)]],
};

const FLIGHT: FlightToFly = {
  case: {
    name: "site_1_multirotor",
    ground: { kind: "procedural", seed: 7, centre: "48.2,11.5", zoom: 18 },
    flight: { aircraft: "multirotor", aglM: 130, fovDeg: 60, distanceM: 600, seed: 1, prior: true },
  },
  replays: ["with_fixes"],
  mayFindNothing: false,
};

Deno.test("decodeRows() reads what encodeRows() writes, and refuses what is not so many rows", () => {
  for (const described of [[], [0], [2], [0, 1, 2, 3, 4]]) {
    const rows = Array.from(
      { length: 5 },
      (_, i) => described.includes(i) ? Float32Array.of(i, i + 0.5, -i) : null,
    );
    const bytes = encodeRows(rows, 3);
    assert.deepEqual(decodeRows(bytes, 5, 3), rows);
    assert.throws(() => decodeRows(bytes.slice(1), 5, 3), RangeError);
    assert.throws(() => decodeRows(bytes, 4000, 3), RangeError);
    if (described.length > 0) assert.throws(() => decodeRows(bytes, 5, 4), RangeError);
  }
  const notFinite = encodeRows([Float32Array.of(1, NaN, 2)], 3);
  assert.throws(() => decodeRows(notFinite, 1, 3), RangeError);
});

Deno.test("documents of runs are read as written; what is none is refused with the reason", () => {
  assert.deepEqual(decodeDescribeRun(encodeDescribeRun(RUN)), RUN);
  assert.deepEqual(decodeFlightRun(encodeFlightRun([[FLIGHT]])), [[FLIGHT]]);
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const hostile: Record<string, Uint8Array> = {
    "no JSON": new TextEncoder().encode("{"),
    "format": text({ ...RUN, format: "something else" }),
    "places": text({ ...RUN, places: 1e15 }),
    "placeSidesM": text({ ...RUN, placeSidesM: [0] }),
    "vocabulary": text({ ...RUN, vocabulary: "../../etc/passwd" }),
    "tiles.0.2": text({ ...RUN, tiles: [[1, 1, "/etc/passwd"]] }),
    "tiles.0.0": text({ ...RUN, tiles: [[-1, 1, "b".repeat(64)]] }),
  };
  for (const [reason, bytes] of Object.entries(hostile)) {
    assert.throws(() => decodeDescribeRun(bytes), (error: Error) => {
      assert.ok(error instanceof JobRefusedError && error.message.includes(reason), error.message);
      return true;
    });
  }
  const flown = (change: Record<string, unknown>) => ({
    format: "gdn-flight-run",
    formatVersion: 1,
    units: [[{ ...FLIGHT, case: { ...FLIGHT.case, ...change } }]],
  });
  for (
    const change of [
      { name: "../../../tmp/x" },
      { name: "a/b" },
      { ground: { ...FLIGHT.case.ground, seed: "--out=/etc" } },
      { ground: { ...FLIGHT.case.ground, centre: "1,2;rm" } },
      { flight: { ...FLIGHT.case.flight, distanceM: 1e12 } },
      { command: ["rm", "-rf", "/"] },
    ]
  ) {
    assert.throws(
      () => decodeFlightRun(text(flown(change))),
      JobRefusedError,
      JSON.stringify(change),
    );
  }
});
