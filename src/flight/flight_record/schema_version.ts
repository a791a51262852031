/**
 * Which versions of the record shape are read: any minor one of our major version.
 *
 * @module
 */
import { FDR_SCHEMA_VERSION } from "../flight_recorder/mod.ts";
import type { Damage } from "./damage.ts";
import type { FlightEntry } from "./scan_flight.ts";

const MAJOR = FDR_SCHEMA_VERSION.split(".")[0];

/** A record of another major version is refused by name; `undefined` where it reads. */
export function schemaVersionFault(entry: FlightEntry): Damage | undefined {
  const { schemaVersion, kind } = entry.record;
  if (schemaVersion === FDR_SCHEMA_VERSION || schemaVersion.split(".")[0] === MAJOR) return;
  return {
    code: "schema_version",
    segment: entry.segment.name,
    offset: entry.message.offset,
    record: kind,
    reason: `it has the schema version ${schemaVersion}, this program reads ${MAJOR}.x ` +
      "(take the program that belongs to it; recover keeps such records as they are)",
    losesRecords: true,
  };
}
