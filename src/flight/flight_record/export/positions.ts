/**
 * Reads positions from the payloads of records.
 *
 * @module
 */
import type { FdrRecord } from "../../flight_recorder/mod.ts";

export interface Position {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  /** Height over the ellipsoid. */
  readonly heightM: number | null;
  /** The time for which it is valid. */
  readonly validNs: number;
  readonly timeUtc: string;
}

/** `undefined` for a record without a position on earth. */
export function positionOf(record: FdrRecord): Position | undefined {
  const { payload, kind, timestampNs } = record;
  const { latitudeDeg, longitudeDeg, heightM } = payload;
  if (kind === "sensor.gps" && payload.fix === "none") return undefined;
  if (!isWithin(latitudeDeg, 90) || !isWithin(longitudeDeg, 180)) return undefined;
  const validNs = [payload.validNs, payload.exposureMidNs].find(Number.isSafeInteger) as
    | number
    | undefined ?? timestampNs;
  const utcMs = Date.parse(record.wallTime) + (validNs - timestampNs) / 1e6;
  if (!Number.isFinite(utcMs) || Math.abs(utcMs) > 8e15) return undefined;
  return {
    latitudeDeg,
    longitudeDeg,
    heightM: Number.isFinite(heightM) ? heightM as number : null,
    validNs,
    timeUtc: new Date(utcMs).toISOString(),
  };
}

function isWithin(value: unknown, limit: number): value is number {
  return typeof value === "number" && Math.abs(value) <= limit;
}
