/**
 * How long a kind of record may pause before it counts as a gap.
 *
 * @module
 */
import type { FlightSummary, KindSummary } from "../../flight/flight_record/mod.ts";

const PAUSE_INTERVALS = 5;
const BREAK_NS_MIN = 1e9;

export class RecordRhythm {
  readonly #kinds: ReadonlyMap<string, KindSummary>;

  constructor(summary: FlightSummary) {
    this.#kinds = new Map(summary.kinds.map((each) => [each.kind, each]));
  }

  count(kind: string): number {
    return this.#kinds.get(kind)?.count ?? 0;
  }

  /** A line of values is interrupted at a longer gap; Infinity when the interval is unknown. */
  breakNs(kind: string): number {
    const medianNs = this.#kinds.get(kind)?.medianNs ?? null;
    return medianNs === null ? Infinity : Math.max(BREAK_NS_MIN, PAUSE_INTERVALS * medianNs);
  }

  /** A longer gap is a fault of the stream; null when it has no regular interval. */
  silenceNs(kind: string): number | null {
    const found = this.#kinds.get(kind);
    return found === undefined || !found.isRegular || found.medianNs === null
      ? null
      : PAUSE_INTERVALS * found.medianNs;
  }
}
