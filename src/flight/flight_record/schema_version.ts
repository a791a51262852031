/**
 * Checks the version of the record shape: any minor version of our major version is read.
 *
 * @module
 */
import { FDR_SCHEMA_VERSION } from "../flight_recorder/mod.ts";
import type { Damage } from "./damage.ts";
import type { FlightEntry } from "./scan_flight.ts";

const MAJOR = FDR_SCHEMA_VERSION.split(".")[0];

/** Refuses a record of another major version with a message; `undefined` when it can be read. */
export function schemaVersionFault(entry: FlightEntry): Damage | undefined {
  const { schemaVersion, kind } = entry.record;
  if (schemaVersion === FDR_SCHEMA_VERSION || schemaVersion.split(".")[0] === MAJOR) return;
  return {
    code: "schema_version",
    segment: entry.segment.name,
    offset: entry.message.offset,
    record: kind,
    reason: `it has the schema version ${schemaVersion}, this program reads ${MAJOR}.x ` +
      "(use the matching version of the program; recover copies such records unchanged)",
    losesRecords: true,
  };
}
