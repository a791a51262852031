/**
 * Takes the parallax of relief out of tracks, so that they are those of a plane: what rises above the plane that
 * is fitted to the ground moves more between two pictures, what lies below it less.
 *
 * A ground point at the depth z of the ray x is seen at π(Rᵀ(x − t/z)), one of the plane at π(Rᵀ(x − t (n·x))), t in
 * units of the plane's distance and z too. The difference, by the motion that is expected, is taken from the
 * track; of an expectation that is 10 % wrong a tenth of the difference stays.
 *
 * @module
 */
import { type Matrix3, matrixTranspose, matrixVector, type Vector3 } from "../../core/mod.ts";
import type { Terrain } from "../terrain/mod.ts";

/** The camera of the last frame, and the motion that is expected from there. */
interface Expected {
  readonly positionLocalM: Vector3;
  readonly localFromCamera: Matrix3;
  /** From-from-to. */
  readonly rotation: Matrix3;
  /** In the axes of the last frame, over the distance from the plane. */
  readonly translationPerDistance: Vector3;
  /** Of the plane, in those axes, towards the ground. */
  readonly normal: Vector3;
  readonly distanceM: number;
}

interface Tracks {
  readonly count: number;
  /** Rays x, y in the last frame, then in this one. */
  readonly pairs: Float64Array<ArrayBuffer>;
}

/** A ray meets rising ground after so many steps, each to the height under the last. */
const STEPS = 8;
/** Rays that are flatter than this do not meet the ground near the frame: their tracks stay as they are. */
const DOWN_MIN = 0.3;

export function withoutParallax(tracks: Tracks, expected: Expected, terrain: Terrain): Tracks {
  const { rotation, translationPerDistance: t, normal: n, distanceM } = expected;
  const toFromFrom = matrixTranspose(rotation);
  const pairs = tracks.pairs.slice();
  for (let i = 0; i < tracks.count; i++) {
    const x = pairs[4 * i], y = pairs[4 * i + 1];
    const depthM = depthOf(x, y, expected, terrain);
    if (depthM === null) continue;
    const onGround = seen(toFromFrom, x, y, t, distanceM / depthM);
    const onPlane = seen(toFromFrom, x, y, t, n[0] * x + n[1] * y + n[2]);
    pairs[4 * i + 2] -= onGround[0] - onPlane[0];
    pairs[4 * i + 3] -= onGround[1] - onPlane[1];
  }
  return { count: tracks.count, pairs };
}

/** Along the optical axis to the ground that the ray (x, y, 1) meets, metres; null for a flat ray. */
function depthOf(
  x: number,
  y: number,
  { positionLocalM: [eastM, northM, upM], localFromCamera }: Expected,
  terrain: Terrain,
): number | null {
  const [east, north, up] = matrixVector(localFromCamera, [x, y, 1]);
  if (up > -DOWN_MIN) return null;
  let depthM = (upM - terrain.upM(eastM, northM)) / -up;
  for (let step = 0; step < STEPS; step++) {
    depthM = (upM - terrain.upM(eastM + depthM * east, northM + depthM * north)) / -up;
  }
  return depthM > 0 ? depthM : null;
}

/** `inverse`: of the depth, in units of the plane's distance. */
function seen(
  toFromFrom: Matrix3,
  x: number,
  y: number,
  t: Vector3,
  inverse: number,
): readonly [number, number] {
  const [px, py, pz] = matrixVector(toFromFrom, [
    x - t[0] * inverse,
    y - t[1] * inverse,
    1 - t[2] * inverse,
  ]);
  return [px / pz, py / pz];
}
