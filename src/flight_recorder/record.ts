/**
 * One record as it stands in the file.
 *
 * @module
 */
import { z } from "zod";

/** Version of the record shape: a newer minor version reads, a newer major one is refused. */
export const FDR_SCHEMA_VERSION = "1.0.0";

/** Fields that nobody knows are kept. */
export const FdrRecordSchema = z.looseObject({
  schemaVersion: z.string(),
  kind: z.string(),
  producerId: z.string(),
  /** Canonical clock. */
  timestampNs: z.int(),
  /** ISO 8601 UTC, for people. */
  wallTime: z.string(),
  flightId: z.uuid(),
  payload: z.record(z.string(), z.unknown()),
});
export type FdrRecord = z.infer<typeof FdrRecordSchema>;
