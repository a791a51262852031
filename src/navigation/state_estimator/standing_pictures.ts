/**
 * Pictures that stand still while the aircraft flies on: a camera that gives the same picture again and again, or dirt
 * on its lens that odometry follows. Pictures of one place agree with each other, so that no gate finds them out for
 * long; but the motion ends from one picture to the next, as no aircraft's does. It is judged by odometry alone: an IMU
 * that is at fault does not make the pictures stand.
 *
 * @module
 */
import type { VioMeasurement } from "./contract.ts";

/** m/s: an aircraft that moves. */
const MOVING_MPS = 4;
/** m/s: pictures that stand, and that move again. */
const STANDING_MPS = 0.3;
const MOVING_AGAIN_MPS = 1;
/** m/s²: a multirotor brakes with half of it. */
const STOP_MPS2_MAX = 15;
const OBJECTION = "the pictures stand still, from one to the next";

export class StandingPictures {
  /** Of the last pair that moved: its middle, and how fast. */
  #moved: { readonly timeNs: number; readonly speedMps: number } | undefined;
  #areStanding = false;

  /** Why no picture counts; undefined: they move. */
  get objection(): string | undefined {
    return this.#areStanding ? OBJECTION : undefined;
  }

  observePair({ fromNs, toNs, translationM, scaleQuality }: VioMeasurement): void {
    if (scaleQuality !== "metric" || !(toNs > fromNs)) return;
    const speedMps = Math.hypot(...translationM) / ((toNs - fromNs) * 1e-9);
    if (speedMps > MOVING_AGAIN_MPS) this.#areStanding = false;
    const timeNs = (fromNs + toNs) / 2;
    if (speedMps < STANDING_MPS && this.#moved !== undefined) {
      const { timeNs: movedNs, speedMps: movedMps } = this.#moved;
      const elapsedS = (timeNs - movedNs) * 1e-9;
      this.#areStanding ||= elapsedS > 0 && (movedMps - speedMps) / elapsedS > STOP_MPS2_MAX;
    }
    this.#moved = speedMps > MOVING_MPS ? { timeNs, speedMps } : undefined;
  }
}
