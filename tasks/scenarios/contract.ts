/**
 * A scenario: what goes wrong in a simulated flight, and what of `airborne fly` must hold then.
 *
 * @module
 */
import type { FlightEvidence } from "./evidence.ts";

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
  /** Options of `airborne fly` beside package, ports and recorder. */
  readonly fly?: readonly string[];
  /** Seconds of the flight. */
  readonly durationS: number;
  /** `airborne` is killed (SIGKILL) at this second of the flight, and started again at once. */
  readonly killAtS?: number;
  /** Simulated while it is flown, over the whole ground. */
  readonly isGenerated?: boolean;
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
