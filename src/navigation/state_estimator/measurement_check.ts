/**
 * What a measurement must be before it may touch the filter. Each check returns the reason for
 * refusal, or nothing; copies are made here, so that a caller may reuse its buffers.
 *
 * @module
 */
import { type Quaternion, quaternionNormalise } from "../../core/mod.ts";
import type {
  AttitudeSample,
  BaroSample,
  GpsSample,
  PoseAnchor,
  VioMeasurement,
} from "./contract.ts";
import { isCovariance } from "./linear_algebra.ts";

const NOT_FINITE = "a value is not finite";

/** Within 1 % of unit length. */
function isRotation(q: Quaternion): boolean {
  return Math.abs(Math.hypot(...q) - 1) < 0.01;
}

function areFinite(...values: number[]): boolean {
  return values.every(Number.isFinite);
}

export function checkAttitude(sample: AttitudeSample): string | undefined {
  if (!areFinite(...sample.localFromBody)) return NOT_FINITE;
  if (!isRotation(sample.localFromBody)) return "the attitude is not a unit quaternion";
  if (!(sample.sigmaTiltRad > 0) || !(sample.sigmaHeadingRad > 0)) {
    return "a sigma is not positive";
  }
  return undefined;
}

export function checkBaro(sample: BaroSample): string | undefined {
  if (!areFinite(sample.heightM)) return NOT_FINITE;
  return sample.sigmaM > 0 ? undefined : "a sigma is not positive";
}

export function checkGps(sample: GpsSample): string | undefined {
  const { latitudeDeg, longitudeDeg, heightM } = sample.position;
  if (!areFinite(latitudeDeg, longitudeDeg, heightM, ...sample.velocityLocalMps)) return NOT_FINITE;
  if (Math.abs(latitudeDeg) > 90 || Math.abs(longitudeDeg) > 180) return "no place on Earth";
  return sample.sigmaHorizontalM > 0 && sample.sigmaVerticalM > 0
    ? undefined
    : "a sigma is not positive";
}

export function checkVio(measurement: VioMeasurement): string | undefined {
  if (!areFinite(...measurement.translationM, ...measurement.rotationFromTo)) return NOT_FINITE;
  if (!isRotation(measurement.rotationFromTo)) return "the rotation is not a unit quaternion";
  if (!(measurement.toNs > measurement.fromNs)) return "toNs is not after fromNs";
  if (measurement.scaleQuality === "metric" && !(measurement.scaleHeightM > 0)) {
    return "a metric translation needs the height that gave its scale";
  }
  return isCovariance(measurement.covariance, 6) ? undefined : NOT_SPD;
}

export function checkAnchor(anchor: PoseAnchor): string | undefined {
  if (!areFinite(...anchor.positionLocalM, ...anchor.localFromBody)) return NOT_FINITE;
  if (!isRotation(anchor.localFromBody)) return "the attitude is not a unit quaternion";
  return isCovariance(anchor.covariance, 6) ? undefined : NOT_SPD;
}

const NOT_SPD = "the covariance is not symmetric positive definite";

export function copyAttitude(sample: AttitudeSample): AttitudeSample {
  return { ...sample, localFromBody: quaternionNormalise(sample.localFromBody) };
}

export function copyVio(measurement: VioMeasurement): VioMeasurement {
  return {
    ...measurement,
    translationM: [...measurement.translationM],
    rotationFromTo: quaternionNormalise(measurement.rotationFromTo),
    covariance: measurement.covariance.slice(),
  };
}

export function copyAnchor(anchor: PoseAnchor): PoseAnchor {
  return {
    ...anchor,
    positionLocalM: [...anchor.positionLocalM],
    localFromBody: quaternionNormalise(anchor.localFromBody),
    covariance: anchor.covariance.slice(),
  };
}
