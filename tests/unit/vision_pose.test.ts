import assert from "node:assert/strict";
import {
  matrixFromQuaternion,
  matrixMultiply,
  matrixTranspose,
  matrixVector,
  quaternionFromRotationVector,
  seededRandom,
  type Vector3,
} from "../../src/core/mod.ts";
import {
  type CameraPose,
  openVision,
  type RayAndGround,
  solvePose,
  solvePoseRansac,
} from "../../src/native/vision/mod.ts";
import { poseError, poseProblem, smallestPivot, spoilt } from "./pose_scene.ts";
import { mahalanobisSquared } from "./vision_scene.ts";

const TRIALS = 250;

Deno.test("solvePose() recovers a pose exactly from exact tie points, from a perturbed start", async () => {
  const seed = "pose exact", random = seededRandom(seed);
  using vision = openVision();
  for (let trial = 0; trial < 20; trial++) {
    const { truth, points, query } = poseProblem(random, { errors: 0, expectation: 0 });
    const solution = await solvePose(vision, points, query);
    assert.ok(solution !== null);
    const error = poseError(solution.posterior, truth);
    assert.ok(Math.hypot(...error.slice(0, 3)) < 1e-4, `seed "${seed}", trial ${trial}: ${error}`);
    assert.ok(Math.hypot(...error.slice(3)) < 1e-6, `seed "${seed}", trial ${trial}: ${error}`);
    assert.equal(solution.inliers, points.length);
    assert.ok(solution.residualRmsRad < 1e-7);
  }
});

Deno.test("solvePose() answers with honest covariances: Monte Carlo NEES of pose and measurementOnly", async () => {
  const seed = "pose NEES", random = seededRandom(seed);
  using vision = openVision();
  let posterior = 0, measurementOnly = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const { truth, points, query } = poseProblem(random);
    const solution = await solvePose(vision, points, query);
    assert.ok(solution !== null);
    assert.ok(smallestPivot(solution.posterior.covariance) > 0);
    assert.ok(smallestPivot(solution.measurementOnly.covariance) > 0);
    const { covariance } = solution.posterior;
    posterior += mahalanobisSquared(poseError(solution.posterior, truth), covariance);
    measurementOnly += mahalanobisSquared(
      poseError(solution.measurementOnly, truth),
      solution.measurementOnly.covariance,
    );
  }
  // Six numbers: the mean of 250 lies within 6 ± 0.66 (3 sigma) for honest covariances.
  for (
    const [name, sum] of [["posterior", posterior], ["measurementOnly", measurementOnly]] as const
  ) {
    const nees = sum / TRIALS;
    assert.ok(nees > 5.2 && nees < 6.8, `seed "${seed}": ${name} NEES ${nees.toFixed(2)}`);
  }
});

Deno.test("solvePose() leaves outliers out", async () => {
  const seed = "pose outliers", random = seededRandom(seed);
  using vision = openVision();
  const wrong = 10;
  for (let trial = 0; trial < 40; trial++) {
    const problem = poseProblem(random);
    const points = spoilt(random, problem.points, wrong);
    const solution = await solvePose(vision, points, problem.query);
    assert.ok(solution !== null);
    const where = `seed "${seed}", trial ${trial}`;
    const counted = solution.inlier.reduce((sum, value) => sum + value, 0);
    assert.equal(counted, solution.inliers, where);
    assert.ok(solution.inlier.subarray(0, wrong).every((value) => value === 0), where);
    assert.ok(solution.inliers >= 18, `${where}: ${solution.inliers} inliers`);
    const error = poseError(solution.posterior, problem.truth);
    const squared = mahalanobisSquared(error, solution.posterior.covariance);
    assert.ok(squared < 30, `${where}: ${squared}`);
  }
});

Deno.test("solvePose() believes the picture where the expectation is loose, and the expectation where it is tight", async () => {
  using vision = openVision();
  const random = seededRandom("pose expectation");
  const { truth, points, query } = poseProblem(random, { errors: 0, expectation: 0 });
  const off = matrixFromQuaternion(quaternionFromRotationVector([0.02, 0, 0]));
  const start = { ...query.start, localFromCamera: matrixMultiply(truth.localFromCamera, off) };
  const ask = async (sigmaTiltRad: number) => {
    const solution = await solvePose(vision, points, {
      ...query,
      start,
      sigmaTiltRad,
      thresholdRad: 0.1,
    });
    assert.ok(solution !== null);
    return solution;
  };
  const loose = await ask(0.5), tight = await ask(1e-4);
  assert.ok(Math.abs(poseError(loose.posterior, truth)[3]) < 1e-3, "the picture's tilt");
  assert.ok(Math.abs(poseError(tight.posterior, truth)[3]) > 0.015, "the expected tilt");
  const [, , looseUpM] = poseError(loose.measurementOnly, truth);
  const [, , tightUpM] = poseError(tight.measurementOnly, truth);
  assert.ok(Math.abs(looseUpM) < 0.1, `measurementOnly ${looseUpM} m`);
  // The measurementOnly is one Newton step from the most probable pose: the square of 0.02 rad remains.
  assert.ok(Math.abs(tightUpM) < 1.5, `measurementOnly ${tightUpM} m`);
});

