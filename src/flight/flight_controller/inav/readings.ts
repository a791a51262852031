/**
 * From the answers of iNav to events: units to SI, iNav's body frame (x forward, y left, z up) to FRD.
 *
 * Where the signs come from, in iNav's sources: `flight/imu.c` makes roll, pitch and yaw of the matrix
 * from body to earth (`imuUpdateEulerAngles`) and yaw alone of its negative, so pitch is positive with
 * the nose down (`telemetry/mavlink.c` sends it negated); `imuResetOrientationQuaternion` takes the
 * accelerometer as specific force in the same frame, +1 g in z at rest; the rates are integrated in it
 * (`imuMahonyAHRSupdate`).
 *
 * @module
 */
import {
  type ControllerNs,
  localFromBody,
  type MonotonicNs,
  radiansFromDegrees,
  type Vector3,
} from "../../../core/mod.ts";
import type { MspValues } from "../../../link/msp/mod.ts";
import type {
  AttitudeEvent,
  ControllerPositionEvent,
  GpsEvent,
  ImuEvent,
  PressureEvent,
} from "../../flight_events/mod.ts";

/** When an answer was made, on both clocks. */
export interface Moment {
  readonly receivedNs: MonotonicNs;
  readonly controllerNs: ControllerNs;
}

const STANDARD_GRAVITY_MPS2 = 9.80665;
/** MSP_RAW_IMU: 1 g is 512. */
const COUNTS_PER_G = 512;
/** iNav holds accelerations and rates of 16 bits: a damaged frame may say more than any sensor. */
const FORCE_MAX_MPS2 = 16.5 * STANDARD_GRAVITY_MPS2;
const RATE_MAX_DPS = 2100;

/** ISO 2533 (standard atmosphere), troposphere: h = T₀/L · (1 − (p/p₀)^(R·L/g)). */
const TEMPERATURE_OVER_LAPSE_M = 288.15 / 0.0065;
const EXPONENT = 0.190263;
const SEA_LEVEL_HPA = 1013.25;
const BAROMETER_HEIGHT_MAX_M = 12_000;

/** Position error for one HDOP, and the least that is believed where the receiver states none. */
const SIGMA_PER_HDOP_M = 2.5;
const SIGMA_MIN_M = 1.5;
/** iNav's accuracies end here: it says so where there is none. */
const ACCURACY_MAX_CM = 9999;
/** With so many satellites iNav shows a position that it reckons itself, without a receiver. */
export const RECKONED_SATELLITES = 99;

/** null where no sensor measures such a thing: a damaged frame that its check sum let through. */
export function imuEvent(raw: MspValues<"MSP_RAW_IMU">, moment: Moment): ImuEvent | null {
  const scale = STANDARD_GRAVITY_MPS2 / COUNTS_PER_G;
  const specificForceMps2: Vector3 = [
    raw.accelerationX * scale,
    -raw.accelerationY * scale,
    -raw.accelerationZ * scale,
  ];
  const ratesDps: Vector3 = [raw.rateXDps, -raw.rateYDps, -raw.rateZDps];
  if (specificForceMps2.some((value) => Math.abs(value) > FORCE_MAX_MPS2)) return null;
  if (ratesDps.some((value) => Math.abs(value) > RATE_MAX_DPS)) return null;
  const [x, y, z] = ratesDps;
  return {
    kind: "imu",
    ...moment,
    specificForceMps2,
    angularRateRps: [radiansFromDegrees(x), radiansFromDegrees(y), radiansFromDegrees(z)],
  };
}

