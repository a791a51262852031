/**
 * Adds the fields of Foxglove's well-known message schemas, so that Foxglove shows positions on a
 * map and pictures in an image panel. The fields are at the top level of the message, beside our
 * own.
 *
 * @module
 */
import type { FdrKind, FdrPayload } from "./registry/kinds.ts";

export const LOCATION_FIX = "foxglove.LocationFix";
export const COMPRESSED_IMAGE = "foxglove.CompressedImage";
type FoxgloveSchema = typeof LOCATION_FIX | typeof COMPRESSED_IMAGE;

/** `PositionCovarianceType` of foxglove.LocationFix. */
const POSITION_COVARIANCE_TYPE = {
  UNKNOWN: 0,
  APPROXIMATED: 1,
  DIAGONAL_KNOWN: 2,
  KNOWN: 3,
} as const;

interface Timestamp {
  readonly sec: number;
  readonly nsec: number;
}

interface LocationFixFields {
  readonly timestamp: Timestamp;
  readonly frame_id: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly altitude: number;
  /** East, north, up, row-major, m². */
  readonly position_covariance: readonly number[];
  readonly position_covariance_type: 0 | 1 | 2 | 3;
}

interface CompressedImageFields {
  readonly timestamp: Timestamp;
  readonly frame_id: string;
  /** Base64. */
  readonly data: string;
  readonly format: string;
}

type FoxgloveFields = LocationFixFields | CompressedImageFields;

const SCHEMA_BY_KIND: ReadonlyMap<string, FoxgloveSchema> = new Map<FdrKind, FoxgloveSchema>([
  ["nav.state", LOCATION_FIX],
  ["nav.smoothed", LOCATION_FIX],
  ["c8.position_out", LOCATION_FIX],
  ["sensor.gps", LOCATION_FIX],
  ["failed_tile_thumbnail", COMPRESSED_IMAGE],
]);

/** null for a kind without a Foxglove schema. */
export function foxgloveSchema(kind: string): FoxgloveSchema | null {
  return SCHEMA_BY_KIND.get(kind) ?? null;
}

/** Schema name of a kind's channel. */
export function channelSchemaName(kind: string): string {
  return SCHEMA_BY_KIND.get(kind) ?? kind;
}

/**
 * The fields that a message carries for Foxglove; null when there are none. `utcOfZeroMs` converts
 * the timestamp to UTC; 0 leaves it on the canonical clock.
 */
export function foxgloveFields(
  kind: string,
  record: { readonly timestampNs: number; readonly payload: unknown },
  utcOfZeroMs = 0,
): FoxgloveFields | null {
  switch (kind) {
    case "nav.state":
    case "nav.smoothed":
    case "c8.position_out": {
      const payload = record.payload as Estimate;
      const [eastEast, eastNorth, northNorth] = payload.covarianceEnM2;
      const upUp = payload.sigmaUpM * payload.sigmaUpM;
      return {
        timestamp: timestamp(record.timestampNs, utcOfZeroMs),
        frame_id: "body",
        ...position(payload),
        position_covariance: [eastEast, eastNorth, 0, eastNorth, northNorth, 0, 0, 0, upUp],
        position_covariance_type: POSITION_COVARIANCE_TYPE.KNOWN,
      };
    }
    case "sensor.gps": {
      const payload = record.payload as FdrPayload<"sensor.gps">;
      return {
        timestamp: timestamp(record.timestampNs, utcOfZeroMs),
        frame_id: "gps",
        ...position(payload),
        ...gpsCovariance(payload),
      };
    }
    case "failed_tile_thumbnail": {
      const { data, format } = record.payload as FdrPayload<"failed_tile_thumbnail">;
      return {
        timestamp: timestamp(record.timestampNs, utcOfZeroMs),
        frame_id: "camera",
        data,
        format,
      };
    }
    default:
      return null;
  }
}

type Estimate =
  | FdrPayload<"nav.state">
  | FdrPayload<"nav.smoothed">
  | FdrPayload<"c8.position_out">;

function position(
  place: { readonly latitudeDeg: number; readonly longitudeDeg: number; readonly heightM: number },
) {
  return { latitude: place.latitudeDeg, longitude: place.longitudeDeg, altitude: place.heightM };
}

/** A receiver states an accuracy for each axis; without a fix it is meaningless. */
function gpsCovariance(
  gps: FdrPayload<"sensor.gps">,
): Pick<LocationFixFields, "position_covariance" | "position_covariance_type"> {
  if (gps.fix === "none") {
    return {
      position_covariance: [0, 0, 0, 0, 0, 0, 0, 0, 0],
      position_covariance_type: POSITION_COVARIANCE_TYPE.UNKNOWN,
    };
  }
  const horizontal = gps.sigmaHorizontalM * gps.sigmaHorizontalM;
  const vertical = gps.sigmaVerticalM * gps.sigmaVerticalM;
  return {
    position_covariance: [horizontal, 0, 0, 0, horizontal, 0, 0, 0, vertical],
    position_covariance_type: POSITION_COVARIANCE_TYPE.DIAGONAL_KNOWN,
  };
}

/** Whole seconds and nanoseconds are added separately: the sum does not fit a double. */
function timestamp(ns: number, zeroMs: number): Timestamp {
  const utcOfZeroMs = Math.floor(zeroMs);
  const zeroSec = Math.floor(utcOfZeroMs / 1000);
  const sec = Math.floor(ns / 1e9);
  const nsec = (ns - sec * 1e9) + (utcOfZeroMs - zeroSec * 1000) * 1e6;
  return nsec < 1e9 ? { sec: zeroSec + sec, nsec } : { sec: zeroSec + sec + 1, nsec: nsec - 1e9 };
}
