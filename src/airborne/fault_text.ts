/**
 * Faults of a flight in words, for the person at the terminal.
 *
 * @module
 */
import { messageOf } from "../core/mod.ts";
import type { FlightFault, FlightOutput } from "./flight_output.ts";
import type { FaultLine } from "./json_lines.ts";
import type { Note } from "./notes.ts";

/** Faults that get a line of their own; the rest is in the record and in the counts. */
const LINES_MAX = 20;

/** "frame 5 is left out: frames/000005.jpg: the JPEG is damaged …" */
export function faultText({ source, sequence, error }: FlightFault): string {
  switch (source) {
    case "frame":
      return `${sequence === null ? "a photograph" : `frame ${sequence}`} is left out: ${
        messageOf(error)
      }`;
    case "sensor":
      return `a sensor sample is left out: ${messageOf(error)}`;
    case "estimator":
      return `the state estimator has failed, no estimate follows: ${messageOf(error)}`;
    default:
      return source satisfies never;
  }
}

/** The same for `--json`. */
export function faultLine(fault: FlightFault): FaultLine {
  const { source, sequence, timeNs, error } = fault;
  return { type: "fault", source, sequence, timeNs, message: messageOf(error) };
}

export function outputFaultText(output: string, error: unknown): string {
  return `the flight goes on without a part of its output "${output}": ${messageOf(error)}`;
}

/** One line for each of the first faults. */
export class FaultLines implements FlightOutput {
  readonly name = "faults";
  readonly #note: Note;
  #faults = 0;

  constructor(note: Note) {
    this.#note = note;
  }

  onFault(fault: FlightFault): void {
    this.#faults++;
    if (this.#faults <= LINES_MAX) this.#note(faultText(fault));
    if (this.#faults === LINES_MAX) this.#note("further faults are only counted");
  }
}
