import assert from "node:assert/strict";
import {
  type Matrix3,
  matrixFromQuaternion,
  matrixMultiply,
  matrixTranspose,
  matrixVector,
  quaternionFromMatrix,
  quaternionFromRotationVector,
  radiansFromDegrees,
  type Random,
  rotationVectorFromQuaternion,
  seededRandom,
  type Vector3,
} from "../../src/core/mod.ts";
import { openVision, planarMotion, trackFrames } from "../../src/native/vision/mod.ts";
import {
  CALIBRATION,
  cameraRotation,
  type CameraStand,
  groundOf,
  LEVEL_NORTH,
  mahalanobisSquared,
  paintedGround,
  Scene,
} from "./vision_scene.ts";

interface Motion {
  /** In units of the distance from the ground, axes of `from`. */
  readonly translation: Vector3;
  readonly rotation: Matrix3;
  readonly normal: Vector3;
}

function motionBetween(from: CameraStand, to: CameraStand): Motion {
  const cameraFromLocal = matrixTranspose(cameraRotation(from.attitude));
  const height = from.positionLocalM[2];
  const step = from.positionLocalM.map((value, i) => (to.positionLocalM[i] - value) / height);
  return {
    translation: matrixVector(cameraFromLocal, step as unknown as Vector3),
    rotation: matrixMultiply(cameraFromLocal, cameraRotation(to.attitude)),
    normal: matrixVector(cameraFromLocal, [0, 0, -1]),
  };
}

/** Rays of `to` from rays of `from`: Rᵀ (I − t nᵀ). */
function homography({ translation: t, rotation, normal: n }: Motion): Matrix3 {
  const plane = [0, 1, 2].flatMap((r) => [0, 1, 2].map((c) => (r === c ? 1 : 0) - t[r] * n[c]));
  return matrixMultiply(matrixTranspose(rotation), plane as unknown as Matrix3);
}

function vectorOf(rotation: Matrix3): Vector3 {
  return rotationVectorFromQuaternion(quaternionFromMatrix(rotation));
}

function nudged(motion: Motion, random: Random, share: number): Motion {
  const off = () => share * random.normal();
  const turn = matrixFromQuaternion(quaternionFromRotationVector([off(), off(), off()]));
  const [x, y, z] = motion.translation;
  return {
    ...motion,
    translation: [x + off(), y + off(), z + off()],
    rotation: matrixMultiply(motion.rotation, turn),
  };
}

/** Rotation error, axes of `to`. */
function turnBetween(a: Vector3, b: Matrix3): Vector3 {
  const from = matrixFromQuaternion(quaternionFromRotationVector(a));
  return vectorOf(matrixMultiply(matrixTranspose(b), from));
}

Deno.test("trackFrames() and planarMotion() recover the motion of a camera over rendered ground", async () => {
  const seed = "planar motion", random = seededRandom(seed);
  const spread = (width: number) => width * (2 * random.uniform() - 1);
  using vision = openVision();
  using scene = new Scene(vision, paintedGround(seed));
  const shares: number[] = [];
  for (let trial = 0; trial < 8; trial++) {
    const from: CameraStand = {
      positionLocalM: [spread(100), spread(100), 90 + spread(20)],
      attitude: { rollDeg: spread(10), pitchDeg: spread(10), headingDeg: spread(180) },
    };
    const [east, north, up] = from.positionLocalM;
    const direction = Math.PI * spread(1), distance = 14 + spread(6);
    const to: CameraStand = {
      positionLocalM: [
        east + distance * Math.sin(direction),
        north + distance * Math.cos(direction),
        up + spread(2),
      ],
      attitude: {
        rollDeg: from.attitude.rollDeg + spread(3),
        pitchDeg: from.attitude.pitchDeg + spread(3),
        headingDeg: from.attitude.headingDeg + spread(5),
      },
    };
    await using a = await scene.frame(from);
    await using b = await scene.frame(to);
    const truth = motionBetween(from, to);
    const guess = nudged(truth, random, 0.01);
    const tracks = await trackFrames(vision, a, b, homography(guess), 288);
    const motion = await planarMotion(vision, tracks, {
      normal: truth.normal,
      guessTranslationPerDistance: guess.translation,
      guessRotationVectorRad: vectorOf(guess.rotation),
      threshold: 1.5 / CALIBRATION.fxPx,
    });
    const where = `seed "${seed}", trial ${trial}, ${motion.inliers} of ${motion.tracks} tracks`;
    assert.ok(motion.inliers > 60, where);
    assert.ok(motion.residualRms * CALIBRATION.fxPx < 1, `${where}: residual`);
    const error = motion.translationPerDistance.map((value, i) => value - truth.translation[i]);
    const share = Math.hypot(...error) / Math.hypot(...truth.translation);
    // A tilt of 0.1° looks like 1 % of this translation: single pairs may err by a little more.
    assert.ok(share < 0.02, `${where}: ${(100 * share).toFixed(2)} % of the translation off`);
    shares.push(share);
    const turn = Math.hypot(...turnBetween(motion.rotationVectorRad, truth.rotation));
    assert.ok(turn < radiansFromDegrees(0.1), `${where}: ${turn} rad off`);
  }
  assert.ok(shares.sort((a, b) => a - b)[4] < 0.01, `seed "${seed}": ${shares}`);
  assert.equal(vision.liveHandles(), 2, "the scene's own");
});

