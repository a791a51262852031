/**
 * Options of a simulated flight, and the area of ground that it needs.
 *
 * @module
 */
import { radiansFromDegrees, UsageError } from "../../core/mod.ts";
import type { GpsWindow } from "./gps_sensor.ts";
import type { GroundSource } from "./ground.ts";
import type { LocalBox } from "./route.ts";

export type Aircraft = "fixed_wing" | "multirotor";

export interface FlightOptions {
  readonly name: string;
  readonly seed: number | string;
  readonly aircraft: Aircraft;
  /** Mean height above the flat ground, metres. */
  readonly aglM: number;
  /** Ends after this distance over the ground, or after `durationS`, whichever comes first. */
  readonly distanceM: number;
  readonly durationS: number;
  /** Comes down behind distance or duration, and stands. */
  readonly lands: boolean;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Horizontal field of view, degrees. */
  readonly fovDeg: number;
  readonly frameRateHz: number;
  readonly imuRateHz: number;
  readonly exposureS: number;
  readonly jpegQuality: number;
  readonly gps: readonly GpsWindow[];
  /** false: take-off unknown and no GPS messages. */
  readonly prior: boolean;
  /** true: the aircraft measures its velocity over the ground (velocity.csv). */
  readonly velocity: boolean;
  /** Mean wind, m/s; its direction comes from the seed. */
  readonly windMps: number;
  readonly gustMps: number;
  /** Area of the flight when the source has no edges, metres each way. */
  readonly extentM: number;
  /** UTC at time 0 of the companion clock. */
  readonly startUtc: string;
}

/** GPS for one second, then never again: the main case of this project. */
export const GPS_LOST_AFTER_START: readonly GpsWindow[] = [
  { kind: "absent", fromS: 1, toS: Infinity },
];

/** Fills in defaults. */
export function flightOptions(
  asked: Partial<FlightOptions> & { readonly aircraft: Aircraft },
): FlightOptions {
  const distanceM = asked.distanceM ?? (asked.durationS === undefined ? 3000 : Infinity);
  const options: FlightOptions = {
    name: `simulated-${asked.aircraft}`,
    seed: 1,
    aglM: 130,
    durationS: 8 * 3600,
    lands: false,
    widthPx: 1280,
    heightPx: 960,
    fovDeg: 60,
    frameRateHz: 3,
    imuRateHz: 200,
    exposureS: 0.003,
    jpegQuality: 88,
    gps: GPS_LOST_AFTER_START,
    prior: true,
    velocity: false,
    windMps: asked.aircraft === "fixed_wing" ? 4 : 3,
    gustMps: 0.8,
    extentM: Math.min(16_000, Math.max(1500, distanceM / 2)),
    startUtc: "2026-06-15T09:30:00Z",
    ...asked,
    distanceM,
  };
  check(options);
  return options;
}

function check(options: FlightOptions): void {
  const positive = ["aglM", "distanceM", "durationS", "frameRateHz", "imuRateHz"] as const;
  for (const key of positive) {
    if (!(options[key] > 0)) throw new UsageError(`${key} must be above 0, got ${options[key]}`);
  }
  if (!(options.fovDeg > 5 && options.fovDeg < 130)) {
    throw new UsageError(`the field of view must be in (5, 130) degrees, got ${options.fovDeg}`);
  }
  if (options.imuRateHz < 50 || options.imuRateHz > 1000) {
    throw new UsageError(`the IMU rate must be in [50, 1000] Hz, got ${options.imuRateHz}`);
  }
}

/** Ground covered by a level camera's picture: across, and from centre to corner, metres. */
function footprint(options: FlightOptions): { widthM: number; halfDiagonalM: number } {
  const widthM = 2 * options.aglM * Math.tan(radiansFromDegrees(options.fovDeg) / 2);
  return {
    widthM,
    halfDiagonalM: widthM / 2 * Math.hypot(1, options.heightPx / options.widthPx),
  };
}

/** Metres on the ground under one pixel of a level camera. */
export function cameraGsdM(options: FlightOptions): number {
  return footprint(options).widthM / options.widthPx;
}

/** Smallest area for turns, metres. */
const SPAN_MIN_M = { fixed_wing: 220, multirotor: 60 } as const;

/** Where the aircraft may fly: the ground minus half a footprint on every side. */
export function flightBox(options: FlightOptions, ground: GroundSource): LocalBox {
  const half = options.extentM / 2;
  const box = ground.box ?? { westM: -half, southM: -half, eastM: half, northM: half };
  const inset = ground.box === null ? 0 : footprint(options).halfDiagonalM;
  const room: LocalBox = {
    westM: box.westM + inset,
    southM: box.southM + inset,
    eastM: box.eastM - inset,
    northM: box.northM - inset,
  };
  const span = Math.min(room.eastM - room.westM, room.northM - room.southM);
  const needed = SPAN_MIN_M[options.aircraft];
  if (span < needed) {
    throw new UsageError(
      `the ground ${ground.name} is too small for a ${options.aircraft} ${options.aglM} m above ` +
        `it: ${Math.max(0, span).toFixed(0)} m remain for its turns, ${needed} m are needed; ` +
        "fly lower, with a narrower field of view, or over more ground",
    );
  }
  return room;
}

/** Radius of the route's corners. */
export function cornerRadiusM(options: FlightOptions, room: LocalBox): number {
  const span = Math.min(room.eastM - room.westM, room.northM - room.southM);
  return options.aircraft === "fixed_wing"
    ? Math.min(140, Math.max(55, 0.28 * span))
    : Math.min(25, Math.max(8, 0.1 * span));
}
