/**
 * A heading that is wrong from the start: what the first seconds of GPS say of it ({@link MotionCheck}) is
 * put into the filter, and into every sample of the controller's attitude from then on. Once a picture was
 * found with a heading, that heading is right.
 *
 * @module
 */
import {
  type MonotonicNs,
  quaternionFromRotationVector,
  quaternionMultiply,
} from "../../core/mod.ts";
import type { AttitudeSample, GpsSample, VioMeasurement } from "./contract.ts";
import type { FilterState } from "./filter_state.ts";
import { MotionCheck } from "./motion_check.ts";
import { ERROR } from "./state_table.ts";
import { widenAttitude } from "./widening.ts";

/** The states are to be changed so, which makes it `turnRad` in all (0: back again). */
type HeadingTurned = (
  timeNs: MonotonicNs,
  turnRad: number,
  change: (state: FilterState) => void,
) => void;

export class HeadingCorrection {
  readonly #check = new MotionCheck();
  readonly #onTurn: HeadingTurned;
  #found = false;
  #turnRad = 0;
  #sigmaRad = 0;
  #motionShare = Infinity;

  constructor(onTurn: HeadingTurned) {
    this.#onTurn = onTurn;
  }

  /** Share of the way that the motion may be wrong by, 1 sigma, as GPS tells; Infinity where it has not. */
  get motionShare(): number {
    return this.#motionShare;
  }

  corrected(sample: AttitudeSample): AttitudeSample {
    const turned = this.#turnRad === 0 ? sample : {
      ...sample,
      localFromBody: quaternionMultiply(aboutUp(this.#turnRad), sample.localFromBody),
      sigmaHeadingRad: Math.hypot(sample.sigmaHeadingRad, this.#sigmaRad),
    };
    if (!this.#found) this.#check.observeAttitude(turned);
    return turned;
  }

  observeGps(sample: GpsSample): void {
    if (!this.#found) this.#check.observeGps(sample);
  }

  observePair(pair: VioMeasurement): void {
    const motion = this.#found ? undefined : this.#check.observePair(pair);
    if (motion === undefined) return;
    this.#motionShare = motion.share;
    if (motion.turnRad !== 0) this.#turn(pair.toNs, motion.turnRad, motion.turnSigmaRad);
  }

  /** A fix was fused. */
  found(): void {
    this.#found = true;
  }

  /** GPS has lied, and may have lied about this. */
  unlearn(timeNs: MonotonicNs): void {
    this.#motionShare = Infinity;
    if (this.#turnRad !== 0 && !this.#found) this.#turn(timeNs, -this.#turnRad, this.#sigmaRad);
  }

  #turn(timeNs: MonotonicNs, turnRad: number, sigmaRad: number): void {
    this.#turnRad += turnRad;
    this.#sigmaRad = sigmaRad;
    this.#check.begin();
    this.#onTurn(timeNs, this.#turnRad, (state) => turnHeading(state, turnRad, sigmaRad));
  }
}

/** The velocity may be the one that odometry made of the wrong heading: it is as unknown as it is large. */
function turnHeading(state: FilterState, turnRad: number, sigmaRad: number): void {
  for (const block of ["attitude", "cloneAttitude"] as const) {
    state.set(block, quaternionMultiply(aboutUp(turnRad), state.quaternion(block)));
  }
  widenAttitude(state, sigmaRad ** 2);
  const speedVariance = (turnRad * state.horizontalSpeedMps()) ** 2;
  for (const axis of [ERROR.velocity, ERROR.velocity + 1]) {
    state.addCovariance(axis, axis, speedVariance);
  }
}

function aboutUp(turnRad: number) {
  return quaternionFromRotationVector([0, 0, turnRad]);
}
