/**
 * Pose over flat ground: USAC_MAGSAC inliers, six-parameter refinement, checks (see README).
 *
 * @module
 */
import {
  type Matrix3,
  matrixFromQuaternion,
  matrixMultiply,
  matrixTranspose,
  matrixVector,
  quaternionConjugate,
  quaternionFromMatrix,
  quaternionMultiply,
  type Vector3,
} from "../core/mod.ts";
import { type PoseSolution, solvePose, type VisionLibrary } from "../vision/mod.ts";
import type { PoseConfig } from "./config.ts";
import type { PoseOutcome, PoseQuestion, PoseRejection, PoseSolver } from "./contract.ts";

export class PlanarPoseSolver implements PoseSolver {
  readonly #vision: VisionLibrary;
  readonly #config: PoseConfig;

  constructor(vision: VisionLibrary, config: PoseConfig) {
    this.#vision = vision;
    this.#config = config;
  }

  async solve(question: PoseQuestion): Promise<PoseOutcome> {
    const config = this.#config;
    const heightM = question.guess.positionLocalM[2];
    const pixelRad = question.gsdM / heightM;
    const solution = await solvePose(this.#vision, question.correspondences, {
      positionM: question.guess.positionLocalM,
      localFromCamera: question.guess.localFromCamera,
    }, {
      thresholdRad: config.thresholdPx * pixelRad,
      sigmaFloorRad: config.sigmaFloorPx * pixelRad,
    });
    const needed = Math.max(
      config.inliersMin,
      config.inlierShareMin * question.correspondences.length,
    );
    if (solution === null || solution.inliers < needed) {
      return rejected(
        "few_inliers",
        `${solution?.inliers ?? 0} of ${question.correspondences.length} tie points agree`,
      );
    }
    return checkAgainst(question, solution, config) ?? fixOf(question, solution, config);
  }
}

function rejected(reason: PoseRejection["reason"], detail: string): PoseRejection {
  return { status: "rejected", reason, detail };
}

/** The attitude and height that the picture implies must be ones the aircraft can have. */
function checkAgainst(
  question: PoseQuestion,
  solution: PoseSolution,
  config: PoseConfig,
): PoseRejection | null {
  const { expected } = question;
  const sigma = (index: number) =>
    Math.sqrt(config.correlatedPoints * solution.covariance[index * 7]);
  const tiltRad = angleBetween(down(solution.localFromCamera), down(expected.localFromCamera));
  const tiltSigma = Math.hypot(expected.sigmaTiltRad, sigma(3), sigma(4));
  if (tiltRad > config.checkSigmas * tiltSigma) {
    return rejected("tilt", `${degrees(tiltRad)}° from the attitude, sigma ${degrees(tiltSigma)}°`);
  }
  const headingRad = Math.abs(headingBetween(expected.localFromCamera, solution.localFromCamera));
  const headingSigma = Math.hypot(expected.sigmaHeadingRad, sigma(5));
  if (headingRad > config.checkSigmas * headingSigma) {
    return rejected(
      "heading",
      `${degrees(headingRad)}° from the attitude, sigma ${degrees(headingSigma)}°`,
    );
  }
  const heightErrorM = Math.abs(solution.positionM[2] - expected.heightM);
  const heightSigma = Math.hypot(expected.sigmaHeightM, sigma(2));
  if (heightErrorM > config.checkSigmas * heightSigma) {
    return rejected(
      "height",
      `${heightErrorM.toFixed(1)} m from the expected, sigma ${heightSigma.toFixed(1)} m`,
    );
  }
  const horizontalSigma = Math.hypot(sigma(0), sigma(1));
  if (horizontalSigma > config.sigmaShareMax * solution.positionM[2]) {
    return rejected("unconstrained", `its own sigma is ${horizontalSigma.toFixed(1)} m`);
  }
  return null;
}

function fixOf(
  question: PoseQuestion,
  solution: PoseSolution,
  config: PoseConfig,
): PoseOutcome {
  const bodyFromCamera = matrixFromQuaternion(question.bodyFromCamera);
  const localFromCamera = quaternionFromMatrix(solution.localFromCamera);
  return {
    status: "fix",
    timeNs: question.timeNs,
    positionLocalM: solution.positionM,
    localFromBody: quaternionMultiply(
      localFromCamera,
      quaternionConjugate(question.bodyFromCamera),
    ),
    localFromCamera: solution.localFromCamera,
    covariance: bodyCovariance(solution.covariance, bodyFromCamera, config.correlatedPoints),
    inliers: solution.inliers,
    points: solution.points,
    residualM: solution.residualRmsRad * solution.positionM[2],
  };
}

/** Rotation errors from camera axes to body axes: J C Jᵀ with J = diag(I, bodyFromCamera). */
function bodyCovariance(
  covariance: Float64Array,
  bodyFromCamera: Matrix3,
  factor: number,
): Float64Array {
  const j = new Float64Array(36);
  for (let i = 0; i < 3; i++) {
    j[7 * i] = 1;
    for (let k = 0; k < 3; k++) j[6 * (i + 3) + k + 3] = bodyFromCamera[3 * i + k];
  }
  const out = new Float64Array(36);
  for (let r = 0; r < 6; r++) {
    for (let c = 0; c < 6; c++) {
      let sum = 0;
      for (let a = 0; a < 6; a++) {
        for (let b = 0; b < 6; b++) sum += j[6 * r + a] * covariance[6 * a + b] * j[6 * c + b];
      }
      out[6 * r + c] = factor * sum;
    }
  }
  return out;
}

function down(localFromCamera: Matrix3): Vector3 {
  return [localFromCamera[2], localFromCamera[5], localFromCamera[8]];
}

function angleBetween(a: Vector3, b: Vector3): number {
  const dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  return Math.acos(Math.min(1, Math.max(-1, dot)));
}

/** Turn about the vertical that takes a into b, radians. */
function headingBetween(a: Matrix3, b: Matrix3): number {
  const turn = matrixMultiply(b, matrixTranspose(a));
  const east = matrixVector(turn, [1, 0, 0]);
  return Math.atan2(east[1], east[0]);
}

function degrees(angleRad: number): string {
  return (angleRad * 180 / Math.PI).toFixed(1);
}
