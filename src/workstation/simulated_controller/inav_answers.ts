/**
 * What iNav answers to a request, from the state of the vehicle: SI and FRD to the units and the body
 * frame (x forward, y left, z up) of MSP.
 *
 * @module
 */
import { degreesFromRadians, type Quaternion, rollPitchYaw, type Vector3 } from "../../core/mod.ts";
import {
  encodeNamedSetting,
  encodePayload,
  type MspName,
  requestedSetting,
} from "../../link/msp/mod.ts";

/** What iNav shows of its receiver, in the units in which it keeps it. */
export interface InavSolution {
  /** 0 none, 1 2D, 2 3D. */
  readonly fixType: number;
  readonly satellites: number;
  readonly latitudeE7: number;
  readonly longitudeE7: number;
  readonly heightMslCm: number;
  readonly velocityNedCmps: Vector3;
  readonly groundCourseDecidegrees: number;
  readonly hdop: number;
  readonly horizontalAccuracyCm: number;
  readonly verticalAccuracyCm: number;
}

export interface InavState {
  readonly version: readonly [major: number, minor: number, patch: number];
  readonly isArmed: boolean;
  /** Its setting gps_provider, as a number of {@link GPS_PROVIDERS}. */
  readonly gpsProvider: number;
  /** Body FRD. */
  readonly specificForceMps2: Vector3;
  readonly angularRateRps: Vector3;
  readonly localFromBody: Quaternion;
  /** Of the barometer, over where it was switched on. */
  readonly barometerHeightM: number;
  readonly solution: InavSolution;
  /** Packets of a receiver on a serial port; positions by MSP are not counted. */
  readonly packets: number;
  /** Its own estimate, from its origin: north and east zero before it has one. */
  readonly positionNeuM: Vector3;
  readonly velocityNeuMps: Vector3;
  /** The same as a place; null before it has an origin. */
  readonly place: {
    readonly latitudeDeg: number;
    readonly longitudeDeg: number;
    readonly heightMslM: number;
  } | null;
}

/** Of iNav 7 and later. */
const GPS_PROVIDERS = ["UBLOX", "MSP", "FAKE"];
const STANDARD_GRAVITY_MPS2 = 9.80665;
const COUNTS_PER_G = 512;
const ARMED = 1 << 2;
const WAS_EVER_ARMED = 1 << 3;
const ACTUAL_POSITION = 255;
/** Release that brought MSP2_INAV_FULL_LOCAL_POSE. */
const POSE_SINCE = 9;

/** null: this firmware knows no such function. */
export function inavAnswer(
  name: MspName,
  request: Uint8Array,
  state: InavState,
): Uint8Array | null {
  switch (name) {
    case "MSP_API_VERSION":
      return encodePayload(name, { protocolVersion: 0, apiMajor: 2, apiMinor: 5 });
    case "MSP_FC_VARIANT":
      return encodePayload(name, { identifier: "INAV" });
    case "MSP_FC_VERSION": {
      const [major, minor, patch] = state.version;
      return encodePayload(name, { major, minor, patch });
    }
    case "MSP_RAW_IMU":
      return rawImu(state);
    case "MSP_ATTITUDE": {
      const { roll, pitch, yaw } = decidegrees(state.localFromBody);
      return encodePayload(name, {
        rollDecidegrees: roll,
        pitchDecidegrees: pitch,
        yawDegrees: Math.trunc(yaw / 10),
      });
    }
    case "MSP2_INAV_FULL_LOCAL_POSE":
      return state.version[0] < POSE_SINCE ? null : pose(state);
    case "MSP_ALTITUDE":
      return encodePayload(name, {
        estimatedHeightCm: i32(state.positionNeuM[2] * 100),
        climbRateCmps: i16(state.velocityNeuMps[2] * 100),
        barometerHeightCm: i32(state.barometerHeightM * 100),
      });
    case "MSP_RAW_GPS":
      return rawGps(state.solution);
    case "MSP_GPSSTATISTICS":
      return encodePayload(name, {
        lastMessageAgeMs: 100,
        errors: 0,
        timeouts: 0,
        packets: state.packets,
        hdop: state.solution.hdop,
        horizontalAccuracyCm: state.solution.horizontalAccuracyCm,
        verticalAccuracyCm: state.solution.verticalAccuracyCm,
      });
    case "MSP_WP":
      return request[0] === ACTUAL_POSITION ? actualPosition(state) : null;
    case "MSP2_INAV_STATUS":
      return encodePayload(name, {
        cycleTimeUs: 1000,
        i2cErrors: 0,
        sensors: 0b100_1111,
        loadPercent: 14,
        profiles: 0,
        armingFlags: state.isArmed ? ARMED | WAS_EVER_ARMED : 0,
      });
    case "MSP2_COMMON_SETTING_INFO":
      if (requestedSetting(request) !== "gps_provider") return null;
      return encodeNamedSetting({
        name: "gps_provider",
        words: GPS_PROVIDERS,
        value: state.gpsProvider,
      });
    case "MSP2_SENSOR_GPS":
      return null;
  }
}

