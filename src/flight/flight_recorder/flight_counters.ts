/**
 * Sums over producers, and values as MCAP metadata has them.
 *
 * @module
 */
import type { FlightCounters, ProducerCounts } from "./contract.ts";

/** Whose records those of the recorder itself are. */
export const RECORDER_PRODUCER_ID = "flight_recorder";

type Sums = Pick<
  FlightCounters,
  | "recordsWritten"
  | "recordsDroppedOverrun"
  | "recordsDroppedDisk"
  | "recordsDroppedPolicy"
  | "recordsDroppedInvalid"
>;

export function sumOfCounts(all: readonly ProducerCounts[]): Sums {
  const sum = (key: keyof ProducerCounts) => all.reduce((total, counts) => total + counts[key], 0);
  return {
    recordsWritten: sum("written"),
    recordsDroppedOverrun: sum("droppedOverrun"),
    recordsDroppedDisk: sum("droppedDisk"),
    recordsDroppedPolicy: sum("droppedPolicy"),
    recordsDroppedInvalid: sum("droppedInvalid"),
  };
}

/** Text as it is, everything else as JSON. */
export function metadataText(values: Readonly<Record<string, unknown>>): Map<string, string> {
  const text = new Map<string, string>();
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) {
      text.set(key, typeof value === "string" ? value : JSON.stringify(value));
    }
  }
  return text;
}
