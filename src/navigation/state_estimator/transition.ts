/**
 * How the state gets from one node of the smoother to the next: the pre-integrated IMU, and the models of the other
 * blocks as the filter has them. Laid out as `struct gdn_transition` of ffi/gtsam/gtsam.h.
 *
 * What the filter holds constant walks a little here, less than matters over hours: a smoother solves with the
 * inverse of these variances.
 *
 * @module
 */
import { TRANSITION_NUMBERS } from "../../native/gtsam/mod.ts";
import type { EskfConfig } from "./config.ts";
import { type ImuBias, ImuPreintegrator } from "./imu_preintegrator.ts";
import type { ImuStream } from "./imu_stream.ts";

/** 0.03° in an hour. */
const MOUNTING_WALK_RAD = 1e-5;
/** 6 cm in an hour, each axis. */
const OFFSET_WALK_M = 1e-3;
/** Of rotation (rad²), velocity (m²/s²), position (m²) and all others. */
const VARIANCE_FLOORS = [1e-12, 1e-8, 1e-8] as const;
const VARIANCE_FLOOR = 1e-12;

export function transition(
  stream: ImuStream,
  fromNs: number,
  toNs: number,
  { config, bias, speedMps }: {
    readonly config: EskfConfig;
    readonly bias: ImuBias;
    /** Over the ground. */
    readonly speedMps: number;
  },
): Float64Array<ArrayBuffer> {
  const integrator = new ImuPreintegrator(bias, config).integrate(stream, fromNs, toNs);
  const motion = integrator.motion(), jacobians = integrator.jacobians;
  const covariance = integrator.covariance.slice();
  for (let i = 0; i < 9; i++) covariance[10 * i] += VARIANCE_FLOORS[Math.floor(i / 3)];
  const { imu, baro, odometry, anchor } = config, dt = (toNs - fromNs) * 1e-9;
  const decays = [
    Math.exp(-dt / baro.driftTimeS),
    Math.exp(-dt / odometry.scaleTimeS),
    Math.exp(-speedMps * dt / anchor.mapCorrelationLengthM),
  ];
  const sigmas = [baro.driftSigmaM, odometry.scaleSigma, anchor.mapLocalSigmaM];
  const walks = [imu.accelerometerBiasWalk, imu.gyroscopeBiasWalk, MOUNTING_WALK_RAD];
  const out = new Float64Array(TRANSITION_NUMBERS);
  out.set([
    ...[motion.durationS, motion.gravityS, motion.gravityS2],
    ...[motion.rotation, motion.velocityMps, motion.positionM].flat(),
    ...[bias.accelerometer, bias.gyroscope].flat(),
    ...jacobians.rotationByGyroscope,
    ...jacobians.velocityByGyroscope,
    ...jacobians.positionByGyroscope,
    ...jacobians.velocityByAccelerometer,
    ...jacobians.positionByAccelerometer,
    ...covariance,
    ...decays,
    ...[
      ...walks.map((walk) => walk ** 2 * dt),
      ...decays.map((phi, i) => (1 - phi * phi) * sigmas[i] ** 2),
      OFFSET_WALK_M ** 2 * dt,
    ].map((variance) => variance + VARIANCE_FLOOR),
  ]);
  return out;
}
