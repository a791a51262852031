/**
 * What the spoof-promotion gate says to demoted GPS: each change of its reason, with how many answers were
 * given since the last. It is asked with every sample.
 *
 * @module
 */
import type { MonotonicNs } from "../core/mod.ts";
import type { FdrSink } from "../flight/flight_recorder/mod.ts";
import type { EstimatorEvent } from "../navigation/state_estimator/mod.ts";

type GateEvent = Extract<
  EstimatorEvent,
  { readonly type: "gps_bounded_delta.accept" | "gps_bounded_delta.reject" }
>;

/** Reasons that take turns are recorded no more often than this… */
const CHANGED_NS = 1e9;
/** …and one that stays again after this time. */
const REPEATED_NS = 60e9;

export class GpsGateRecords {
  readonly #sink: FdrSink;
  #last: { readonly kind: string; readonly timeNs: number } | null = null;
  /** Answers since the last record that are not recorded. */
  #repeated = 0;

  constructor(sink: FdrSink) {
    this.#sink = sink;
  }

  add({ type, reason, deltaM }: GateEvent, nowNs: MonotonicNs): void {
    // A reason that names metres is the same reason with other metres.
    const kind = `${type} ${reason.replaceAll(/\d+/g, "")}`;
    const sinceNs = nowNs - (this.#last?.timeNs ?? -Infinity);
    const isDue = type === "gps_bounded_delta.accept" || sinceNs >= REPEATED_NS ||
      this.#last?.kind !== kind && sinceNs >= CHANGED_NS;
    if (!isDue) {
      this.#repeated++;
      return;
    }
    this.#sink.enqueue({
      kind: `c5.${type}`,
      timestampNs: nowNs,
      payload: {
        reason,
        deltaM: Number.isFinite(deltaM) ? deltaM : null,
        ...(this.#repeated > 0 ? { repeatedBefore: this.#repeated } : {}),
      },
    });
    this.#repeated = 0;
    this.#last = { kind, timeNs: nowNs };
  }

  /** Demoted anew: the next answer is another one's. */
  reset(): void {
    this.#last = null;
  }
}
