/**
 * Outputs of a replayed log: an estimate a second, and what became of the trust in GPS.
 *
 * @module
 */
import { type LocalFrame, type MonotonicNs, secondsFromNs } from "../core/mod.ts";
import type { FdrSink } from "../flight/flight_recorder/mod.ts";
import type { GpsEvent, SensorEvent } from "../flight/flight_events/mod.ts";
import {
  EstimateUnavailableError,
  type EstimatorEvent,
  type EstimatorHealth,
  type StateEstimate,
  type StateEstimator,
} from "../navigation/state_estimator/mod.ts";
import type { FlightOutput } from "./flight_output.ts";
import { motionFields } from "./frame_line.ts";
import type { EstimateLine, LogLine, LogSummaryLine } from "./log_lines.ts";

const PERIOD_NS = 1e9;
/** Dead reckoning that is further from its origin than the local frame reaches is no estimate. */
const FRAME_RADIUS_M = 200_000;
/** An older GPS sample says nothing of where the aircraft is. */
const GPS_AGE_MAX_NS = 2e9;

interface LogEstimatesOptions {
  readonly estimator: Pick<StateEstimator, "currentEstimate" | "health">;
  readonly localFrame: LocalFrame;
  readonly line: (line: LogLine) => void;
  /** `nav.state` goes there. */
  readonly sink: FdrSink;
  readonly progress: (atNs: number) => void;
}

export class LogEstimates implements FlightOutput {
  readonly name = "estimates";
  readonly #options: LogEstimatesOptions;
  readonly #demotedS: number[] = [];
  readonly #promotedS: number[] = [];
  #trustedS: number | null = null;
  #gps: GpsEvent | null = null;
  #state: EstimatorHealth["gps"] = "absent";
  #nextNs = PERIOD_NS;
  #estimates = 0;

  constructor(options: LogEstimatesOptions) {
    this.#options = options;
  }

  get estimates(): number {
    return this.#estimates;
  }

  gps(): LogSummaryLine["gps"] {
    const { gps: state, gpsReason: reason } = this.#options.estimator.health();
    return {
      state,
      reason,
      trustedS: this.#trustedS,
      demotedS: this.#demotedS,
      promotedS: this.#promotedS,
    };
  }

  onSensor(event: SensorEvent): void {
    if (event.kind === "gps") this.#gps = event;
    if (event.receivedNs < this.#nextNs) return;
    this.#nextNs = (Math.floor(event.receivedNs / PERIOD_NS) + 1) * PERIOD_NS;
    this.#options.progress(event.receivedNs);
    this.#second(event.receivedNs);
  }

  onEstimatorEvents(events: readonly EstimatorEvent[]): void {
    for (const event of events) {
      if (event.type === "measurement" && event.outcome.source === "gps") {
        this.#change(event.timeNs, "");
      }
      if (event.type === "gps.demoted") this.#change(event.timeNs, event.reason);
    }
  }

  /** What was trusted is not, or what was not is. */
  #change(timeNs: number, reason: string): void {
    const { gps: state, gpsReason } = this.#options.estimator.health();
    if (state === this.#state) return;
    const timeS = secondsFromNs(timeNs);
    if (state === "demoted") this.#demotedS.push(timeS);
    else if (this.#state === "demoted") this.#promotedS.push(timeS);
    if (state === "trusted") this.#trustedS ??= timeS;
    this.#state = state;
    this.#options.line({ type: "gps", timeNs, state, reason: reason || gpsReason });
  }

  #second(timeNs: MonotonicNs): void {
    const estimate = this.#estimate();
    if (estimate === null || Math.hypot(...estimate.positionLocalM) > FRAME_RADIUS_M) return;
    this.#estimates++;
    this.#change(timeNs, "");
    const line = this.#lineOf(estimate);
    this.#options.line(line);
    const { type: _type, timeNs: validNs, gps: _gps, ...payload } = line;
    this.#options.sink.enqueue({
      kind: "nav.state",
      timestampNs: timeNs,
      payload: { ...payload, validNs, anchorAgeS: null },
    });
  }

  /** null before the estimator has started, and after it has failed. */
  #estimate(): StateEstimate | null {
    const { estimator } = this.#options;
    if (estimator.health().state === "failed") return null;
    try {
      return estimator.currentEstimate();
    } catch (error) {
      if (error instanceof EstimateUnavailableError) return null;
      throw error;
    }
  }

  #lineOf(estimate: StateEstimate): EstimateLine {
    const { localFrame, estimator } = this.#options;
    const { gps: state, gpsReason: reason } = estimator.health();
    return {
      type: "estimate",
      timeNs: estimate.timeNs,
      ...motionFields(estimate, localFrame),
      gps: { state, reason, distanceM: this.#gpsDistanceM(estimate) },
    };
  }

  #gpsDistanceM({ timeNs, positionLocalM }: StateEstimate): number | null {
    const gps = this.#gps;
    if (gps === null || gps.fix === "none" || timeNs - gps.receivedNs > GPS_AGE_MAX_NS) return null;
    const [east, north] = this.#options.localFrame.localFromWgs(gps.position);
    return Math.hypot(east - positionLocalM[0], north - positionLocalM[1]);
  }
}