Deno.test("planarMotion() has an honest covariance, and leaves outliers out", async () => {
  const seed = "planar covariance", random = seededRandom(seed);
  using vision = openVision();
  const noise = 0.3 / CALIBRATION.fxPx, trials = 120;
  let sum = 0;
  for (let trial = 0; trial < trials; trial++) {
    const from: CameraStand = {
      positionLocalM: [0, 0, 100],
      attitude: { rollDeg: 8 * random.normal(), pitchDeg: 8 * random.normal(), headingDeg: 30 },
    };
    const to: CameraStand = {
      positionLocalM: [10 * random.normal(), 10 * random.normal(), 100 + random.normal()],
      attitude: { ...from.attitude, headingDeg: 30 + 3 * random.normal() },
    };
    const truth = motionBetween(from, to), h = homography(truth);
    const count = 150, wrong = 30, pairs = new Float64Array(4 * count);
    for (let i = 0; i < count; i++) {
      const x = random.uniform() - 0.5, y = 0.8 * (random.uniform() - 0.5);
      const [u, v, w] = matrixVector(h, [x, y, 1]);
      const off = i < wrong ? 0.1 : 0;
      pairs.set([
        x,
        y,
        u / w + noise * random.normal() + off * (random.uniform() - 0.5),
        v / w + noise * random.normal() + off * (random.uniform() - 0.5),
      ], 4 * i);
    }
    const motion = await planarMotion(vision, { count, pairs }, {
      normal: truth.normal,
      guessTranslationPerDistance: [0, 0, 0],
      guessRotationVectorRad: [0, 0, 0],
      threshold: 5 * noise,
    });
    assert.ok(motion.inliers >= 100 && motion.inliers <= count - wrong + 12, `${motion.inliers}`);
    const rotationError = motion.rotationVectorRad.map((value, i) =>
      value - vectorOf(truth.rotation)[i]
    );
    const translationError = motion.translationPerDistance.map((value, i) =>
      value - truth.translation[i]
    );
    sum += mahalanobisSquared([...translationError, ...rotationError], motion.covariance);
  }
  const nees = sum / trials;
  // Six numbers. The mean of 120 lies within ±1 of 6 for honest covariances; inlier selection and
  // Huber weights take and add a little.
  assert.ok(nees > 4 && nees < 8.5, `seed "${seed}": mean NEES ${nees.toFixed(2)} of 6 expected`);
});

Deno.test("trackFrames() follows nothing out of the picture, planarMotion() makes nothing of it", async () => {
  using vision = openVision();
  using scene = new Scene(vision, groundOf(240, () => 120));
  const stand: CameraStand = { positionLocalM: [0, 0, 60], attitude: LEVEL_NORTH };
  await using a = await scene.frame(stand);
  const away: CameraStand = { ...stand, positionLocalM: [500, 0, 60] };
  const none = await trackFrames(vision, a, a, homography(motionBetween(stand, away)), 288);
  assert.equal(none.count, 0, "the prediction points out of the picture");
  const motion = await planarMotion(vision, none, {
    normal: [0, 0, 1],
    guessTranslationPerDistance: [0, 0, 0],
    guessRotationVectorRad: [0, 0, 0],
    threshold: 0.002,
  });
  assert.equal(motion.inliers, 0);
  assert.equal(motion.tracks, 0);
});
