/**
 * Pose over flat ground, or ground of known heights: generalised least squares over the inliers, then checks (see README).
 *
 * @module
 */
import {
  type Matrix3,
  matrixFromQuaternion,
  matrixMultiply,
  matrixTranspose,
  type Quaternion,
  quaternionConjugate,
  quaternionFromMatrix,
  quaternionMultiply,
  type Vector3,
} from "../../core/mod.ts";
import { type PoseWithCovariance, solvePose, type VisionLibrary } from "../../native/vision/mod.ts";
import type { PoseConfig } from "./config.ts";
import type { BodyPose, PoseOutcome, PoseRejection, PoseRequest, PoseSolver } from "./contract.ts";

export class PlanarPoseSolver implements PoseSolver {
  readonly strategyLabel = "planar_pose";
  readonly #vision: VisionLibrary;
  readonly #config: PoseConfig;

  constructor(vision: VisionLibrary, config: PoseConfig) {
    this.#vision = vision;
    this.#config = config;
  }

  async solve(request: PoseRequest): Promise<PoseOutcome> {
    const config = this.#config;
    const { guess, expected, correspondences } = request;
    const [eastM, northM, upM] = guess.positionLocalM;
    // Heights over the ground, of which the native solver takes those of a camera to be.
    const groundUpM = meanUpM(correspondences);
    const heightM = upM - groundUpM;
    const pixelRad = request.gsdM / heightM;
    const onGround = correspondences.map((tie) => ({ ...tie, upM: tie.upM - groundUpM }));
    const solution = await solvePose(this.#vision, onGround, {
      start: {
        positionM: [eastM, northM, heightM],
        localFromCamera: expected.localFromCamera,
      },
      expectedHeightM: expected.heightM - groundUpM,
      sigmaHeightM: expected.sigmaHeightM,
      sigmaTiltRad: expected.sigmaTiltRad,
      sigmaHeadingRad: expected.sigmaHeadingRad,
      thresholdRad: config.thresholdPx * pixelRad,
      noiseRad: config.noisePx * pixelRad,
      smoothRad: config.smoothM / heightM,
      smoothLengthM: config.smoothLengthShare * heightM,
    });
    const needed = Math.max(config.inliersMin, config.inlierShareMin * correspondences.length);
    if (solution === null || solution.inliers < needed) {
      return rejected(
        "few_inliers",
        `${solution?.inliers ?? 0} of ${correspondences.length} tie points agree`,
      );
    }
    return checkAgainst(request, raised(solution.posterior, groundUpM), config) ?? {
      status: "fix",
      timeNs: request.timeNs,
      posterior: bodyPose(raised(solution.posterior, groundUpM), request.bodyFromCamera),
      measurementOnly: bodyPose(
        raised(solution.measurementOnly, groundUpM),
        request.bodyFromCamera,
      ),
      localFromCamera: solution.posterior.localFromCamera,
      inliers: solution.inliers,
      points: correspondences.length,
      residualM: solution.residualRmsRad * solution.posterior.positionM[2],
    };
  }
}

/** Of the ground that the tie points are on; 0 where it is flat. */
function meanUpM(correspondences: PoseRequest["correspondences"]): number {
  if (correspondences.length === 0) return 0;
  return correspondences.reduce((sum, { upM }) => sum + upM, 0) / correspondences.length;
}

function raised(pose: PoseWithCovariance, byM: number): PoseWithCovariance {
  const [eastM, northM, upM] = pose.positionM;
  return { ...pose, positionM: [eastM, northM, upM + byM] };
}

function rejected(reason: PoseRejection["reason"], detail: string): PoseRejection {
  return { status: "rejected", reason, detail };
}

/** The attitude and height that the picture implies must be ones the aircraft can have. */
function checkAgainst(
  request: PoseRequest,
  posterior: PoseWithCovariance,
  config: PoseConfig,
): PoseRejection | null {
  const { expected } = request;
  const tiltRad = angleBetween(down(posterior.localFromCamera), down(expected.localFromCamera));
  if (tiltRad > config.checkSigmas * expected.sigmaTiltRad) {
    return rejected("tilt", off(tiltRad, expected.sigmaTiltRad));
  }
  const headingRad = Math.abs(headingBetween(expected.localFromCamera, posterior.localFromCamera));
  if (headingRad > config.checkSigmas * expected.sigmaHeadingRad) {
    return rejected("heading", off(headingRad, expected.sigmaHeadingRad));
  }
  const heightErrorM = Math.abs(posterior.positionM[2] - expected.heightM);
  if (heightErrorM > config.checkSigmas * expected.sigmaHeightM) {
    return rejected(
      "height",
      `${heightErrorM.toFixed(1)} m from the expected, sigma ${expected.sigmaHeightM.toFixed(1)} m`,
    );
  }
  return null;
}

function off(angleRad: number, sigmaRad: number): string {
  const degrees = (radians: number) => (radians * 180 / Math.PI).toFixed(1);
  return `${degrees(angleRad)}° from the expected, sigma ${degrees(sigmaRad)}°`;
}

function bodyPose(pose: PoseWithCovariance, bodyFromCamera: Quaternion): BodyPose {
  return {
    positionLocalM: pose.positionM,
    localFromBody: quaternionMultiply(
      quaternionFromMatrix(pose.localFromCamera),
      quaternionConjugate(bodyFromCamera),
    ),
    covariance: bodyCovariance(pose.covariance, matrixFromQuaternion(bodyFromCamera)),
  };
}

/** Rotation errors from camera axes to body axes: J C Jᵀ with J = diag(I, bodyFromCamera). */
function bodyCovariance(covariance: Float64Array, bodyFromCamera: Matrix3): Float64Array {
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
      out[6 * r + c] = sum;
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
  return Math.atan2(turn[3], turn[0]);
}
