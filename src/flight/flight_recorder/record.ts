/**
 * The record as it is in the file, readable by older and newer programs.
 *
 * Unknown kinds, payload keys and top-level fields are kept unchanged, so that a record can be read
 * and written again without loss (opaque routing).
 *
 * @module
 */
import * as z from "zod";
import { messageOf, parseBoundedJson } from "../../core/mod.ts";
import { FdrRecordError, FdrSchemaVersionError } from "./errors.ts";

/**
 * Version of the record shape: a newer minor version can be read, another major version is refused.
 */
export const FDR_SCHEMA_VERSION = "1.0.0";

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

const SEMVER = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;
const MAJOR = Number(FDR_SCHEMA_VERSION.split(".")[0]);

/** @throws FdrSchemaVersionError unless records of this version can be read. */
export function checkSchemaVersion(version: string): void {
  if (version === FDR_SCHEMA_VERSION) return;
  const match = SEMVER.exec(version);
  if (match === null) {
    throw new FdrSchemaVersionError(
      JSON.stringify(version.slice(0, 40)),
      "that is not a version; the record was not written by a flight recorder",
    );
  }
  const major = Number(match[1]);
  if (major === MAJOR) return;
  throw new FdrSchemaVersionError(
    version,
    `this program reads ${MAJOR}.x; ` +
      (major > MAJOR ? "read it with a newer program" : "read it with an older program"),
  );
}

/**
 * Parses a record from JSON. Nothing is left out, renamed or rounded: integers that a double cannot
 * represent are kept as their digits, and {@link encodeRecord} writes them back.
 *
 * @throws FdrSchemaVersionError | FdrRecordError
 */
export function decodeRecord(message: Uint8Array | string): FdrRecord {
  let value: unknown;
  try {
    const text = typeof message === "string" ? message : strictUtf8.decode(message);
    value = parseBoundedJson(text, LONG_NUMBER.test(text) ? keepDigits : undefined);
  } catch (error) {
    throw new FdrRecordError(`it is not JSON (${messageOf(error)})`, error);
  }
  // The version first: a record of another major version may have another shape.
  const version = (value as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof version === "string") checkSchemaVersion(version);
  const checked = FdrRecordSchema.safeParse(value);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    throw new FdrRecordError(`${issue.path.join(".") || "the whole"}: ${issue.message}`);
  }
  // As parsed, not as the schema copied it: this keeps the order of the fields.
  return value as FdrRecord;
}

/** The JSON text of a record, in UTF-8. */
export function encodeRecord(record: FdrRecord): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(record));
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** Finds numbers that a double may not represent: 16 digits before the point, or 1e100 and more. */
const LONG_NUMBER = /(?<![\d.])\d{16}|\d[eE]\+?\d{3}/;

/** ECMAScript "JSON.parse source text access", which TypeScript's library does not declare yet. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value;
  if (!Number.isFinite(value)) return rawJson(context.source);
  const same = Number.isSafeInteger(value) || !/^-?\d+$/.test(context.source) ||
    String(value) === context.source;
  return same ? value : rawJson(context.source);
}
