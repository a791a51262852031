/**
 * The operator's hint `RELOC:<lat>,<lon>,<radius_m>`.
 *
 * @module
 */
import type { MonotonicNs } from "../../core/mod.ts";
import type { HintEvent } from "../flight_events/mod.ts";

const RADIUS_MIN_M = 10;
const RADIUS_MAX_M = 50_000;
const NUMBER = String.raw`(-?\d{1,3}(?:\.\d{1,12})?)`;
const HINT = new RegExp(
  String.raw`^RELOC:\s*${NUMBER}\s*,\s*${NUMBER}\s*,\s*(\d{1,6}(?:\.\d{1,6})?)\s*$`,
);

/** null for any other text, and for what is no place or radius. */
export function readHint(text: string, receivedNs: MonotonicNs): HintEvent | null {
  const found = HINT.exec(text);
  return found === null
    ? null
    : hintOf(Number(found[1]), Number(found[2]), Number(found[3]), receivedNs);
}

/** null for what is no place or radius. */
export function hintOf(
  latitudeDeg: number,
  longitudeDeg: number,
  radiusM: number,
  receivedNs: MonotonicNs,
): HintEvent | null {
  const isPlace = Math.abs(latitudeDeg) <= 85 && Math.abs(longitudeDeg) <= 180;
  const isRadius = radiusM >= RADIUS_MIN_M && radiusM <= RADIUS_MAX_M;
  if (!isPlace || !isRadius) return null;
  return { kind: "hint", receivedNs, latitudeDeg, longitudeDeg, radiusM };
}
