/**
 * The state estimator alone, over a seeded minute with everything in it: late fixes, a wrong fix, a
 * stretch without fixes, GPS that is spoofed after a while.
 *
 * @module
 */
import { LocalFrame, type MonotonicNs, seededRandom } from "../../src/core/mod.ts";
import { Eskf, type GpsSample } from "../../src/navigation/state_estimator/mod.ts";
import { feed, makeScenario, type Truth } from "../unit/state_estimator_scenario.ts";
import type { Column, Table } from "./table.ts";

const SEED = "golden";
const START_NS = 1e9;
/** GPS once a second until it is lost; from `SPOOFED_S` on it is dragged away. */
const GPS_UNTIL_S = 20;
const SPOOFED_S = 12;
const SOURCES = ["barometer", "attitude", "odometry", "anchor", "gps"] as const;

/**
 * The filter is arithmetic in double precision alone: another order of additions moves the last
 * digits by about 1e-9.
 */
const TIGHT = { decimals: 6, tolerance: 1e-5 } as const;

const COLUMNS: readonly Column[] = [
  { name: "time_s", decimals: 3 },
  ...["east_m", "north_m", "up_m"].map((name) => ({ name, ...TIGHT })),
  ...["velocity_east_mps", "velocity_north_mps", "velocity_up_mps"].map((name) => ({
    name,
    ...TIGHT,
  })),
  ...["q_w", "q_x", "q_y", "q_z"].map((name) => ({ name: `local_from_body_${name}`, ...TIGHT })),
  ...["x", "y", "z"].map((axis) => ({ name: `mounting_${axis}_rad`, ...TIGHT })),
  { name: "horizontal95_m", ...TIGHT },
  { name: "sigma_up_m", ...TIGHT },
  { name: "label" },
  { name: "gps" },
  ...SOURCES.flatMap((source) => [{ name: `${source}_fused` }, { name: `${source}_rejected` }]),
];

/** One row a second. */
export function filterRun(): Table {
  const frame = new LocalFrame({ latitudeDeg: 48, longitudeDeg: 37, heightM: 0 });
  const scenario = makeScenario({
    seed: SEED,
    durationS: 60,
    imuHz: 100,
    latencyS: 0.3,
    blackouts: [[28, 45]],
    outliers: [22],
  });
  const estimator = new Eskf({ localFrame: frame });
  const start = scenario.truths[0].position;
  estimator.setTakeoffOrigin(
    { positionLocalM: [start[0] + 6, start[1] - 8, start[2] + 3] },
    10,
    10,
  );
  const gps = gpsSamples(scenario.truths, frame);
  const rows: (number | string)[][] = [];
  let nextNs = START_NS + 1e9;
  for (const message of scenario.messages) {
    while (gps.length > 0 && gps[0].timeNs < message.arrivalNs) estimator.addGps(gps.shift()!);
    feed(estimator, message);
    if (message.kind !== "imu" || message.arrivalNs < nextNs) continue;
    nextNs += 1e9;
    rows.push(rowOf(estimator));
  }
  return { columns: COLUMNS, rows };
}

function rowOf(estimator: Eskf): (number | string)[] {
  const estimate = estimator.currentEstimate(), health = estimator.health();
  return [
    (estimate.timeNs - START_NS) / 1e9,
    ...estimate.positionLocalM,
    ...estimate.velocityLocalMps,
    ...estimate.localFromBody,
    ...estimate.mountingErrorRad,
    estimate.horizontal95M,
    Math.sqrt(estimate.covariance[14]),
    estimate.label,
    health.gps,
    ...SOURCES.flatMap((source) => [health.fused[source], health.rejected[source]]),
  ];
}

function gpsSamples(truths: readonly Truth[], frame: LocalFrame): GpsSample[] {
  const random = seededRandom(`gps ${SEED}`);
  const samples: GpsSample[] = [];
  for (let seconds = 1; seconds < GPS_UNTIL_S; seconds++) {
    const truth = truths[100 * seconds], [east, north, up] = truth.position;
    const draggedM = 8 * Math.max(0, seconds - SPOOFED_S);
    samples.push({
      timeNs: truth.timeNs as MonotonicNs,
      fix: "3d",
      position: frame.wgsFromLocal([
        east + draggedM + 1.5 * random.normal(),
        north + 1.5 * random.normal(),
        up + 3 * random.normal(),
      ]),
      velocityLocalMps: truth.velocity,
      sigmaHorizontalM: 1.5,
      sigmaVerticalM: 3,
      satellites: 12,
      integrity: "ok",
    });
  }
  return samples;
}
