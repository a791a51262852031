/** What estimates say beyond the filter: a motion that nothing has confirmed, and fixes that were refused. */
import assert from "node:assert/strict";
import { LocalFrame, monotonicNs } from "../../src/core/mod.ts";
import { Eskf, type MeasurementOutcome } from "../../src/navigation/state_estimator/mod.ts";
import { UnprovenMotion } from "../../src/navigation/state_estimator/unproven_motion.ts";
import { FilterState } from "../../src/navigation/state_estimator/filter_state.ts";
import { feed, makeScenario } from "./state_estimator_scenario.ts";

const frame = new LocalFrame({ latitudeDeg: 48, longitudeDeg: 37, heightM: 0 });
const DOUBT_M = 30;

/** Twins behind 10 s of flight with fixes, and the messages of the 5 s after it. */
function twins() {
  const scenario = makeScenario({ seed: 3, durationS: 15, imuHz: 100 });
  const make = () => {
    const estimator = new Eskf({ localFrame: frame });
    estimator.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
    return estimator;
  };
  const doubted = make(), calm = make();
  const later = scenario.messages.filter((message) => message.arrivalNs >= 10e9);
  for (const message of scenario.messages) {
    if (message.arrivalNs < 10e9) [doubted, calm].forEach((each) => feed(each, message));
  }
  return { doubted, calm, later };
}

Deno.test("Eskf.doubtMotion() goes out with every estimate, adds up, and ends with a fix that agrees", () => {
  const { doubted, calm, later } = twins();
  doubted.doubtMotion(DOUBT_M);
  doubted.doubtMotion(DOUBT_M);
  const [own, other] = [doubted, calm].map((each) => each.currentEstimate());
  assert.ok(Math.abs(own.covariance[0] - other.covariance[0] - 2 * DOUBT_M ** 2) < 1e-6);
  assert.ok(own.horizontal95M > 2.4 * Math.SQRT2 * DOUBT_M);
  for (const message of later) [doubted, calm].forEach((each) => feed(each, message));
  assert.deepEqual(doubted.currentEstimate(), calm.currentEstimate(), "what was known is not lost");
});

Deno.test("Eskf.doubtMotion() lets the filter follow a fix that contradicts it", () => {
  const { doubted, calm, later } = twins();
  doubted.doubtMotion(DOUBT_M);
  const fix = later.find((message) => message.kind === "anchor");
  assert.ok(fix !== undefined && fix.kind === "anchor");
  for (const message of later) {
    if (message.arrivalNs < fix.arrivalNs) [doubted, calm].forEach((each) => feed(each, message));
  }
  const { positionLocalM: [east, north, up] } = fix.value;
  const elsewhere = { ...fix.value, positionLocalM: [east + 50, north, up] as const };
  assert.equal(calm.addPoseAnchor(elsewhere).fused, false);
  assert.equal(doubted.addPoseAnchor(elsewhere).fused, true);
  // Either of the two may be wrong: both are inside.
  assert.ok(doubted.currentEstimate().horizontal95M > 50);
  assert.ok(doubted.currentEstimate().horizontal95M > 2.4 * DOUBT_M, "what was told stays told");
  assert.ok(doubted.health().unconfirmedM > 20);
});

Deno.test("a first fix far from a start that is in doubt overrules it, however wide the filter is", () => {
  const outcome = {
    source: "anchor",
    timeNs: monotonicNs(1e9),
    fused: true,
    testRatio: 0.2,
    innovation: [40, 0, 0, 0, 0, 0],
    innovationVariance: [1e4, 1e4, 1, 1, 1, 1],
    observationVariance: [1, 1, 1, 1, 1, 1],
  } as unknown as MeasurementOutcome;
  const overruling = (doubtM: number, fixes: number) => {
    const motion = new UnprovenMotion();
    motion.add(doubtM);
    return motion.overrulingM(
      outcome,
      motion.takeIfElsewhere(() => undefined, [0, 0, 0], 1),
      fixes,
    );
  };
  assert.equal(overruling(800, 1), 40);
  assert.equal(overruling(800, 2), 0, "others have spoken for the place before");
  assert.equal(overruling(0, 1), 0, "nobody doubts the start");
});

Deno.test("Eskf.doubtGpsStart() goes out with every estimate until a fix is fused, and moves nothing", () => {
  const { doubted, calm, later } = twins();
  for (const sigmaM of [20, 60, 40]) doubted.doubtGpsStart(sigmaM);
  assert.equal(doubted.health().unconfirmedM, 60);
  const told = doubted.currentEstimate().covariance[0] - calm.currentEstimate().covariance[0];
  assert.ok(Math.abs(told - 60 ** 2) < 1e-6, `${told} m²`);
  for (const message of later) [doubted, calm].forEach((each) => feed(each, message));
  assert.deepEqual(doubted.currentEstimate(), calm.currentEstimate());
});