/** Degrees; pitch positive with the nose down, as iNav counts it. null for no angles. */
export function attitudeEvent(
  { rollDeg, pitchDeg, yawDeg }: {
    readonly rollDeg: number;
    readonly pitchDeg: number;
    readonly yawDeg: number;
  },
  moment: Moment,
): AttitudeEvent | null {
  if (Math.abs(rollDeg) > 180 || Math.abs(pitchDeg) > 90 || yawDeg < -180 || yawDeg > 360) {
    return null;
  }
  return {
    kind: "attitude",
    ...moment,
    localFromBody: localFromBody({
      rollRad: radiansFromDegrees(rollDeg),
      pitchRad: -radiansFromDegrees(pitchDeg),
      yawRad: radiansFromDegrees(yawDeg),
    }),
  };
}

/**
 * iNav tells no pressure, but the height over the place where its barometer was switched on. The pressure
 * here is the standard atmosphere's at that height: the height between two of them is iNav's. null
 * where no aircraft of this kind flies.
 */
export function pressureEvent(barometerHeightCm: number, moment: Moment): PressureEvent | null {
  const heightM = barometerHeightCm / 100;
  if (Math.abs(heightM) > BAROMETER_HEIGHT_MAX_M) return null;
  const ratio = (1 - heightM / TEMPERATURE_OVER_LAPSE_M) ** (1 / EXPONENT);
  return { kind: "pressure", ...moment, pressureHpa: SEA_LEVEL_HPA * ratio };
}

/** null for what is no place. `accuracy` is null before the controller has told it. */
export function gpsEvent(
  raw: MspValues<"MSP_RAW_GPS">,
  accuracy: MspValues<"MSP_GPSSTATISTICS"> | null,
  moment: Moment,
): GpsEvent | null {
  const fix = (["none", "2d", "3d"] as const)[raw.fixType];
  const latitudeDeg = raw.latitudeE7 * 1e-7, longitudeDeg = raw.longitudeE7 * 1e-7;
  if (fix === undefined || Math.abs(latitudeDeg) > 90 || Math.abs(longitudeDeg) > 180) return null;
  const speedMps = raw.groundSpeedCmps / 100;
  const courseRad = radiansFromDegrees(raw.groundCourseDecidegrees / 10);
  const hdop = raw.hdop / 100;
  return {
    kind: "gps",
    ...moment,
    fix,
    position: { latitudeDeg, longitudeDeg, heightM: raw.heightMslM },
    heightOver: "mean_sea_level",
    velocityEnuMps: [speedMps * Math.sin(courseRad), speedMps * Math.cos(courseRad), 0],
    hasVerticalVelocity: false,
    sigmaHorizontalM: sigmaM(accuracy?.horizontalAccuracyCm, hdop),
    sigmaVerticalM: sigmaM(accuracy?.verticalAccuracyCm, 1.5 * hdop),
    satellites: raw.satellites,
    integrity: "unknown",
  };
}

function sigmaM(statedCm: number | undefined, dilution: number): number {
  const isStated = statedCm !== undefined && statedCm > 0 && statedCm < ACCURACY_MAX_CM;
  return isStated ? statedCm / 100 : Math.max(SIGMA_MIN_M, SIGMA_PER_HDOP_M * dilution);
}

/** Where a controller without an origin believes to be: it answers with what is near to zero. */
const NO_ORIGIN_DEG = 0.01;

/** MSP_WP 255. null before iNav has an origin. */
export function controllerPositionEvent(
  { latitudeE7, longitudeE7, heightCm }: MspValues<"MSP_WP">,
  heightAboveHomeM: number,
  moment: Moment,
): ControllerPositionEvent | null {
  const latitudeDeg = latitudeE7 * 1e-7, longitudeDeg = longitudeE7 * 1e-7;
  const isNowhere = Math.abs(latitudeDeg) < NO_ORIGIN_DEG && Math.abs(longitudeDeg) < NO_ORIGIN_DEG;
  if (isNowhere || Math.abs(latitudeDeg) > 90 || Math.abs(longitudeDeg) > 180) return null;
  return {
    kind: "controller_position",
    ...moment,
    latitudeDeg,
    longitudeDeg,
    heightMslM: heightCm / 100,
    heightAboveHomeM,
  };
}
