/** The contract suite that every `StateEstimator` must pass. */
import assert from "node:assert/strict";
import {
  type MonotonicNs,
  quaternionFromRotationVector,
  quaternionMultiply,
} from "../../src/core/mod.ts";
import {
  EstimatorAlreadyStartedError,
  type ImuSample,
  type PoseAnchor,
  type StateEstimator,
  StateEstimatorConfigError,
} from "../../src/navigation/state_estimator/mod.ts";
import { feed, makeScenario, type Scenario } from "../unit/state_estimator_scenario.ts";

type Make = () => StateEstimator;

function flown(make: Make, scenario: Scenario): StateEstimator {
  const estimator = make();
  estimator.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
  for (const message of scenario.messages) feed(estimator, message);
  return estimator;
}

function identity(size: number, value: number): Float64Array {
  return Float64Array.from(
    { length: size * size },
    (_, i) => i % (size + 1) === 0 ? value : 0,
  );
}

function originTests(name: string, make: Make, scenario: Scenario): void {
  Deno.test(`${name} setTakeoffOrigin() sets position and sigma when called before the start`, () => {
    const estimator = make();
    estimator.setTakeoffOrigin({ positionLocalM: [100, 200, 30] }, 7, 3);
    const early = scenario.messages.slice(0, 12);
    for (const message of early) if (message.kind !== "vio") feed(estimator, message);
    const estimate = estimator.currentEstimate();
    assert.ok(Math.abs(estimate.positionLocalM[0] - 100) < 3);
    assert.ok(Math.abs(Math.sqrt(estimate.covariance[0]) - 7) < 1);
  });

  Deno.test(`${name} setTakeoffOrigin() throws when a measurement came before it`, () => {
    const first = scenario.messages.find((message) => message.kind === "imu");
    assert.ok(first);
    const estimator = make();
    feed(estimator, first);
    assert.throws(
      () => estimator.setTakeoffOrigin({ positionLocalM: [0, 0, 0] }),
      EstimatorAlreadyStartedError,
    );
    assert.throws(
      () => make().setTakeoffOrigin({ positionLocalM: [NaN, 0, 0] }),
      StateEstimatorConfigError,
    );
  });

  Deno.test(`${name} refuses to estimate, and measurements, before it has attitude and IMU`, () => {
    const estimator = make();
    assert.equal(estimator.health().state, "stopped");
    assert.throws(() => estimator.currentEstimate(), /attitude/);
    const baro = scenario.messages.find((message) => message.kind === "baro");
    assert.ok(baro?.kind === "baro");
    assert.equal(estimator.addBaro(baro.value).fused, false);
    assert.equal(estimator.health().state, "starting");
  });
}

function flightTests(name: string, make: Make, scenario: Scenario): void {
  Deno.test(`${name} follows a flight and labels it satellite_anchored`, () => {
    const estimator = flown(make, scenario), estimate = estimator.currentEstimate();
    const truth = scenario.truthAt(estimate.timeNs);
    for (let i = 0; i < 3; i++) {
      const sigma = Math.sqrt(estimate.covariance[7 * i]);
      assert.ok(Math.abs(estimate.positionLocalM[i] - truth.position[i]) < 4 * sigma);
      assert.ok(Math.abs(estimate.velocityLocalMps[i] - truth.velocity[i]) < 2);
    }
    assert.equal(estimate.label, "satellite_anchored");
    assert.equal(estimate.smoothed, false);
    assert.ok(estimate.horizontal95M < 8);
    assert.ok(estimate.anchorAgeS < 3);
    assert.equal(estimator.health().state, "active");
    assert.ok(estimator.health().fused.odometry > 30);
  });

  Deno.test(`${name} answers for a moment inside its history, and throws outside of it`, () => {
    const estimator = flown(make, scenario), now = estimator.currentEstimate();
    const then = estimator.estimateAt((now.timeNs - 5e8) as MonotonicNs);
    assert.equal(then.timeNs, now.timeNs - 5e8);
    const distance = Math.hypot(...now.positionLocalM.map((p, i) => p - then.positionLocalM[i]));
    assert.ok(distance > 5 && distance < 12, `${distance} m in half a second`);
    assert.throws(() => estimator.estimateAt(0 as MonotonicNs));
  });

  Deno.test(`${name} is not moved when a caller reuses the buffers of a measurement`, () => {
    const a = flown(make, scenario), b = make();
    b.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
    for (const message of scenario.messages) {
      if (message.kind !== "vio" && message.kind !== "anchor") feed(b, message);
      else {
        const covariance = message.value.covariance.slice();
        const copy = { ...message, value: { ...message.value, covariance } };
        feed(b, copy as typeof message);
        covariance.fill(NaN);
      }
    }
    assert.deepEqual(b.currentEstimate().positionLocalM, a.currentEstimate().positionLocalM);
  });
}