Deno.test("fixes that have overruled the filter are believed after ten seconds in which none is refused", () => {
  const estimator = new Eskf({ localFrame: frame });
  const { messages, truths } = makeScenario({ seed: 3, durationS: 30, imuHz: 100 });
  const [east, north, up] = truths[0].position;
  estimator.setTakeoffOrigin({ positionLocalM: [east + 40, north, up] });
  estimator.doubtMotion(DOUBT_M);
  let sinceNs: number | undefined;
  for (const message of messages) {
    feed(estimator, message);
    if (message.kind !== "anchor" || estimator.health().fused.anchor === 0) continue;
    sinceNs ??= message.value.timeNs;
    const elapsedS = (message.value.timeNs - sinceNs) / 1e9;
    const { unconfirmedM } = estimator.health();
    if (elapsedS < 9) assert.ok(unconfirmedM > 15, `${unconfirmedM} m after ${elapsedS} s`);
    if (elapsedS > 14) assert.equal(unconfirmedM, 0);
  }
  assert.ok(sinceNs !== undefined);
});

Deno.test("refused fixes that agree with each other are told as the radius of 95 %, until one is fused", () => {
  const { calm, later } = twins();
  let refused = 0, r95M = 0;
  for (const message of later) {
    if (message.kind === "anchor" && refused < 2) {
      const { positionLocalM: [east, north, up] } = message.value;
      calm.addPoseAnchor({ ...message.value, positionLocalM: [east + 50, north, up] });
      const before = r95M;
      r95M = calm.currentEstimate().horizontal95M;
      // A single one may be a wrong one.
      if (++refused === 2) assert.ok(before < 10 && r95M > 50 && r95M < 80, `${before} ${r95M}`);
    } else feed(calm, message);
  }
  assert.equal(refused, 2);
  assert.ok(calm.currentEstimate().horizontal95M < 10);
});

Deno.test("a first fix that surprises the filter, and a single one that moves it far, are told until others agree", () => {
  const { messages, truths } = makeScenario({ seed: 3, durationS: 6, imuHz: 100 });
  const [east, north, up] = truths[0].position;
  const toldAfterFix = (sigmaM: number) => {
    const estimator = new Eskf({ localFrame: frame });
    estimator.setTakeoffOrigin({ positionLocalM: [east + 15, north, up] }, sigmaM);
    return messages.flatMap((message) => {
      const before = estimator.health().fused.anchor;
      feed(estimator, message);
      const { fused, unconfirmedM } = estimator.health();
      return fused.anchor > before ? [unconfirmedM] : [];
    });
  };
  // 15 m are beyond 95 % of 5 m, but not of 30 m.
  const surprised = toldAfterFix(5), moved = toldAfterFix(30);
  assert.ok(surprised[0] > 5 && surprised[1] > 5, `${surprised}`);
  assert.ok(moved[0] > 5 && moved[1] === 0, `${moved}`);
});

Deno.test("fixes that move the filter one after the other are told until one agrees with the one before", () => {
  const unproven = new UnprovenMotion();
  const fixM = (movedM: number, fixes: number) => {
    const outcome = {
      source: "anchor",
      timeNs: monotonicNs(fixes * 3e8),
      fused: true,
      innovation: [movedM, 0, 0, 0, 0, 0],
      innovationVariance: [400, 400, 9, 1, 1, 1],
      testRatio: 0.1,
    } as unknown as MeasurementOutcome;
    unproven.observe(outcome, new FilterState());
    unproven.overrulingM(outcome, undefined, fixes);
    return 2 * unproven.unconfirmedM({ uncheckedM2: 0 });
  };
  assert.deepEqual([40, 15, 9, 5].map((movedM, i) => Math.round(fixM(movedM, i + 1))), [
    40,
    40,
    40,
    0,
  ]);
});

Deno.test("in the dark a gyroscope that the controller's attitude contradicts is told", () => {
  const scenario = makeScenario({ seed: 3, durationS: 30, imuHz: 100 });
  const estimator = new Eskf({ localFrame: frame });
  estimator.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
  for (const message of scenario.messages) {
    const isDark = message.arrivalNs > 10e9;
    if (isDark && (message.kind === "vio" || message.kind === "anchor")) continue;
    if (isDark && message.kind === "imu") {
      const [x, y, z] = message.value.angularRateRps;
      const value = { ...message.value, angularRateRps: [x, y, z + 0.05] as const };
      feed(estimator, { ...message, value });
    } else feed(estimator, message);
  }
  const { timeNs, positionLocalM, horizontal95M } = estimator.currentEstimate();
  const truth = scenario.truthAt(timeNs).position;
  const errorM = Math.hypot(positionLocalM[0] - truth[0], positionLocalM[1] - truth[1]);
  assert.ok(errorM > 50 && errorM < 2 * horizontal95M, `${errorM} m at ${horizontal95M} m`);
});
