/**
 * What the IMU alone makes of the way from one odometry state to the next: the gate for what the child answers.
 *
 *     R' = R Exp((ω − b_ω) Δt),   v' = v + (R (f − b_f) + g) Δt,   p' = p + v Δt + ½ (R (f − b_f) + g) Δt²
 *
 * @module
 */
import {
  type Quaternion,
  quaternionConjugate,
  quaternionFromRotationVector,
  quaternionMultiply,
  rotate,
  rotationVectorFromQuaternion,
  type Vector3,
} from "../../core/mod.ts";
import type { Okvis2Config } from "./config.ts";
import type { VioImuSample } from "./contract.ts";

const GRAVITY_MPS2 = 9.80665;

/** Level world, up is +z. */
interface OdometryPose {
  readonly timeNs: number;
  readonly positionM: Vector3;
  readonly worldFromBody: Quaternion;
  readonly velocityMps: Vector3;
  readonly forceBiasMps2: Vector3;
  readonly rateBiasRps: Vector3;
}

type Predicted = Pick<OdometryPose, "positionM" | "worldFromBody" | "velocityMps">;

const plus = (a: Vector3, b: Vector3, factor: number): Vector3 => [
  a[0] + factor * b[0],
  a[1] + factor * b[1],
  a[2] + factor * b[2],
];
const distance = (a: Vector3, b: Vector3) => Math.hypot(...plus(a, b, -1));

/** null where the samples do not reach from `from` to `toNs`. */
export function predictByImu(
  from: OdometryPose,
  samples: readonly VioImuSample[],
  toNs: number,
): Predicted | null {
  let { positionM, worldFromBody, velocityMps } = from;
  let atNs = from.timeNs;
  for (const { timeNs, specificForceMps2, angularRateRps } of samples) {
    const untilNs = Math.min(timeNs, toNs);
    if (untilNs <= atNs) continue;
    const stepS = (untilNs - atNs) * 1e-9;
    const force = rotate(worldFromBody, plus(specificForceMps2, from.forceBiasMps2, -1));
    const acceleration: Vector3 = [force[0], force[1], force[2] - GRAVITY_MPS2];
    positionM = plus(plus(positionM, velocityMps, stepS), acceleration, stepS ** 2 / 2);
    velocityMps = plus(velocityMps, acceleration, stepS);
    const rate = plus(angularRateRps, from.rateBiasRps, -1);
    worldFromBody = quaternionMultiply(
      worldFromBody,
      quaternionFromRotationVector([rate[0] * stepS, rate[1] * stepS, rate[2] * stepS]),
    );
    atNs = untilNs;
    if (atNs === toNs) return { positionM, worldFromBody, velocityMps };
  }
  return null;
}

/** Why `to` cannot follow `from`; "" where it can. */
export function objectionOfImu(
  from: OdometryPose,
  to: OdometryPose,
  samples: readonly VioImuSample[],
  gate: Okvis2Config["gate"],
): string {
  const durationS = (to.timeNs - from.timeNs) * 1e-9;
  const speedMps = Math.hypot(...to.velocityMps);
  if (speedMps > gate.speedMaxMps) return `${speedMps.toFixed(0)} m/s is no speed`;
  const predicted = predictByImu(from, samples, to.timeNs);
  if (predicted === null) return "the IMU does not reach that far";
  const velocityMax = gate.velocityMps + gate.accelerationMps2 * durationS;
  const velocity = distance(predicted.velocityMps, to.velocityMps);
  if (velocity > velocityMax) return `${velocity.toFixed(1)} m/s from what the IMU says`;
  const position = distance(predicted.positionM, to.positionM);
  if (position > velocityMax * durationS) return `${position.toFixed(1)} m from what the IMU says`;
  const turn = rotationVectorFromQuaternion(
    quaternionMultiply(quaternionConjugate(predicted.worldFromBody), to.worldFromBody),
  );
  const turnRad = Math.hypot(...turn);
  return turnRad > gate.rotationRad + gate.rotationRateRps * durationS
    ? `${turnRad.toFixed(3)} rad from what the IMU says`
    : "";
}