function rawImu({ specificForceMps2: f, angularRateRps: w }: InavState): Uint8Array {
  const scale = COUNTS_PER_G / STANDARD_GRAVITY_MPS2;
  const [x, y, z] = w.map(degreesFromRadians);
  return encodePayload("MSP_RAW_IMU", {
    accelerationX: i16(f[0] * scale),
    accelerationY: i16(-f[1] * scale),
    accelerationZ: i16(-f[2] * scale),
    // lrintf of degrees per second: what is finer is lost here.
    rateXDps: i16(x),
    rateYDps: i16(-y),
    rateZDps: i16(-z),
    magnetometerX: 0,
    magnetometerY: 0,
    magnetometerZ: 0,
  });
}

function rawGps(solution: InavSolution): Uint8Array {
  const [north, east] = solution.velocityNedCmps;
  return encodePayload("MSP_RAW_GPS", {
    fixType: solution.fixType,
    satellites: solution.satellites,
    latitudeE7: solution.latitudeE7,
    longitudeE7: solution.longitudeE7,
    heightMslM: i16(Math.trunc(solution.heightMslCm / 100)),
    groundSpeedCmps: Math.min(0x7FFF, Math.trunc(Math.hypot(north, east))),
    groundCourseDecidegrees: solution.groundCourseDecidegrees,
    hdop: solution.hdop,
  });
}

function pose({ localFromBody, positionNeuM, velocityNeuMps: velocity }: InavState): Uint8Array {
  const { roll, pitch, yaw } = decidegrees(localFromBody);
  const [north, east, up] = positionNeuM;
  return encodePayload("MSP2_INAV_FULL_LOCAL_POSE", {
    rollDecidegrees: roll,
    pitchDecidegrees: pitch,
    yawDecidegrees: yaw,
    northCm: i32(north * 100),
    velocityNorthCmps: i16(velocity[0] * 100),
    eastCm: i32(east * 100),
    velocityEastCmps: i16(velocity[1] * 100),
    upCm: i32(up * 100),
    velocityUpCmps: i16(velocity[2] * 100),
  });
}

function actualPosition({ place }: InavState): Uint8Array {
  return encodePayload("MSP_WP", {
    number: ACTUAL_POSITION,
    action: 4,
    latitudeE7: i32((place?.latitudeDeg ?? 0) * 1e7),
    longitudeE7: i32((place?.longitudeDeg ?? 0) * 1e7),
    heightCm: i32((place?.heightMslM ?? 0) * 100),
    parameter1: 0,
    parameter2: 0,
    parameter3: 0,
    flag: 0xA5,
  });
}

/** Pitch positive with the nose down, yaw in [0, 3600). */
function decidegrees(rotation: Quaternion): { roll: number; pitch: number; yaw: number } {
  const { rollRad, pitchRad, yawRad } = rollPitchYaw(rotation);
  const yaw = Math.round(degreesFromRadians(yawRad) * 10);
  return {
    roll: i16(degreesFromRadians(rollRad) * 10),
    pitch: i16(-degreesFromRadians(pitchRad) * 10),
    yaw: ((yaw % 3600) + 3600) % 3600,
  };
}

function i16(value: number): number {
  return within(value, 0x7FFF);
}

function i32(value: number): number {
  return within(value, 0x7FFFFFFF);
}

/** `+ 0`: no negative zero. */
function within(value: number, magnitude: number): number {
  return Math.min(magnitude, Math.max(-magnitude, Math.round(value))) + 0;
}
