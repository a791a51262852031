import assert from "node:assert/strict";
import { LocalFrame, localFromBody, type MonotonicNs, monotonicNs } from "../../src/core/mod.ts";
import {
  Eskf,
  type StateEstimate,
  type VioMeasurement,
} from "../../src/navigation/state_estimator/mod.ts";
import { defaultEskfConfig } from "../../src/navigation/state_estimator/config.ts";
import { ImuStream } from "../../src/navigation/state_estimator/imu_stream.ts";
import { Timeline } from "../../src/navigation/state_estimator/timeline.ts";
import { feed, makeScenario, type Message, type Scenario } from "./state_estimator_scenario.ts";

const frame = new LocalFrame({ latitudeDeg: 48, longitudeDeg: 37, heightM: 0 });

/** Feeds what `change` makes of each message (undefined: nothing). */
function fly(scenario: Scenario, change: (message: Message) => Message | undefined): Eskf {
  const estimator = new Eskf({ localFrame: frame });
  estimator.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
  for (const message of scenario.messages) {
    const changed = change(message);
    if (changed !== undefined) feed(estimator, changed);
  }
  return estimator;
}

/** Horizontal error over the claimed 95 % semi-axis. */
function claim(scenario: Scenario, estimate: StateEstimate): number {
  const truth = scenario.truthAt(estimate.timeNs).position;
  return Math.hypot(
    estimate.positionLocalM[0] - truth[0],
    estimate.positionLocalM[1] - truth[1],
  ) / estimate.horizontal95M;
}

Deno.test("Eskf survives gaps of the IMU, and does not claim to have seen them", () => {
  for (let seed = 0; seed < 5; seed++) {
    const scenario = makeScenario({ seed, durationS: 30 });
    const gap = (ns: number) => ns > 25e9 && ns < 25.8e9;
    let before = 0, after = 0;
    const estimator = fly(scenario, (m) => m.kind === "imu" && gap(m.arrivalNs) ? undefined : m);
    after = estimator.estimateAt(29.5e9 as MonotonicNs).horizontal95M;
    before = fly(scenario, (m) => m).estimateAt(29.5e9 as MonotonicNs).horizontal95M;
    assert.ok(after > before * (1 - 1e-9), `seed ${seed}`);
    assert.ok(claim(scenario, estimator.currentEstimate()) < 1.6, `seed ${seed}`);
    assert.ok(estimator.health().rejected.odometry <= 2, `seed ${seed}`);
  }
});

Deno.test("Eskf goes on when pairs of frames are missing or a frame is skipped", () => {
  const scenario = makeScenario({ seed: 2, durationS: 40 });
  let number = 0;
  const estimator = fly(scenario, (m) => m.kind === "vio" && ++number % 4 === 0 ? undefined : m);
  assert.equal(estimator.health().rejected.odometry, 0);
  assert.ok(claim(scenario, estimator.currentEstimate()) < 1.5);
});

Deno.test("Eskf refuses a pair of frames across another and keeps its state", () => {
  const scenario = makeScenario({ seed: 2, durationS: 10 }), pairs: VioMeasurement[] = [];
  const estimator = fly(scenario, (m) => {
    if (m.kind === "vio") pairs.push(m.value);
    return m;
  });
  const last = pairs[pairs.length - 1], before = estimator.currentEstimate();
  const across = estimator.addVio({
    ...last,
    fromNs: (last.fromNs - 1e7) as MonotonicNs,
    toNs: (last.fromNs + 1e7) as MonotonicNs,
  });
  assert.equal(across.fused, false);
  assert.match(across.reason ?? "", /overlaps/);
  assert.match(estimator.addVio(last).reason ?? "", /already/);
  assert.deepEqual(estimator.currentEstimate(), before);
});

