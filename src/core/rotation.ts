/**
 * Rotations: Hamilton quaternions (w, x, y, z) and row-major 3×3 matrices, named `aFromB`.
 *
 * Source: J. Solà, "Quaternion kinematics for the error-state Kalman filter", arXiv:1711.02508.
 *
 * @module
 */
import { wrapRadians } from "./units.ts";

export type Quaternion = readonly [w: number, x: number, y: number, z: number];
export type Vector3 = readonly [number, number, number];
/** Row-major 3×3. */
export type Matrix3 = readonly [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
]; // deno-fmt-ignore

export const QUATERNION_IDENTITY: Quaternion = [1, 0, 0, 0];

export function quaternionMultiply(a: Quaternion, b: Quaternion): Quaternion {
  return [
    a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
    a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
    a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
    a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
  ];
}

export function quaternionConjugate(q: Quaternion): Quaternion {
  return [q[0], -q[1], -q[2], -q[3]];
}

export function quaternionNormalise(q: Quaternion): Quaternion {
  const norm = Math.hypot(...q);
  if (!(norm > 0)) throw new RangeError(`a quaternion must have a length, got [${q}]`);
  return [q[0] / norm, q[1] / norm, q[2] / norm, q[3] / norm];
}

/** Rotation by the vector `v` (radians, right-handed): Exp of SO(3). */
export function quaternionFromRotationVector(v: Vector3): Quaternion {
  const angle = Math.hypot(v[0], v[1], v[2]);
  const half = angle / 2;
  const scale = angle < 1e-8 ? 0.5 - angle * angle / 48 : Math.sin(half) / angle;
  return [Math.cos(half), v[0] * scale, v[1] * scale, v[2] * scale];
}

/** Log of SO(3): rotation vector of length in [0, pi]. */
export function rotationVectorFromQuaternion(q: Quaternion): Vector3 {
  const sign = q[0] < 0 ? -1 : 1;
  const length = Math.hypot(q[1], q[2], q[3]);
  const angle = 2 * Math.atan2(length, Math.abs(q[0]));
  const scale = length < 1e-9 ? 2 * sign : sign * angle / length;
  return [q[1] * scale, q[2] * scale, q[3] * scale];
}

export function matrixFromQuaternion(q: Quaternion): Matrix3 {
  const [w, x, y, z] = q;
  return [
    1 - 2 * (y * y + z * z),
    2 * (x * y - w * z),
    2 * (x * z + w * y),
    2 * (x * y + w * z),
    1 - 2 * (x * x + z * z),
    2 * (y * z - w * x),
    2 * (x * z - w * y),
    2 * (y * z + w * x),
    1 - 2 * (x * x + y * y),
  ]; // deno-fmt-ignore
}

/** Shepperd's method; `m` must be a rotation. */
export function quaternionFromMatrix(m: Matrix3): Quaternion {
  const trace = m[0] + m[4] + m[8];
  let q: Quaternion;
  if (trace > Math.max(m[0], m[4], m[8])) {
    q = [1 + trace, m[7] - m[5], m[2] - m[6], m[3] - m[1]];
  } else if (m[0] >= m[4] && m[0] >= m[8]) {
    q = [m[7] - m[5], 1 + m[0] - m[4] - m[8], m[1] + m[3], m[2] + m[6]];
  } else if (m[4] >= m[8]) {
    q = [m[2] - m[6], m[1] + m[3], 1 - m[0] + m[4] - m[8], m[5] + m[7]];
  } else {
    q = [m[3] - m[1], m[2] + m[6], m[5] + m[7], 1 - m[0] - m[4] + m[8]];
  }
  const normal = quaternionNormalise(q);
  return normal[0] < 0 ? [-normal[0], -normal[1], -normal[2], -normal[3]] : normal;
}

export function rotate(q: Quaternion, v: Vector3): Vector3 {
  const [w, x, y, z] = q;
  const tx = 2 * (y * v[2] - z * v[1]);
  const ty = 2 * (z * v[0] - x * v[2]);
  const tz = 2 * (x * v[1] - y * v[0]);
  return [
    v[0] + w * tx + y * tz - z * ty,
    v[1] + w * ty + z * tx - x * tz,
    v[2] + w * tz + x * ty - y * tx,
  ];
}

export function matrixMultiply(a: Matrix3, b: Matrix3): Matrix3 {
  const out = new Array<number>(9);
  for (let r = 0; r < 3; r++) {
    for (let c = 0; c < 3; c++) {
      out[3 * r + c] = a[3 * r] * b[c] + a[3 * r + 1] * b[3 + c] + a[3 * r + 2] * b[6 + c];
    }
  }
  return out as unknown as Matrix3;
}

export function matrixTranspose(m: Matrix3): Matrix3 {
  return [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];
}

export function matrixVector(m: Matrix3, v: Vector3): Vector3 {
  return [
    m[0] * v[0] + m[1] * v[1] + m[2] * v[2],
    m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
    m[6] * v[0] + m[7] * v[1] + m[8] * v[2],
  ];
}

/** Aerospace angles of a body (FRD) over the ground, radians. */
interface RollPitchYaw {
  readonly rollRad: number;
  readonly pitchRad: number;
  /** Clockwise from north. */
  readonly yawRad: number;
}

/** local (ENU) from body (FRD): NED from body by Z-Y-X angles, then ENU from NED. */
export function localFromBody(angles: RollPitchYaw): Quaternion {
  const { rollRad, pitchRad, yawRad } = angles;
  const cr = Math.cos(rollRad / 2), sr = Math.sin(rollRad / 2);
  const cp = Math.cos(pitchRad / 2), sp = Math.sin(pitchRad / 2);
  const cy = Math.cos(yawRad / 2), sy = Math.sin(yawRad / 2);
  const nedFromBody: Quaternion = [
    cr * cp * cy + sr * sp * sy,
    sr * cp * cy - cr * sp * sy,
    cr * sp * cy + sr * cp * sy,
    cr * cp * sy - sr * sp * cy,
  ];
  return enuFromNed(nedFromBody);
}

/** A rotation to east, north, up out of one to north, east, down (MAVLink's), from the same frame. */
export function enuFromNed(nedFromBody: Quaternion): Quaternion {
  return quaternionMultiply(ENU_FROM_NED, nedFromBody);
}

/** The angles of `localFromBody`; yaw in (-pi, pi]. */
export function rollPitchYaw(localFromBodyRotation: Quaternion): RollPitchYaw {
  const m = matrixFromQuaternion(quaternionMultiply(ENU_FROM_NED, localFromBodyRotation));
  return {
    rollRad: Math.atan2(m[7], m[8]),
    pitchRad: Math.asin(Math.min(1, Math.max(-1, -m[6]))),
    yawRad: wrapRadians(Math.atan2(m[3], m[0])),
  };
}

/** Swaps x and y and negates z; its own inverse (up to sign). */
const ENU_FROM_NED: Quaternion = [0, Math.SQRT1_2, Math.SQRT1_2, 0];

/**
 * body (FRD) from a nadir camera whose picture has the nose at its top:
 * camera x (right) = body y, camera y (down the picture) = −body x, camera z = body z.
 */
export const BODY_FROM_NADIR_CAMERA: Quaternion = [Math.SQRT1_2, 0, 0, Math.SQRT1_2];
