/**
 * Reads the records of a flight, filtered by kind and time.
 *
 * @module
 */
import type { FdrRecord } from "../flight_recorder/mod.ts";
import type { Damage } from "./damage.ts";
import type { FlightFiles } from "./flight_files.ts";
import {
  damageOf,
  entriesOf,
  type FlightEntry,
  scanFlight,
  type ScanOptions,
} from "./scan_flight.ts";
import { schemaVersionFault } from "./schema_version.ts";

interface RecordFilter {
  /** All kinds when absent or empty. */
  readonly kinds?: readonly string[];
  /** Canonical clock, both ends included. */
  readonly fromNs?: number;
  readonly toNs?: number;
}

export interface ReadOptions extends ScanOptions, RecordFilter {
  /** Called for every damage; reading continues. */
  readonly onDamage?: (damage: Damage) => void;
}

/**
 * Records in batches, in the order of the files; a batch is the content of a chunk and may be
 * empty.
 */
export async function* readBatches(
  files: FlightFiles,
  options: ReadOptions = {},
): AsyncGenerator<readonly FlightEntry[], void, void> {
  const onDamage = options.onDamage ?? (() => {});
  const matches = matcher(options);
  for await (const step of scanFlight(files, options)) {
    for (const damage of damageOf(step)) onDamage(damage);
    const batch: FlightEntry[] = [];
    for (const entry of entriesOf(step, onDamage)) {
      const fault = schemaVersionFault(entry);
      if (fault !== undefined) onDamage(fault);
      else if (matches(entry.record)) batch.push(entry);
    }
    if (batch.length > 0) yield batch;
  }
}

/** One record after the other. */
export async function* readRecords(
  files: FlightFiles,
  options: ReadOptions = {},
): AsyncGenerator<FdrRecord, void, void> {
  for await (const batch of readBatches(files, options)) {
    for (const entry of batch) yield entry.record;
  }
}

function matcher(filter: RecordFilter): (record: FdrRecord) => boolean {
  const kinds = new Set(filter.kinds ?? []);
  const from = filter.fromNs ?? -Infinity, to = filter.toNs ?? Infinity;
  return ({ kind, timestampNs }) =>
    (kinds.size === 0 || kinds.has(kind)) && timestampNs >= from && timestampNs <= to;
}