Deno.test("Eskf holds its direction with odometry without a scale, but not the length", () => {
  const scenario = makeScenario({ seed: 5, durationS: 40, blackouts: [[20, 40]] });
  const run = (scaleQuality: VioMeasurement["scaleQuality"]) =>
    fly(scenario, (m) => m.kind === "vio" ? { ...m, value: { ...m.value, scaleQuality } } : m);
  const metric = run("metric").currentEstimate(), direction = run("direction_only");
  const unknown = run("unknown").currentEstimate(), seen = direction.currentEstimate();
  assert.ok(metric.horizontal95M < seen.horizontal95M);
  assert.ok(seen.horizontal95M < unknown.horizontal95M);
  assert.ok(claim(scenario, seen) < 1.5 && claim(scenario, unknown) < 1.5);
  assert.ok(direction.health().rejected.odometry <= 1);
});

Deno.test("Eskf judges a fix ahead of the IMU at once and fuses it when the samples are there", () => {
  const scenario = makeScenario({ seed: 6, durationS: 20 });
  const anchors: Message[] = [];
  const cut = 15e9;
  const estimator = fly(scenario, (m) => {
    if (m.kind === "anchor" && m.arrivalNs > cut) anchors.push(m);
    return m.arrivalNs > cut ? undefined : m;
  });
  const before = estimator.currentEstimate(), ahead = anchors[0];
  assert.ok(ahead.kind === "anchor" && ahead.value.timeNs > before.timeNs);
  assert.equal(estimator.addPoseAnchor(ahead.value).fused, true);
  assert.deepEqual(estimator.currentEstimate().positionLocalM, before.positionLocalM);
  for (const m of scenario.messages) {
    if (m.kind === "imu" && m.arrivalNs > cut) feed(estimator, m);
  }
  const inTime = fly(
    scenario,
    (m) => m.arrivalNs > cut && m.kind !== "imu" && m !== ahead ? undefined : m,
  );
  assert.deepEqual(
    estimator.currentEstimate().positionLocalM,
    inTime.currentEstimate().positionLocalM,
  );
  assert.match(
    estimator.addPoseAnchor({ ...ahead.value, timeNs: 90e9 as MonotonicNs }).reason ?? "",
    /ahead/,
  );
});

Deno.test("before the first IMU sample there is no state at another moment, rather than one that is no number", () => {
  const stream = new ImuStream();
  const timeline = new Timeline(defaultEskfConfig(), stream);
  timeline.head.timeNs = 1e9;
  timeline.start();
  assert.ok(timeline.stateAt(1e9) !== undefined);
  assert.equal(timeline.stateAt(1.002e9), undefined);
  stream.push({
    timeNs: monotonicNs(1e9),
    specificForceMps2: [0, 0, -9.8],
    angularRateRps: [0, 0, 0],
  });
  assert.ok(timeline.stateAt(1.002e9)?.vector("position").every(Number.isFinite));
});

Deno.test("a height that the accelerometer carries away comes back to the barometer, where nothing else measures it", () => {
  const filter = new Eskf({ localFrame: frame });
  filter.setTakeoffOrigin({ positionLocalM: [0, 0, 0] }, 5, 5);
  const level = localFromBody({ rollRad: 0, pitchRad: 0, yawRad: 0 });
  let refused = 0, furthestM = 0;
  for (let i = 0; i <= 60 * 200; i++) {
    const timeNs = monotonicNs(i * 5_000_000);
    // From 10 s on it reads 3 m/s² too much: vibration.
    const forceMps2 = i < 2000 ? -9.80665 : -12.80665;
    filter.addImu({ timeNs, specificForceMps2: [0, 0, forceMps2], angularRateRps: [0, 0, 0] });
    if (i % 20 !== 0) continue;
    filter.addAttitude({
      timeNs,
      localFromBody: level,
      sigmaTiltRad: 0.02,
      sigmaHeadingRad: 0.05,
    });
    if (!filter.addBaro({ timeNs, heightM: 0, sigmaM: 1 }).fused) refused++;
    furthestM = Math.max(furthestM, Math.abs(filter.currentEstimate().positionLocalM[2]));
  }
  assert.ok(refused > 0, "the gate never closed");
  assert.ok(furthestM < 60, `${furthestM} m off the barometer`);
});
