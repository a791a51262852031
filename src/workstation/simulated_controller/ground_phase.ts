/**
 * What comes before a flight that begins in the air: at rest on the ground, then a climb that ends in the
 * flight's first state.
 *
 * @module
 */
import {
  type Quaternion,
  quaternionConjugate,
  quaternionFromRotationVector,
  quaternionMultiply,
  quaternionNormalise,
  rotate,
  rotationVectorFromQuaternion,
  type Vector3,
} from "../../core/mod.ts";
import { Trajectory, type TrueState } from "../simulation/mod.ts";

export interface GroundTime {
  /** At rest on the ground, and climbing, before the flight begins; both 0: it begins in the air. */
  readonly restS: number;
  readonly climbS: number;
  /** Comes down at its end, and stands for a while. */
  readonly lands: boolean;
}

/**
 * States at `rateHz` that end in `first`, whose height is above the ground. The climb is a polynomial of
 * fifth degree (no jump in velocity; acceleration 0 at both ends); heading as in `first`, level at first.
 */
export function groundPhase(
  first: TrueState,
  phase: Omit<GroundTime, "lands"> & { readonly rateHz: number },
): Trajectory {
  const { rateHz, restS, climbS } = phase;
  const count = Math.round((restS + climbS) * rateHz) + 1;
  const states = new Float64Array(10 * count);
  const start = startOf(first, climbS);
  const turn = rotationVectorFromQuaternion(
    quaternionMultiply(quaternionConjugate(start.localFromBody), first.localFromBody),
  );
  for (let index = 0; index < count; index++) {
    // Counted from the end, so that the last state is `first` exactly.
    const tauS = Math.max(0, climbS - (count - 1 - index) / rateHz);
    const s = climbS > 0 ? tauS / climbS : 0;
    const blend = s * s * s * (10 + s * (6 * s - 15));
    const axes = [0, 1, 2].map((axis) =>
      climbOf(start.positionLocalM[axis], first.positionLocalM[axis], {
        endSpeedMps: first.velocityLocalMps[axis],
        climbS,
        s,
      })
    );
    const attitude = quaternionNormalise(quaternionMultiply(
      start.localFromBody,
      quaternionFromRotationVector([turn[0] * blend, turn[1] * blend, turn[2] * blend]),
    ));
    states.set(axes.map(({ position }) => position), 10 * index);
    states.set(axes.map(({ speed }) => speed), 10 * index + 3);
    states.set(attitude, 10 * index + 6);
  }
  return new Trajectory(rateHz, states);
}

function startOf(first: TrueState, climbS: number) {
  const [east, north] = first.positionLocalM, [eastMps, northMps] = first.velocityLocalMps;
  const position: Vector3 = [east - eastMps * climbS / 2, north - northMps * climbS / 2, 0];
  const [forwardEast, forwardNorth] = rotate(first.localFromBody, [1, 0, 0]);
  return {
    positionLocalM: position,
    localFromBody: levelAttitude(Math.atan2(forwardEast, forwardNorth)),
  };
}

/** local (ENU) from body (FRD) of a level body with that heading, radians from north clockwise. */
function levelAttitude(headingRad: number): Quaternion {
  // Forward north, right east, down: half a turn about the diagonal of east and north.
  const north: Quaternion = [0, Math.SQRT1_2, Math.SQRT1_2, 0];
  return quaternionMultiply(quaternionFromRotationVector([0, 0, -headingRad]), north);
}

/** Position and speed at the part `s` of a climb from rest to `endSpeedMps` without acceleration at its ends. */
function climbOf(
  from: number,
  to: number,
  { endSpeedMps, climbS, s }: { endSpeedMps: number; climbS: number; s: number },
) {
  const way = to - from, run = endSpeedMps * climbS;
  const a3 = 10 * way - 4 * run, a4 = -15 * way + 7 * run, a5 = 6 * way - 3 * run;
  const position = from + s * s * s * (a3 + s * (a4 + s * a5));
  const speed = climbS > 0 ? s * s * (3 * a3 + s * (4 * a4 + s * 5 * a5)) / climbS : endSpeedMps;
  return { position, speed };
}
