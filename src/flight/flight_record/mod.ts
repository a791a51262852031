/**
 * Reads recorded flights (C13), including cut and damaged ones: records, summary, diagnosis,
 * recovery, export.
 */
export { type Damage, type DamageCode, DamageList, describeDamage } from "./damage.ts";
export { FlightNotFoundError, NothingReadableError } from "./errors.ts";
export {
  diagnoseFlight,
  type Diagnosis,
  type Examination,
  summariseFlight,
  type Verdict,
} from "./examine.ts";
export { exportCsv } from "./export/csv.ts";
export type { Export } from "./export/export_result.ts";
export { exportGeoJson } from "./export/geojson.ts";
export { exportRecordedFlight } from "./export/recorded_flight.ts";
export { exportGpx } from "./export/gpx.ts";
export { findFlight, findOnlyFlight, type FlightFiles, type SegmentFile } from "./flight_files.ts";
export type { FlightSummary, KindSummary } from "./flight_summary.ts";
export type { Rhythm } from "./interval_statistics.ts";
export { readBatches, type ReadOptions, readRecords } from "./read_records.ts";
export { recoverFlight, type Recovery } from "./recover.ts";
export type { FlightEntry, ScanOptions } from "./scan_flight.ts";
export type { ScannedMessage } from "./scan_events.ts";
