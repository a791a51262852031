/**
 * Parses the record around every payload; unknown fields are kept unchanged.
 *
 * @module
 */
import { parseBoundedJson } from "../../core/mod.ts";
import type { FdrRecord } from "../flight_recorder/mod.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });
const OPENING_BRACE = 0x7b;

/** The record in a message, or `undefined` when the message holds none. */
export function readEnvelope(data: Uint8Array): FdrRecord | undefined {
  if (data[0] !== OPENING_BRACE) return undefined;
  let value: unknown;
  try {
    value = parseBoundedJson(utf8.decode(data));
  } catch {
    return undefined;
  }
  return isEnvelope(value) ? value : undefined;
}

function isEnvelope(value: unknown): value is FdrRecord {
  const record = value as Partial<FdrRecord>;
  return typeof record.schemaVersion === "string" && typeof record.kind === "string" &&
    typeof record.producerId === "string" && Number.isSafeInteger(record.timestampNs) &&
    typeof record.wallTime === "string" && typeof record.flightId === "string" &&
    typeof record.payload === "object" && record.payload !== null &&
    !Array.isArray(record.payload);
}
