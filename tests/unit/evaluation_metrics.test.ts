import assert from "node:assert/strict";
import { LocalFrame, mean, percentile, share } from "../../src/core/mod.ts";
import {
  BARS_TWO_DATES,
  driftPercent,
  type EvaluatedFrame,
  evaluateFlight,
  flightMetrics,
  horizontalNees,
  missedBars,
  pooledMetrics,
  stageCpuMs,
  TruthError,
  truthFromCsv,
  TruthTrack,
} from "../../src/workstation/evaluation/mod.ts";

const ORIGIN = { latitudeDeg: 30, longitudeDeg: -97, heightM: 200 };
const local = new LocalFrame(ORIGIN);

/** Flies north at 10 m/s for `seconds`. */
function truthNorth(seconds: number): TruthTrack {
  return new TruthTrack(
    Array.from({ length: seconds + 1 }, (_, s) => ({
      timeNs: s * 1e9,
      position: local.wgsFromLocal([0, 10 * s, 0]),
    })),
  );
}

/** An estimate off the truth by (east, north) at time `s`; `fixOffM` is an accepted fix' error. */
function frame(
  s: number,
  eastM: number,
  northM: number,
  options: Partial<
    {
      fixOffM: number;
      latencyMs: number;
      sigmaM: number;
      registered: boolean;
      cpuMs: Record<string, number>;
    }
  > = {},
): EvaluatedFrame {
  const estimate = local.wgsFromLocal([eastM, 10 * s + northM, 0]);
  const variance = (options.sigmaM ?? 1) ** 2;
  const fix = options.fixOffM === undefined
    ? { accepted: false, latitudeDeg: null, longitudeDeg: null }
    : { accepted: true, ...local.wgsFromLocal([options.fixOffM, 10 * s, 0]) };
  return {
    sequence: s,
    timeNs: s * 1e9,
    ...estimate,
    covarianceEnM2: [variance, 0, variance],
    vioRegistered: options.registered ?? true,
    fix,
    latencyMs: options.latencyMs ?? 50,
    stages: { wallMs: {}, cpuMs: options.cpuMs ?? {} },
  };
}

function near(actual: number | null, expected: number, tolerance = 1e-3): void {
  assert.ok(
    actual !== null && Math.abs(actual - expected) <= tolerance,
    `${actual} is not ${expected}`,
  );
}

