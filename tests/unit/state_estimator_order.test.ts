import assert from "node:assert/strict";
import { LocalFrame, type MonotonicNs, seededRandom } from "../../src/core/mod.ts";
import {
  Eskf,
  isam2,
  type StateEstimate,
  type StateEstimator,
} from "../../src/navigation/state_estimator/mod.ts";
import { openReferenceSmoother } from "../support/gtsam.ts";
import { feed, makeScenario, type Message } from "./state_estimator_scenario.ts";

/** Kept for the life of the process, as a flight keeps it. */
const library = openReferenceSmoother();
const frame = new LocalFrame({ latitudeDeg: 48, longitudeDeg: 37, heightM: 0 });

/** The same flight with everything in time, and with measurements up to 0.8 s late. */
function bothOrders<T extends StateEstimator>(make: () => T, seed: number): readonly [T, T] {
  const scenario = makeScenario({ seed, durationS: 12, outliers: [6] });
  // Everything but IMU ends a second before the end; the first attitude is not delayed.
  const first = scenario.messages.find((m) => m.kind === "attitude");
  assert.ok(first);
  const ordered = scenario.messages.filter((m) =>
    m === first || m.kind === "imu" || (m.arrivalNs > 1.2e9 && m.arrivalNs < 12e9)
  );
  const late = [first, ...delayed(ordered.filter((m) => m !== first), seed)];
  const run = (messages: readonly Message[]) => {
    const estimator = make();
    estimator.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
    for (const message of messages) feed(estimator, message);
    return estimator;
  };
  return [run(ordered), run(late)];
}

function largestDifference(a: StateEstimate, b: StateEstimate): number {
  const numbers = (e: StateEstimate) => [
    ...e.positionLocalM,
    ...e.velocityLocalMps,
    ...e.localFromBody,
    ...e.mountingErrorRad,
    ...e.covariance,
  ];
  const other = numbers(b);
  return Math.max(...numbers(a).map((value, i) => Math.abs(value - other[i])));
}

/** All of one kind of slot stay in order, so that thinning takes the same samples. */
function delayed(messages: readonly Message[], seed: number): Message[] {
  const random = seededRandom(`delay ${seed}`);
  return messages.map((message) => {
    const late = message.kind === "vio" || message.kind === "anchor";
    const delayNs = late ? 8e8 * random.uniform() : message.kind === "imu" ? 0 : 3e8;
    return { ...message, arrivalNs: message.arrivalNs + delayNs };
  }).sort((a, b) => a.arrivalNs - b.arrivalNs);
}

Deno.test("Eskf gives the same state when measurements come late, in any order", () => {
  for (let seed = 0; seed < 5; seed++) {
    const [a, b] = bothOrders(() => new Eskf({ localFrame: frame }), seed);
    const difference = largestDifference(a.currentEstimate(), b.currentEstimate());
    assert.ok(difference < 1e-8, `seed ${seed}: ${difference}`);
    assert.ok(b.health().fused.anchor >= 8, `seed ${seed}: ${b.health().fused.anchor} anchors`);
  }
});

Deno.test("isam2 gives the same state within a quarter of its sigma when measurements come late, in any order", () => {
  for (const seed of [0, 3]) {
    const [a, b] = bothOrders(() => isam2(library, { localFrame: frame }), seed);
    const [inTime, late] = [a.currentEstimate(), b.currentEstimate()];
    assert.deepEqual(a.health().fused, b.health().fused);
    for (let i = 0; i < 3; i++) {
      const [sigmaM, lateSigmaM] = [inTime, late].map((e) => Math.sqrt(e.covariance[7 * i]));
      const differenceM = Math.abs(inTime.positionLocalM[i] - late.positionLocalM[i]);
      assert.ok(differenceM < 0.25 * sigmaM, `seed ${seed}, axis ${i}: ${differenceM} m`);
      assert.ok(Math.abs(lateSigmaM / sigmaM - 1) < 0.02, `${lateSigmaM} m for ${sigmaM} m`);
    }
  }
});

Deno.test("Eskf.estimateAt() gives what currentEstimate() gave when nothing came since", () => {
  const scenario = makeScenario({ seed: 7, durationS: 8 });
  const estimator = new Eskf({ localFrame: frame });
  estimator.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
  let then: StateEstimate | undefined;
  for (const message of scenario.messages) {
    if (message.kind !== "imu" && message.arrivalNs > 6e9) continue;
    feed(estimator, message);
    if (message.kind === "imu" && message.value.timeNs === 7.5e9) {
      then = estimator.currentEstimate();
    }
  }
  assert.ok(then);
  const again = estimator.estimateAt(7.5e9 as MonotonicNs);
  assert.ok(largestDifference(then, again) < 1e-9);
  assert.throws(() => estimator.estimateAt(1e9 as MonotonicNs), /history reaches/);
});
