/**
 * Our position as MSP2_SENSOR_GPS, in the way of iNav's receiver (`io/gps_msp.c`, `io/gps.c`,
 * `navigation/navigation_pos_estimator.c`).
 *
 * - `fixType` 2 is 2D, from 3 on 3D, 0 and 1 are both none; we send 0. Only a 3D fix of at least
 *   `gps_min_sats` satellites (6, at most 10) is used at all: a 2D fix is shown and not flown by.
 * - 99 satellites mean a position that iNav has reckoned itself: never sent.
 * - The accuracies are called centimetres in the header, and divided by ten to have centimetres: they are
 *   millimetres, and end at 65.5 m. A fix that is worse cannot say so, and is sent as 2D at the most. iNav
 *   flies by no position whose accuracy is `inav_max_eph_epv` (10 m) or more, and by no height whose
 *   vertical accuracy is.
 * - Velocities are kept in 16 bits of cm/s.
 * - Time is taken of a 3D fix, where the year is not 0. Week, time of the week, accuracy of the speed and
 *   true yaw are not read by any release up to 10.
 *
 * @module
 */
import { degreesFromRadians } from "../../../core/mod.ts";
import type { MspValues } from "../../../link/msp/mod.ts";
import type { PositionOutput } from "../contract.ts";
import { gpsTime } from "../gps_time.ts";
import { isSendable } from "../sendable.ts";

const UNKNOWN = 0xFFFF;
const UINT16_MAX = 0xFFFF;
const INT16_MAX = 0x7FFF;
const INT32_MAX = 0x7FFFFFFF;
/** Above every `gps_min_sats` that iNav takes; not counted: nobody receives a satellite here. */
const SATELLITES = 12;
const HDOP_UNKNOWN = 9999;
/** What lies beyond is no flight, but a clock that was never set. */
const YEAR_MAX = 2100;
const FIX = { none: 0, "2d": 2, "3d": 3 } as const;

/** Why an output is not sent; undefined where it is. */
export function refusal(output: PositionOutput): string | undefined {
  if (output.smoothed) return "a smoothed estimate";
  const isTime = output.utc === null || Number.isFinite(output.utc.getTime());
  if (!isSendable(output) || !isTime) return "a number that is not finite";
  const { position } = output;
  if (position !== null && !isOnEarth(position)) return "no place on Earth";
  if (position === null && output.quality !== "none") return "a fix without a position";
  return undefined;
}

/** An output without a {@link refusal}. Every value is within its field. */
export function sensorGps(output: PositionOutput): MspValues<"MSP2_SENSOR_GPS"> {
  const { position, velocityEnuMps: [east, north, up] } = output;
  const fixType = fixTypeOf(output);
  const time = output.utc === null ? NO_TIME : timeOf(output.utc);
  return {
    instance: 0,
    gpsWeek: time.gpsWeek,
    timeOfWeekMs: time.timeOfWeekMs,
    fixType,
    satellites: fixType === FIX.none ? 0 : SATELLITES,
    horizontalAccuracyMm: upTo(UINT16_MAX, Math.ceil(output.sigmaHorizontalM * 1000)),
    verticalAccuracyMm: upTo(UINT16_MAX, Math.ceil(output.sigmaVerticalM * 1000)),
    speedAccuracyCmps: upTo(UINT16_MAX, Math.ceil(output.sigmaSpeedMps * 100)),
    // As if ranges were wrong by one metre: what a pilot reads in his glasses then warns him.
    hdop: fixType === FIX.none
      ? HDOP_UNKNOWN
      : upTo(HDOP_UNKNOWN, Math.ceil(output.sigmaHorizontalM * 100)),
    longitudeE7: Math.round((position?.longitudeDeg ?? 0) * 1e7),
    latitudeE7: Math.round((position?.latitudeDeg ?? 0) * 1e7),
    heightMslCm: within(INT32_MAX, Math.round(output.heightMslM * 100)),
    velocityNorthCmps: within(INT16_MAX, Math.round(north * 100)),
    velocityEastCmps: within(INT16_MAX, Math.round(east * 100)),
    velocityDownCmps: within(INT16_MAX, Math.round(-up * 100)),
    groundCourseCentidegrees: centidegrees(Math.atan2(east, north)),
    trueYawCentidegrees: output.headingRad === null ? UNKNOWN : centidegrees(output.headingRad),
    ...time.utc,
  };
}

function fixTypeOf({ quality, sigmaHorizontalM }: PositionOutput): number {
  const isSayable = sigmaHorizontalM * 1000 <= UINT16_MAX;
  return quality === "3d" && !isSayable ? FIX["2d"] : FIX[quality];
}

const NO_TIME = {
  gpsWeek: UNKNOWN,
  timeOfWeekMs: 0,
  utc: { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 },
} as const;

function timeOf(utc: Date): {
  readonly gpsWeek: number;
  readonly timeOfWeekMs: number;
  readonly utc: Pick<
    MspValues<"MSP2_SENSOR_GPS">,
    "year" | "month" | "day" | "hour" | "minute" | "second"
  >;
} {
  const { week, weekMs } = gpsTime(utc), year = utc.getUTCFullYear();
  if (week < 0 || week >= UNKNOWN || year > YEAR_MAX) return NO_TIME;
  return {
    gpsWeek: week,
    timeOfWeekMs: weekMs,
    utc: {
      year,
      month: utc.getUTCMonth() + 1,
      day: utc.getUTCDate(),
      hour: utc.getUTCHours(),
      minute: utc.getUTCMinutes(),
      second: utc.getUTCSeconds(),
    },
  };
}

function isOnEarth({ latitudeDeg, longitudeDeg }: {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
}): boolean {
  return Math.abs(latitudeDeg) <= 90 && Math.abs(longitudeDeg) <= 180;
}

/** [0, 36000). */
function centidegrees(angleRad: number): number {
  const rounded = Math.round(degreesFromRadians(angleRad) * 100) % 36000;
  return rounded < 0 ? rounded + 36000 : rounded + 0;
}

/** Never negative. */
function upTo(maximum: number, value: number): number {
  return Math.min(maximum, Math.max(0, value));
}

/** `+ 0`: no negative zero. */
function within(magnitude: number, value: number): number {
  return Math.min(magnitude, Math.max(-magnitude, value)) + 0;
}
