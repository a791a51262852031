/**
 * The turn between two samples of the controller's attitude: what stands for the IMU where it is left
 * out, and what its gyroscopes are held against.
 *
 * @module
 */
import {
  type MonotonicNs,
  type Quaternion,
  quaternionConjugate,
  quaternionMultiply,
  rotationVectorFromQuaternion,
  type Vector3,
} from "../../core/mod.ts";
import type { AttitudeSample, ImuSample } from "./contract.ts";

/** Faster than this nothing turns: the attitude was set anew, and is no motion. */
const RATE_MAX_RPS = 12;
const AT_REST: Vector3 = [0, 0, 0];

export interface Turn {
  readonly fromNs: MonotonicNs;
  readonly toNs: MonotonicNs;
  /** Mean, body axes, rad/s; zero where the attitude was set anew. */
  readonly angularRateRps: Vector3;
  /** The two samples are the same number: the controller's attitude may have stopped. */
  readonly isRepeated: boolean;
}

export class AttitudeMotion {
  #last: { readonly timeNs: MonotonicNs; readonly localFromBody: Quaternion } | undefined;

  /** undefined: the first sample, or one that is not newer than the last. */
  observe({ timeNs, localFromBody }: AttitudeSample): Turn | undefined {
    const last = this.#last;
    if (last !== undefined && !(timeNs > last.timeNs)) return undefined;
    const copy: Quaternion = [...localFromBody];
    this.#last = { timeNs, localFromBody: copy };
    if (last === undefined) return undefined;
    const turned = rotationVectorFromQuaternion(
      quaternionMultiply(quaternionConjugate(last.localFromBody), copy),
    );
    const perS = 1e9 / (timeNs - last.timeNs);
    const rate: Vector3 = [turned[0] * perS, turned[1] * perS, turned[2] * perS];
    return {
      fromNs: last.timeNs,
      toNs: timeNs,
      angularRateRps: Math.hypot(...rate) > RATE_MAX_RPS ? AT_REST : rate,
      isRepeated: copy.every((value, i) => value === last.localFromBody[i]),
    };
  }
}

/** What stands for the IMU over that time. Its force is not used: the velocity is a random walk then. */
export function substituteOf({ toNs, angularRateRps }: Turn): ImuSample {
  return { timeNs: toNs, specificForceMps2: AT_REST, angularRateRps };
}
