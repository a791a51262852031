/**
 * What the filter made of each measurement, as `c5.measurement`.
 *
 * @module
 */
import type { MonotonicNs } from "../core/mod.ts";
import type { FdrSink } from "../flight/flight_recorder/mod.ts";
import type { MeasurementOutcome, SourceName } from "../navigation/state_estimator/mod.ts";

/** GPS that is not trusted is refused with every sample: recorded once in this time. */
const REPEATED_NS = 1e9;

/** Significant digits: half of the record's length, far below what a sensor resolves. */
const DIGITS = 5;
/** A position 10 km away to a millimetre. */
const OBSERVATION_DIGITS = 8;

export class MeasurementRecords {
  readonly #sink: FdrSink;
  readonly #refusals = new Map<SourceName, { readonly reason: string; readonly timeNs: number }>();

  constructor(sink: FdrSink) {
    this.#sink = sink;
  }

  add(outcome: MeasurementOutcome, nowNs: MonotonicNs): void {
    if (this.#isRepeated(outcome, nowNs)) return;
    const { source, timeNs, fused, reason, testRatio } = outcome;
    this.#sink.enqueue({
      kind: "c5.measurement",
      timestampNs: nowNs,
      payload: {
        source,
        measuredNs: timeNs,
        fused,
        reason: reason ?? "",
        observation: rounded(outcome.observation, OBSERVATION_DIGITS),
        observationVariance: rounded(outcome.observationVariance, DIGITS),
        innovation: rounded(outcome.innovation, DIGITS),
        innovationVariance: rounded(outcome.innovationVariance, DIGITS),
        testRatio: Number.isFinite(testRatio) ? Number(testRatio.toPrecision(DIGITS)) : null,
      },
    });
  }

  /** The same refusal again, of something that the filter did not even look at. */
  #isRepeated({ source, fused, reason = "", innovation }: MeasurementOutcome, nowNs: number) {
    if (fused || innovation.length > 0) {
      this.#refusals.delete(source);
      return false;
    }
    const last = this.#refusals.get(source);
    if (last?.reason === reason && nowNs - last.timeNs < REPEATED_NS) return true;
    this.#refusals.set(source, { reason, timeNs: nowNs });
    return false;
  }
}

function rounded(values: readonly number[], digits: number): readonly number[] {
  return values.map((value) => Number(value.toPrecision(digits)));
}
