import assert from "node:assert/strict";
import {
  LocalFrame,
  type MonotonicNs,
  quaternionConjugate,
  rotate,
  seededRandom,
  type Vector3,
} from "../../src/core/mod.ts";
import { Eskf, type VelocitySample } from "../../src/navigation/state_estimator/mod.ts";
import { feed, makeScenario, type Scenario, type Truth } from "./state_estimator_scenario.ts";

const frame = new LocalFrame({ latitudeDeg: 48, longitudeDeg: 37, heightM: 0 });
const SIGMA_MPS = 0.3;
const COVARIANCE = [SIGMA_MPS ** 2, 0, 0, 0, SIGMA_MPS ** 2, 0, 0, 0, SIGMA_MPS ** 2] as const;

function sampleOf(truth: Truth, error: Vector3 = [0, 0, 0]): VelocitySample {
  const [x, y, z] = rotate(quaternionConjugate(truth.attitude), truth.velocity);
  return {
    timeNs: truth.timeNs,
    velocityBodyMps: [x + error[0], y + error[1], z + error[2]],
    covariance: COVARIANCE,
  };
}

/** Flies to the end of the scenario; `velocityHz` 0: without. Horizontal error and bound there. */
function fly(scenario: Scenario, velocityHz: number, noCameraFromS: number) {
  const estimator = new Eskf({ localFrame: frame });
  estimator.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
  const random = seededRandom("velocity");
  let nextNs = 2e9;
  for (const message of scenario.messages) {
    const isVision = message.kind === "vio" || message.kind === "anchor";
    if (isVision && message.arrivalNs > noCameraFromS * 1e9) continue;
    feed(estimator, message);
    if (velocityHz === 0 || message.kind !== "imu" || message.arrivalNs < nextNs) continue;
    nextNs += 1e9 / velocityHz;
    const noise = (): number => SIGMA_MPS * random.normal();
    estimator.addVelocity(
      sampleOf(scenario.truthAt(message.value.timeNs), [noise(), noise(), noise()]),
    );
  }
  const estimate = estimator.currentEstimate(), truth = scenario.truthAt(estimate.timeNs);
  const errorM = Math.hypot(
    estimate.positionLocalM[0] - truth.position[0],
    estimate.positionLocalM[1] - truth.position[1],
  );
  return { estimator, errorM, horizontal95M: estimate.horizontal95M };
}

Deno.test("Eskf.addVelocity() bounds the drift of a flight whose camera is blind", () => {
  let without = 0, withVelocity = 0;
  for (let seed = 0; seed < 4; seed++) {
    const scenario = makeScenario({ seed, durationS: 80 });
    const blind = fly(scenario, 0, 20), aided = fly(scenario, 5, 20);
    without += blind.errorM;
    withVelocity += aided.errorM;
    assert.ok(aided.horizontal95M < blind.horizontal95M / 2, `seed ${seed}: the bound`);
    assert.ok(aided.errorM < 1.5 * aided.horizontal95M, `seed ${seed}: ${aided.errorM} m`);
    assert.ok(aided.estimator.health().fused.velocity > 200);
  }
  console.log(
    `60 s without a camera, mean of 4: ${(without / 4).toFixed(1)} m without a velocity, ` +
      `${(withVelocity / 4).toFixed(1)} m with one`,
  );
  assert.ok(withVelocity < without / 2, `${withVelocity} m against ${without} m`);
});

Deno.test("Eskf.addVelocity() finds the velocity at the start, where nothing is known of it", () => {
  const scenario = makeScenario({ seed: 3, durationS: 4 });
  const { estimator } = fly(scenario, 5, 0);
  const estimate = estimator.currentEstimate(), truth = scenario.truthAt(estimate.timeNs);
  estimate.velocityLocalMps.forEach((value, i) =>
    assert.ok(Math.abs(value - truth.velocity[i]) < 1.5, `${value} against ${truth.velocity[i]}`)
  );
});

Deno.test("Eskf.addVelocity() refuses what contradicts the state, and what is no measurement", () => {
  const scenario = makeScenario({ seed: 4, durationS: 20 });
  const { estimator } = fly(scenario, 5, 60);
  const { timeNs } = estimator.currentEstimate(), truth = scenario.truthAt(timeNs);
  const at = (ns: number) => Math.round(ns) as MonotonicNs;
  const wrong = estimator.addVelocity({
    ...sampleOf(truth, [-25, 0, 0]),
    timeNs: at(timeNs - 0.35e9),
  });
  assert.equal(wrong.fused, false);
  assert.match(wrong.reason ?? "", /gate/);
  assert.ok(wrong.testRatio > 1 && wrong.innovation[0] < -20);
  const refused = [
    { ...sampleOf(truth), velocityBodyMps: [NaN, 0, 0] as const },
    { ...sampleOf(truth), covariance: [1, 2, 0, 2, 1, 0, 0, 0, 1] as const },
    { ...sampleOf(truth), timeNs: at(timeNs - 5e9) },
  ].map((sample) => estimator.addVelocity(sample).reason ?? "");
  assert.match(refused[0], /finite/);
  assert.match(refused[1], /positive definite/);
  assert.match(refused[2], /history/);
});

Deno.test("Eskf.addVelocity() thins what comes too often", () => {
  const scenario = makeScenario({ seed: 5, durationS: 10 });
  const { fused, rejected } = fly(scenario, 50, 60).estimator.health();
  assert.ok(fused.velocity <= 46 && fused.velocity >= 40, `${fused.velocity}`);
  assert.ok(rejected.velocity <= 1);
});
