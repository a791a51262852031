/**
 * Applies what happened at one moment to a state: a measurement by its source, or a new clone.
 *
 * @module
 */
import type { MeasurementOutcome } from "./contract.ts";
import { EstimatorDivergedError } from "./errors.ts";
import type { FilterState } from "./filter_state.ts";
import { KalmanUpdate } from "./kalman_update.ts";
import type { TimelineEvent } from "./measurement_log.ts";
import { type Propagator, variancesArePositive } from "./propagation.ts";

export class Fusion {
  readonly #propagator: Propagator;
  readonly #update = new KalmanUpdate();

  constructor(propagator: Propagator) {
    this.#propagator = propagator;
  }

  /** `state` stands at the event's time. Undefined for a camera frame, which measures nothing. */
  apply(state: FilterState, event: TimelineEvent): MeasurementOutcome | undefined {
    this.#propagator.applyGaussMarkovDecay(state);
    if (event.kind === "camera_frame") {
      state.clone();
      return undefined;
    }
    const { source, timeNs } = event;
    const { numbers, ...verdict } = event.fuse(state, this.#update);
    if (verdict.fused) state.setLastFused(source, timeNs);
    if (!variancesArePositive(state)) {
      throw new EstimatorDivergedError(`a variance is not positive after ${source} was fused`);
    }
    return { source, timeNs, ...verdict, ...numbers };
  }
}
