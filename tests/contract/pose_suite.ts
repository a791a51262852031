/**
 * The contract suite that every pose solver must pass.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  matrixFromQuaternion,
  matrixMultiply,
  type MonotonicNs,
  type Quaternion,
  quaternionConjugate,
  quaternionFromMatrix,
  quaternionFromRotationVector,
  quaternionMultiply,
  rotationVectorFromQuaternion,
  seededRandom,
  type Vector3,
} from "../../src/core/mod.ts";
import type {
  BodyPose,
  PoseFix,
  PoseOutcome,
  PoseRequest,
  PoseSolver,
} from "../../src/navigation/pose/mod.ts";
import { type CameraPose, openVision, type VisionLibrary } from "../../src/native/vision/mod.ts";
import {
  type PoseProblem,
  poseProblem,
  SIGMA_HEADING_RAD,
  SIGMA_TILT_RAD,
  smallestPivot,
  spoilt,
} from "../unit/pose_scene.ts";
import { CALIBRATION, mahalanobisSquared } from "../unit/vision_scene.ts";

const SEED = "pose suite";
const TIME_NS = 12_345_000_000 as MonotonicNs;
const TRIALS = 200;

type Body = (solver: PoseSolver) => Promise<void>;

export function poseSuite(name: string, make: (vision: VisionLibrary) => PoseSolver): void {
  for (const [title, body] of Object.entries({ ...answering, ...rejecting })) {
    Deno.test(`${name}: ${title}`, async () => {
      using vision = openVision();
      await body(make(vision));
      assert.equal(vision.liveHandles(), 0);
    });
  }
}

function requestOf(
  { points, query }: PoseProblem,
  bodyFromCamera: Quaternion = CALIBRATION.bodyFromCamera,
): PoseRequest {
  const { sigmaTiltRad, sigmaHeadingRad, sigmaHeightM, expectedHeightM: heightM } = query;
  return {
    timeNs: TIME_NS,
    correspondences: points,
    guess: {
      positionLocalM: query.start.positionM,
      localFromCamera: query.start.localFromCamera,
    },
    // One pixel is what a tie point of the problem errs by.
    gsdM: 0.002 * query.start.positionM[2],
    bodyFromCamera,
    expected: {
      localFromCamera: query.start.localFromCamera,
      heightM,
      sigmaTiltRad,
      sigmaHeadingRad,
      sigmaHeightM,
    },
  };
}

function fixOf(outcome: PoseOutcome): PoseFix {
  assert.ok(outcome.status === "fix", JSON.stringify(outcome));
  return outcome;
}

/** (position m, rotation error in body axes rad). */
function bodyError(pose: BodyPose, truth: CameraPose, bodyFromCamera: Quaternion): number[] {
  const localFromBody = quaternionMultiply(
    quaternionFromMatrix(truth.localFromCamera),
    quaternionConjugate(bodyFromCamera),
  );
  const turn = quaternionMultiply(quaternionConjugate(pose.localFromBody), localFromBody);
  return [
    ...truth.positionM.map((value, i) => value - pose.positionLocalM[i]),
    ...rotationVectorFromQuaternion(turn),
  ];
}

