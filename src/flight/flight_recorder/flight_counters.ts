/**
 * Sums the counters over producers, and formats values for MCAP metadata.
 *
 * @module
 */
import type { FlightCounters, ProducerCounts } from "./contract.ts";

/** The producer id of the recorder's own records. */
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
