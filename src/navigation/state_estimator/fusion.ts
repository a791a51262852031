/**
 * Applies what happened at one moment to a state: a measurement by its source, or a new clone.
 *
 * @module
 */
import type { MeasurementOutcome } from "./contract.ts";
import { EstimatorDivergedError } from "./errors.ts";
import type { FilterState } from "./filter_state.ts";
import { KalmanUpdate, type LinearMeasurement } from "./kalman_update.ts";
import type { MeasurementEvent, TimelineEvent } from "./measurement_log.ts";
import { type Propagator, variancesArePositive } from "./propagation.ts";

/** Hears what is applied to a state. */
export interface FusionListener {
  /** A new clone: `timeNs` is that of a camera frame. */
  frame(timeNs: number): void;
  /** Not even where it was fused before: something older has come since. */
  refused(event: MeasurementEvent): void;
  /** `state` after the measurement, `measurement` with the noise that it was taken with. */
  fused(event: MeasurementEvent, state: FilterState, measurement: LinearMeasurement): void;
  /** As `fused`, but the state was put in doubt for it. */
  widened(event: MeasurementEvent, state: FilterState): void;
}

export class Fusion {
  readonly #propagator: Propagator;
  readonly #update = new KalmanUpdate();

  constructor(propagator: Propagator) {
    this.#propagator = propagator;
  }

  /** `state` stands at the event's time. Undefined for a camera frame, which measures nothing. */
  apply(
    state: FilterState,
    event: TimelineEvent,
    listener?: FusionListener,
  ): MeasurementOutcome | undefined {
    this.#propagator.applyGaussMarkovDecay(state);
    if (event.kind === "camera_frame") {
      state.clone();
      listener?.frame(event.timeNs);
      return undefined;
    }
    const { source, timeNs } = event;
    const { numbers, ...verdict } = event.fuse(state, this.#update);
    if (verdict.fused) state.setLastFused(source, timeNs);
    if (!variancesArePositive(state)) {
      throw new EstimatorDivergedError(`a variance is not positive after ${source} was fused`);
    }
    if (!verdict.fused) listener?.refused(event);
    else if (verdict.reason === undefined) listener?.fused(event, state, this.#update.measurement);
    else listener?.widened(event, state);
    return { source, timeNs, ...verdict, ...numbers };
  }
}
