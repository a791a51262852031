import assert from "node:assert/strict";
import {
  matrixFromQuaternion,
  type MonotonicNs,
  quaternionFromRotationVector,
  quaternionMultiply,
  type Vector3,
} from "../../src/core/mod.ts";
import { cameraPrior, largestEigenvalue } from "../../src/airborne/camera_prior.ts";
import type { StateEstimate } from "../../src/navigation/state_estimator/mod.ts";
import { between, property } from "../support/properties.ts";
import { bodyRotation, CALIBRATION } from "./vision_scene.ts";

const MINIMUM = { sigmaTiltRad: 1e-4, sigmaHeadingRad: 2e-4 };

function estimate(change: Partial<StateEstimate>): StateEstimate {
  return {
    timeNs: 0 as MonotonicNs,
    positionLocalM: [1, 2, 80],
    velocityLocalMps: [0, 0, 0],
    localFromBody: bodyRotation({ rollDeg: 0, pitchDeg: 0, headingDeg: 0 }),
    mountingErrorRad: [0, 0, 0],
    covariance: new Float64Array(36),
    velocityCovariance: new Float64Array(9),
    horizontal95M: 0,
    label: "visual_propagated",
    anchorAgeS: 1,
    smoothed: false,
    ...change,
  };
}

Deno.test("cameraPrior() looks through the mounting that the estimator has learnt", () => {
  const localFromBody = bodyRotation({ rollDeg: 4, pitchDeg: -7, headingDeg: 200 });
  const mountingErrorRad: Vector3 = [0.01, -0.02, 0.03];
  const { bodyFromCamera } = CALIBRATION;
  const prior = cameraPrior(
    estimate({ localFromBody, mountingErrorRad }),
    bodyFromCamera,
    MINIMUM,
    null,
  );
  const mounted = quaternionMultiply(
    quaternionFromRotationVector(mountingErrorRad),
    bodyFromCamera,
  );
  const expected = matrixFromQuaternion(quaternionMultiply(localFromBody, mounted));
  prior.localFromCamera.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-12));
  assert.deepEqual(prior.positionLocalM, [1, 2, 80]);
});

Deno.test("cameraPrior() has the ellipse's semi-major axis and the height's sigma", () => {
  property((random) => {
    const a = between(random, 1, 50), b = between(random, 0.1, a);
    const turn = between(random, -Math.PI, Math.PI);
    const c = Math.cos(turn), s = Math.sin(turn);
    const covariance = new Float64Array(36);
    covariance[0] = a * a * c * c + b * b * s * s;
    covariance[1] = covariance[6] = (a * a - b * b) * c * s;
    covariance[7] = a * a * s * s + b * b * c * c;
    covariance[14] = 9;
    const prior = cameraPrior(estimate({ covariance }), CALIBRATION.bodyFromCamera, MINIMUM, null);
    assert.ok(Math.abs(prior.sigmaHorizontalM - a) < 1e-9 * a + 1e-9);
    assert.equal(prior.sigmaHeightM, 3);
    assert.ok(
      Math.abs(largestEigenvalue(covariance[0], covariance[1], covariance[7]) - a * a) < 1e-6,
    );
  });
});

Deno.test("cameraPrior() counts heading about the vertical, whatever the attitude", () => {
  // Body errors of 0.01 about nose and right, 0.1 about down.
  const covariance = new Float64Array(36);
  covariance[21] = covariance[28] = 0.01 ** 2;
  covariance[35] = 0.1 ** 2;
  const sigmas = (rollDeg: number) => {
    const localFromBody = bodyRotation({ rollDeg, pitchDeg: 0, headingDeg: 77 });
    return cameraPrior(
      estimate({ covariance, localFromBody }),
      CALIBRATION.bodyFromCamera,
      MINIMUM,
      null,
    );
  };
  const level = sigmas(0), onItsSide = sigmas(90);
  assert.ok(Math.abs(level.sigmaHeadingRad - 0.1) < 1e-9);
  assert.ok(Math.abs(level.sigmaTiltRad - 0.01) < 1e-9);
  assert.ok(Math.abs(onItsSide.sigmaHeadingRad - 0.01) < 1e-9, "down has become sideways");
  assert.ok(onItsSide.sigmaTiltRad > 0.07);
});

Deno.test("cameraPrior() is never surer than the least sigmas", () => {
  const prior = cameraPrior(estimate({}), CALIBRATION.bodyFromCamera, {
    sigmaTiltRad: 0.005,
    sigmaHeadingRad: 0.01,
  }, null);
  assert.equal(prior.sigmaTiltRad, 0.005);
  assert.equal(prior.sigmaHeadingRad, 0.01);
});