const answering: Record<string, Body> = {
  "a fix is within its covariance, and the covariance within reason": async (solver) => {
    const random = seededRandom(SEED);
    let posterior = 0, measurementOnly = 0, fixes = 0, sigmaM = 0;
    for (let trial = 0; trial < TRIALS; trial++) {
      const problem = poseProblem(random);
      const outcome = await solver.solve(requestOf(problem));
      if (outcome.status === "rejected") continue; // one in a few hundred may fail a check
      fixes++;
      assert.equal(outcome.timeNs, TIME_NS);
      assert.equal(outcome.points, problem.points.length);
      for (const pose of [outcome.posterior, outcome.measurementOnly]) {
        assert.ok(smallestPivot(Float64Array.from(pose.covariance)) > 0);
      }
      const error = (pose: BodyPose) => bodyError(pose, problem.truth, CALIBRATION.bodyFromCamera);
      const squared = (pose: BodyPose) =>
        mahalanobisSquared(error(pose), Float64Array.from(pose.covariance));
      posterior += squared(outcome.posterior);
      measurementOnly += squared(outcome.measurementOnly);
      sigmaM += Math.sqrt(outcome.posterior.covariance[0]);
    }
    assert.ok(fixes > 0.97 * TRIALS, `seed "${SEED}": ${fixes} of ${TRIALS} are fixes`);
    // Six numbers each. Solvers assume their own noise: cautious by two is allowed, half is not.
    for (
      const [name, sum] of [["posterior", posterior], ["measurementOnly", measurementOnly]] as const
    ) {
      const nees = sum / fixes;
      assert.ok(nees > 1.5 && nees < 9, `seed "${SEED}": ${name} NEES ${nees.toFixed(2)} of 6`);
    }
    assert.ok(sigmaM / fixes < 4, `seed "${SEED}": sigma ${(sigmaM / fixes).toFixed(1)} m`);
  },

  "the body's attitude comes through the mounting, and so do its covariances": async (solver) => {
    const random = seededRandom(`${SEED} mounting`);
    const problem = poseProblem(random);
    const turned = quaternionMultiply(
      quaternionFromRotationVector([0.3, -0.2, 0.9]),
      CALIBRATION.bodyFromCamera,
    );
    const plain = fixOf(await solver.solve(requestOf(problem)));
    const other = fixOf(await solver.solve(requestOf(problem, turned)));
    const truth = problem.truth;
    for (const [fix, mounting] of [[plain, CALIBRATION.bodyFromCamera], [other, turned]] as const) {
      const error = bodyError(fix.posterior, truth, mounting);
      const squared = mahalanobisSquared(error, Float64Array.from(fix.posterior.covariance));
      assert.ok(squared < 25, `${squared}`);
    }
    const a = bodyError(plain.posterior, truth, CALIBRATION.bodyFromCamera);
    const b = bodyError(other.posterior, truth, turned);
    assert.ok(a.slice(0, 3).every((value, i) => Math.abs(value - b[i]) < 1e-9));
    assert.deepEqual(plain.localFromCamera, other.localFromCamera);
    const trace = (fix: PoseFix) =>
      [3, 4, 5].reduce((s, i) => s + fix.measurementOnly.covariance[7 * i], 0);
    assert.ok(Math.abs(trace(plain) / trace(other) - 1) < 1e-9, "a rotation keeps the trace");
  },

  "outliers do not move the fix beyond its covariance": async (solver) => {
    const random = seededRandom(`${SEED} outliers`);
    for (let trial = 0; trial < 20; trial++) {
      const problem = poseProblem(random);
      const points = spoilt(random, problem.points, 9);
      const outcome = await solver.solve(requestOf({ ...problem, points }));
      if (outcome.status === "rejected") continue;
      assert.ok(outcome.inliers <= points.length - 8);
      const error = bodyError(outcome.posterior, problem.truth, CALIBRATION.bodyFromCamera);
      const squared = mahalanobisSquared(error, Float64Array.from(outcome.posterior.covariance));
      assert.ok(squared < 40, `seed "${SEED}", trial ${trial}: ${squared}`);
    }
  },
};

type Reason = Extract<PoseOutcome, { status: "rejected" }>["reason"];

async function rejectedFor(
  solver: PoseSolver,
  request: PoseRequest,
  reasons: readonly Reason[],
): Promise<void> {
  const outcome = await solver.solve(request);
  assert.ok(outcome.status === "rejected", "a fix that contradicts what is known");
  assert.ok(reasons.includes(outcome.reason), `${outcome.reason}: ${outcome.detail}`);
  assert.notEqual(outcome.detail, "");
}

function expecting(problem: PoseProblem, turn: Vector3, higherM = 0): PoseRequest {
  const request = requestOf(problem);
  const off = matrixFromQuaternion(quaternionFromRotationVector(turn));
  const { expected } = request;
  return {
    ...request,
    expected: {
      ...expected,
      localFromCamera: matrixMultiply(expected.localFromCamera, off),
      heightM: expected.heightM + higherM,
    },
  };
}

const rejecting: Record<string, Body> = {
  "too few tie points, or none that agree, are no fix": async (solver) => {
    const random = seededRandom(`${SEED} few`);
    const problem = poseProblem(random);
    for (const count of [0, 1, 4]) {
      const points = problem.points.slice(0, count);
      await rejectedFor(solver, requestOf({ ...problem, points }), ["few_inliers"]);
    }
    const points = problem.points.map((p) => ({
      ...p,
      eastM: p.eastM + 60 * random.normal(),
      northM: p.northM + 60 * random.normal(),
    }));
    const outcome = await solver.solve(requestOf({ ...problem, points }));
    assert.equal(outcome.status, "rejected");
  },

  "a tilt, a heading or a height that the aircraft cannot have is no fix": async (solver) => {
    const random = seededRandom(`${SEED} contradiction`);
    const exact = { errors: 0, expectation: 0, count: 60 };
    const contradicted: readonly Reason[] = [
      "few_inliers",
      "residual",
      "tilt",
      "heading",
      "height",
      "unconstrained",
    ];
    for (let trial = 0; trial < 5; trial++) {
      const problem = poseProblem(random, exact);
      fixOf(await solver.solve(expecting(problem, [0, 0, 0])));
      const tilted = expecting(problem, [20 * SIGMA_TILT_RAD, 0, 0]);
      await rejectedFor(solver, tilted, contradicted);
      const turned = expecting(problem, [0, 0, 20 * SIGMA_HEADING_RAD]);
      await rejectedFor(solver, turned, contradicted);
      await rejectedFor(solver, expecting(problem, [0, 0, 0], 60), contradicted);
    }
  },
};