Deno.test("percentile() interpolates between ranks, and is null of nothing", () => {
  assert.equal(percentile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(percentile([10], 0.95), 10);
  near(percentile([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.95), 9.5);
  assert.equal(percentile([], 0.5), null);
  assert.equal(mean([]), null);
  assert.equal(share([1, 2, 3, 4], (value) => value > 1), 0.75);
});

Deno.test("TruthTrack.at() interpolates position and distance, and ends where the track ends", () => {
  const truth = truthNorth(10);
  near(truth.distanceM, 100);
  const there = truth.at(2.5e9);
  assert.ok(there);
  near(there.distanceM, 25);
  near(truth.localFrame.localFromWgs(there.position)[1], 25);
  assert.equal(truth.at(-1), null);
  assert.equal(truth.at(10e9 + 1), null);
  near(truth.at(10e9)?.distanceM ?? null, 100);
});

Deno.test("truthFromCsv() reads rows and names the line of a broken one", () => {
  const header = "time_ns,latitude_deg,longitude_deg,height_m,ve_mps,vn_mps,vu_mps,qw,qx,qy,qz";
  const row = (timeNs: number) => `${timeNs},30,-97,200,0,10,0,1,0,0,0`;
  assert.equal(truthFromCsv(`${header}\n${row(0)}\n${row(1)}\n`).points.length, 2);
  assert.throws(() => truthFromCsv(`${header}\n${row(1)}\n${row(1)}\n`), /line 3/);
  assert.throws(() => truthFromCsv(`${header}\nnonsense\n`), TruthError);
  assert.throws(() => truthFromCsv("other\n"), /line 1/);
  assert.throws(() => truthFromCsv(`${header}\n`), TruthError);
});

Deno.test("horizontalNees() is the squared Mahalanobis distance", () => {
  near(horizontalNees(3, 4, [1, 0, 1]), 25);
  near(horizontalNees(2, 0, [4, 0, 1]), 1);
  near(horizontalNees(1, 1, [2, 1, 2]), 2 / 3);
  assert.equal(horizontalNees(1, 1, [1, 2, 1]), Infinity);
  assert.equal(horizontalNees(1, 1, [0, 0, 0]), Infinity);
  assert.equal(horizontalNees(1, 1, [NaN, 0, 1]), Infinity);
});

Deno.test("flightMetrics() gives the figures of a flight counted by hand", () => {
  const frames = [
    frame(0, 0, 0, { registered: false, latencyMs: 10, cpuMs: { decode: 5, matching: 20 } }),
    frame(1, 3, 4, { fixOffM: 20, latencyMs: 20 }),
    frame(2, 0, 2, { fixOffM: 6, latencyMs: 30 }),
    frame(3, 30, 0, { registered: false, latencyMs: 40 }),
    frame(4, 0, 1, { fixOffM: 1, latencyMs: 50, cpuMs: { decode: 10, pose: 15 } }),
  ];
  const summary = { realTimeFactor: 3, rssMbMax: 500 };
  const metrics = flightMetrics(evaluateFlight(frames, summary, truthNorth(10), true));
  assert.equal(metrics.frames, 5);
  assert.equal(metrics.fixes, 3);
  near(metrics.errorMP50, 2);
  near(metrics.errorMMax, 30);
  near(metrics.errorMP95, 5 + 0.8 * 25);
  assert.equal(metrics.within5, 0.8);
  assert.equal(metrics.within20, 0.8);
  assert.equal(metrics.within50, 1);
  near(metrics.worstAcceptedFixM, 20);
  near(metrics.neesMean, (0 + 25 + 4 + 900 + 1) / 5, 0.01);
  near(metrics.consistent95, 0.6);
  assert.equal(metrics.registrationVo, 0.75);
  assert.equal(metrics.latencyMsP50, 30);
  near(metrics.latencyMsP95, 48);
  near(metrics.cpuMsMean, 10);
  assert.deepEqual(stageCpuMs(frames), { decode: 3, matching: 4, pose: 3 });
  near(metrics.timeToFirstFixS, 2);
  assert.equal(metrics.realTimeFactor, 3);
  assert.equal(metrics.rssMb, 500);
  assert.deepEqual(missedBars(metrics, BARS_TWO_DATES), [
    "errorMP95 25 > 6",
    "errorMMax 30 > 20",
    "worstAcceptedFixM 20 > 15",
  ]);
});

Deno.test("driftPercent() is the growth of the error over stretches without a fix", () => {
  const truth = truthNorth(30);
  // From the fix at 0 s (error 0) to 10 s (error 2 m): 100 m; fix at 11 s; to 21 s (error 1 → 4 m).
  const frames = [frame(0, 0, 0, { fixOffM: 0 })];
  for (let s = 1; s <= 10; s++) frames.push(frame(s, 0.2 * s, 0));
  frames.push(frame(11, 1, 0, { fixOffM: 0 }));
  for (let s = 12; s <= 21; s++) frames.push(frame(s, 1 + 0.3 * (s - 11), 0));
  frames.push(frame(22, 0, 0, { fixOffM: 0 }), frame(23, 0.5, 0), frame(24, 0, 0, { fixOffM: 0 }));
  const errors = evaluateFlight(frames, null, truth, true).errors;
  near(driftPercent(errors, true), 100 * (2 + 3) / 200);
  const allFixed = [frame(0, 0, 0, { fixOffM: 0 }), frame(1, 1, 0, { fixOffM: 0 })];
  assert.equal(driftPercent(evaluateFlight(allFixed, null, truth, true).errors, true), null);
});

Deno.test("driftPercent() counts from the start only when take-off was known", () => {
  const frames = Array.from({ length: 11 }, (_, s) => frame(s, 0.1 * s, 0));
  const errors = evaluateFlight(frames, null, truthNorth(10), true).errors;
  near(driftPercent(errors, true), 1);
  assert.equal(driftPercent(errors, false), null);
});

Deno.test("pooledMetrics() weighs every frame the same and keeps the worst of the machine", () => {
  const truth = truthNorth(10);
  const fly = (errorM: number, count: number, realTimeFactor: number, rssMbMax: number) =>
    evaluateFlight(
      Array.from({ length: count }, (_, s) => frame(s, errorM, 0, { fixOffM: 1 })),
      { realTimeFactor, rssMbMax },
      truth,
      true,
    );
  const pooled = pooledMetrics([fly(1, 8, 4, 300), fly(3, 2, 2, 400)]);
  assert.equal(pooled.frames, 10);
  near(pooled.errorMP50, 1);
  near(pooled.neesMean, (8 * 1 + 2 * 9) / 10);
  near(pooled.consistent95, 0.8);
  assert.equal(pooled.realTimeFactor, 2);
  assert.equal(pooled.rssMb, 400);
});

Deno.test("flightMetrics() of a flight without a frame is empty, not wrong", () => {
  const metrics = flightMetrics(evaluateFlight([], null, truthNorth(1), true));
  assert.equal(metrics.frames, 0);
  assert.equal(metrics.errorMP50, null);
  assert.equal(metrics.timeToFirstFixS, null);
});

Deno.test("TruthTrack.at() goes the short way over the antimeridian", () => {
  const point = (timeNs: number, longitudeDeg: number) => ({
    timeNs,
    position: { latitudeDeg: -17, longitudeDeg, heightM: 0 },
  });
  const track = new TruthTrack([point(0, 179.998), point(1000, -179.998)]);
  const longitudeAt = (timeNs: number) => track.at(timeNs)!.position.longitudeDeg;
  assert.ok(Math.abs(longitudeAt(250) - 179.999) < 1e-9);
  assert.ok(Math.abs(longitudeAt(750) + 179.999) < 1e-9);
  assert.ok(Math.abs(Math.abs(longitudeAt(500)) - 180) < 1e-9);
  assert.ok(track.distanceM > 400 && track.distanceM < 450);
});
