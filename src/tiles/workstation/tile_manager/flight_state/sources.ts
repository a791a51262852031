/**
 * Sources of the flight state that the upload gate reads.
 *
 * @module
 */
import { messageOf } from "../../../../core/mod.ts";
import type { FlightStateSignal, FlightStateSource } from "../contract.ts";

/** What the recorder's files say about the end of a flight. */
export type RecordedEnd =
  /** The footer, which the recorder writes when a flight is closed. */
  | { readonly footer: { readonly cleanShutdown: boolean }; readonly closedAt: Date | null }
  /** Cut off, or still being written; `reason` says which, as far as known. */
  | { readonly footer: null; readonly closedAt: null; readonly reason?: string };

/** The recorder's footer: a clean one proves a landing, where a live link may be gone. */
export class RecorderFooterSource implements FlightStateSource {
  readonly name = "recorder footer";
  readonly #end: RecordedEnd;

  constructor(end: RecordedEnd) {
    this.#end = end;
  }

  flightState(): FlightStateSignal {
    const { footer, closedAt: observedAt } = this.#end;
    const source = this.name;
    if (footer?.cleanShutdown === true) return { state: "ON_GROUND", source, observedAt };
    const reason = this.#end.footer === null
      ? this.#end.reason ?? "no footer is known"
      : "the footer says that the flight was not closed cleanly";
    return { state: "UNKNOWN", source, observedAt, reason };
  }
}

/**
 * Combines several sources, fail-closed: a state is accepted when all sources that know one agree;
 * when they disagree, the aircraft is taken as not on the ground. A source that throws does not
 * know.
 */
export class CombinedSource implements FlightStateSource {
  readonly name: string;
  readonly #sources: readonly FlightStateSource[];

  constructor(sources: readonly FlightStateSource[]) {
    this.#sources = sources;
    this.name = sources.map(({ name }) => name).join(" and ");
  }

  flightState(): FlightStateSignal {
    const signals: FlightStateSignal[] = [];
    const faults: unknown[] = [];
    for (const source of this.#sources) {
      try {
        signals.push(source.flightState());
      } catch (error) {
        faults.push(error);
      }
    }
    const known = signals.filter(({ state }) => state !== "UNKNOWN");
    const airborne = known.find(({ state }) => state !== "ON_GROUND");
    if (airborne !== undefined) return airborne;
    if (known.length > 0) return known[0];
    if (signals.length === 0 && faults.length > 0) {
      throw new Error(`no source knows the flight state: ${faults.map(messageOf).join("; ")}`, {
        cause: faults[0],
      });
    }
    const reasons = signals.flatMap(({ reason }) => reason ?? []);
    const why = reasons.length === 0 ? {} : { reason: reasons.join("; ") };
    return { state: "UNKNOWN", source: this.name, observedAt: null, ...why };
  }
}