function anchorOf(scenario: Scenario, timeNs: number, eastM: number): PoseAnchor {
  const truth = scenario.truthAt(timeNs);
  return {
    timeNs: timeNs as MonotonicNs,
    positionLocalM: [truth.position[0] + eastM, truth.position[1], truth.position[2]],
    localFromBody: quaternionMultiply(
      truth.attitude,
      quaternionFromRotationVector(scenario.mounting),
    ),
    covariance: identity(6, 1e-3),
  };
}

function refusalTests(name: string, make: Make, scenario: Scenario): void {
  const anchorAt = (timeNs: number, eastM: number) => anchorOf(scenario, timeNs, eastM);

  Deno.test(`${name} refuses an outlier of 350 m, with its reason, and does not grow surer`, () => {
    const estimator = flown(make, scenario), before = estimator.currentEstimate();
    const outcome = estimator.addPoseAnchor(anchorAt(before.timeNs - 1e8, 350));
    const after = estimator.currentEstimate();
    assert.equal(outcome.fused, false);
    assert.match(outcome.reason ?? "", /gate/);
    assert.ok(outcome.testRatio > 1 && Math.abs(outcome.innovation[0]) > 300);
    assert.deepEqual(after.positionLocalM, before.positionLocalM);
    assert.ok(after.covariance[0] >= before.covariance[0] * (1 - 1e-9));
  });

  Deno.test(`${name} refuses what is too old, of an unknown frame, not finite or no covariance`, () => {
    const estimator = flown(make, scenario), now = estimator.currentEstimate().timeNs;
    const good = anchorAt(now - 2e8, 0);
    const refused = [
      estimator.addPoseAnchor(anchorAt(now - 5e9, 0)),
      estimator.addPoseAnchor({ ...good, positionLocalM: [NaN, 0, 0] }),
      estimator.addPoseAnchor({ ...good, covariance: identity(6, -1) }),
      estimator.addVio({
        fromNs: (now - 9e9) as MonotonicNs,
        toNs: (now - 1e8) as MonotonicNs,
        translationM: [1, 0, 0],
        rotationFromTo: [1, 0, 0, 0],
        covariance: identity(6, 1),
        scaleQuality: "metric",
        scaleHeightM: 100,
      }),
      estimator.addBaro({ timeNs: now, heightM: Infinity, sigmaM: 2 }),
      estimator.addAttitude({
        timeNs: now,
        localFromBody: [2, 0, 0, 0],
        sigmaTiltRad: 0.1,
        sigmaHeadingRad: 0.1,
      }),
    ];
    for (const outcome of refused) {
      assert.equal(outcome.fused, false);
      assert.ok((outcome.reason ?? "").length > 5, outcome.source);
    }
    assert.equal(estimator.health().state, "active");
    assert.equal(estimator.addPoseAnchor(good).fused, true);
  });

  Deno.test(`${name} counts and ignores IMU samples that are out of order or not finite`, () => {
    const estimator = flown(make, scenario), before = estimator.currentEstimate();
    const sample: ImuSample = {
      timeNs: before.timeNs,
      specificForceMps2: [0, 0, -9.8],
      angularRateRps: [0, 0, 0],
    };
    estimator.addImu(sample);
    estimator.addImu({
      ...sample,
      timeNs: (before.timeNs + 5e6) as MonotonicNs,
      angularRateRps: [NaN, 0, 0],
    });
    assert.equal(estimator.health().imuRefused, 2);
    assert.deepEqual(estimator.currentEstimate().positionLocalM, before.positionLocalM);
  });
}

export function stateEstimatorSuite(name: string, make: Make): void {
  const scenario = makeScenario({ seed: "contract", durationS: 20, imuHz: 100, latencyS: 0.2 });
  originTests(name, make, scenario);
  flightTests(name, make, scenario);
  refusalTests(name, make, scenario);
}
