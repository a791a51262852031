/**
 * A scenario: what goes wrong in a simulated flight, and what of `airborne fly` must hold then.
 *
 * @module
 */
import type { FlightEvidence } from "./evidence.ts";
import type { FlightName, MapName } from "./prepare.ts";

export interface Figure {
  /** What was measured, for a person. */
  readonly text: string;
  /** The same as a number, where it is one. */
  readonly value: number | null;
  readonly passes: boolean;
}

export interface Check {
  /** Of spec/requirements.md, or the fact of the firmware that it stands for. */
  readonly criterion: string;
  readonly what: string;
  readonly bar: string;
  measure(evidence: FlightEvidence): Figure;
}

export interface Scenario {
  readonly name: string;
  /** Options of `operator simulate controller` beside the flight, the ports and the report. */
  readonly controller: readonly string[];
  /** Options of `airborne fly` beside package, ports and recorder; {place}: where the aircraft stands. */
  readonly fly?: readonly string[];
  /** GDN_… variables of `airborne`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The recorded flight; cruise where none is named. */
  readonly flight?: FlightName;
  /** Simulated while it is flown, for as long as it likes, over the map's own tiles: no recorded flight. */
  readonly isGenerated?: boolean;
  /** What the package shows; corridor where none is named. */
  readonly map?: MapName;
  /** Seconds of the flight, before its landing. */
  readonly durationS: number;
  /** It lands, and `airborne` has to end by itself; else it ends in the air, and `airborne` by SIGTERM. */
  readonly lands?: boolean;
  /** `airborne` is killed (SIGKILL) at this second of the flight, and started again at once. */
  readonly killAtS?: number;
  /** Signs the link: both sides are given the key. */
  readonly isSigned?: boolean;
  readonly checks: readonly Check[];
}

export interface Row {
  readonly name: string;
  readonly criterion: string;
  readonly what: string;
  readonly bar: string;
  readonly figure: string;
  readonly value: number | null;
  readonly passes: boolean;
}