/** Rays of fixed ground points under a pose moved by `delta` (position, rotation in camera axes). */
function rays(pose: CameraPose, ground: readonly RayAndGround[], delta: readonly number[]) {
  const turn = quaternionFromRotationVector(delta.slice(3) as unknown as Vector3);
  const cameraFromLocal = matrixTranspose(
    matrixMultiply(pose.localFromCamera, matrixFromQuaternion(turn)),
  );
  return ground.flatMap((p) => {
    const c = matrixVector(cameraFromLocal, [
      p.eastM - pose.positionM[0] - delta[0],
      p.northM - pose.positionM[1] - delta[1],
      p.upM - pose.positionM[2] - delta[2],
    ]);
    return [c[0] / c[2], c[1] / c[2]];
  });
}

Deno.test("solvePose() has the covariance that numeric derivatives give", async () => {
  const seed = "pose Jacobian", random = seededRandom(seed);
  using vision = openVision();
  const { points, query } = poseProblem(random, { errors: 0, expectation: 0 });
  // Independent errors: the information is then a plain sum over the tie points.
  const solution = await solvePose(vision, points, { ...query, smoothRad: 0 });
  assert.ok(solution !== null);
  const step = 1e-5;
  const columns = Array.from({ length: 6 }, (_, k) => {
    const delta = [0, 0, 0, 0, 0, 0];
    delta[k] = step;
    const plus = rays(solution.posterior, points, delta);
    delta[k] = -step;
    const minus = rays(solution.posterior, points, delta);
    return plus.map((value, i) => (value - minus[i]) / (2 * step));
  });
  const sigmas = [
    Infinity,
    Infinity,
    query.sigmaHeightM,
    query.sigmaTiltRad,
    query.sigmaTiltRad,
    query.sigmaHeadingRad,
  ];
  // Information · covariance must be the identity.
  for (let r = 0; r < 6; r++) {
    const row = Array.from({ length: 6 }, (_, c) => {
      const dot = columns[r].reduce((sum, value, i) => sum + value * columns[c][i], 0);
      return dot / query.noiseRad ** 2 + (r === c ? sigmas[r] ** -2 : 0);
    });
    for (let c = 0; c < 6; c++) {
      const product = row.reduce(
        (sum, value, k) => sum + value * solution.posterior.covariance[6 * k + c],
        0,
      );
      assert.ok(
        Math.abs(product - (r === c ? 1 : 0)) < 2e-3,
        `seed "${seed}", ${r}, ${c}: ${product}`,
      );
    }
  }
});

Deno.test("solvePose() answers null when fewer than five tie points agree", async () => {
  using vision = openVision();
  const random = seededRandom("pose few");
  const { points, query } = poseProblem(random, { errors: 0 });
  assert.equal(await solvePose(vision, points.slice(0, 4), query), null);
  assert.equal(await solvePose(vision, [], query), null);
  const nonsense = points.map((p) => ({
    ...p,
    eastM: p.eastM + 400 * random.normal(),
    northM: p.northM + 400 * random.normal(),
  }));
  const solution = await solvePose(vision, nonsense, query);
  assert.ok(solution === null || solution.inliers < points.length / 2);
  await assert.rejects(
    solvePose(vision, [...points, { ...points[0], eastM: NaN }], query),
    /not finite/,
  );
  await assert.rejects(solvePose(vision, points, { ...query, sigmaHeightM: 0 }), /positive/);
});

Deno.test("solvePoseRansac() finds the pose without a guess, a third of the points wrong", async () => {
  const seed = "pose RANSAC", random = seededRandom(seed);
  using vision = openVision();
  for (let trial = 0; trial < 20; trial++) {
    const problem = poseProblem(random, { count: 45, errors: 0.2 });
    const points = spoilt(random, problem.points, 15);
    const pose = await solvePoseRansac(vision, points, 0.004);
    const where = `seed "${seed}", trial ${trial}`;
    assert.ok(pose !== null, where);
    assert.ok(pose.inlier.subarray(0, 15).every((value) => value === 0), where);
    const error = poseError(pose, problem.truth);
    assert.ok(Math.hypot(...error.slice(0, 3)) < 3, `${where}: ${error}`);
    assert.ok(Math.hypot(...error.slice(3)) < 0.03, `${where}: ${error}`);
  }
  assert.equal(await solvePoseRansac(vision, poseProblem(random).points.slice(0, 5), 0.004), null);
});
