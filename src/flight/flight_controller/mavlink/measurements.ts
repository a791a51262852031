/**
 * Measurements from MAVLink messages: units of the messages to SI, body FRD and ENU, one stream of
 * each kind where a controller sends several.
 *
 * A position is taken of one GPS receiver only, the one that is not ours: a controller that takes our
 * positions in as a GPS receiver reports them back as such, and an estimate must never confirm itself.
 *
 * @module
 */
import {
  type ControllerNs,
  controllerNs,
  localFromBody,
  type MonotonicNs,
  type Vector3,
} from "../../../core/mod.ts";
import {
  GPS_FIX_TYPE,
  GPS_JAMMING_STATE,
  GPS_SPOOFING_STATE,
  type Message,
  type MessageOf,
} from "../../../link/mavlink/mod.ts";
import type { ControllerEvent, GpsEvent } from "../../flight_events/mod.ts";

type RawGps = MessageOf<"GPS_RAW_INT"> | MessageOf<"GPS2_RAW">;
type ScaledImu = MessageOf<"RAW_IMU"> | MessageOf<"SCALED_IMU">;
type ImuMessage = ScaledImu | MessageOf<"HIGHRES_IMU">;

const MILLI_G_MPS2 = 9.80665e-3;
/** Accelerometers measure up to 32 g, gyroscopes up to 4000 °/s. */
const FORCE_MAX_MPS2 = 400;
const RATE_MAX_RPS = 80;
/** The message with the most digits first. */
const IMU_RANKS = { SCALED_IMU: 1, RAW_IMU: 2, HIGHRES_IMU: 3 } as const;
/** A better message that has not come for so long no longer stands in the way of another. */
const IMU_SILENT_NS = 0.5e9;
const UNKNOWN_UINT16 = 65535;
/** Position error for one HDOP, and the least that is believed where a receiver states none. */
const SIGMA_PER_HDOP_M = 2.5;
const SIGMA_MIN_M = 1.5;
/** A time stamp beyond this counts from 1970 and not from the controller's start. */
const EPOCH_USEC_MIN = 1e15;
const BOOT_WRAP_USEC = 2 ** 32 * 1e3;

/** Which receiver is the controller's own; null: not known yet, and no position is taken. */
export type GpsInstance = 1 | 2 | null;

export class MavlinkMeasurements {
  gpsInstance: GpsInstance;
  #imuRank = 0;
  #imuRankNs = -Infinity;
  #gpsTimeUsec = -1;
  #newestControllerNs = 0;
  #integrity: GpsEvent["integrity"] = "unknown";

  constructor(gpsInstance: GpsInstance) {
    this.gpsInstance = gpsInstance;
  }

  /** null where the message is no measurement, repeats one, or holds what nothing can measure. */
  event(message: Message, receivedNs: MonotonicNs): ControllerEvent | null {
    switch (message.name) {
      case "HIGHRES_IMU":
      case "RAW_IMU":
      case "SCALED_IMU":
        return this.#imu(message, receivedNs);
      case "ATTITUDE":
        return this.#attitude(message, receivedNs);
      case "SCALED_PRESSURE":
        return !Number.isFinite(message.pressAbs) ? null : {
          kind: "pressure",
          receivedNs,
          controllerNs: this.#bootMs(message.timeBootMs),
          pressureHpa: message.pressAbs,
        };
      case "GPS_RAW_INT":
        return this.gpsInstance === 1 ? this.#gps(message, receivedNs) : null;
      case "GPS2_RAW":
        return this.gpsInstance === 2 ? this.#gps(message, receivedNs) : null;
      case "GNSS_INTEGRITY":
        this.#observeIntegrity(message);
        return null;
      case "GLOBAL_POSITION_INT":
        return !isOnEarth(message) ? null : {
          kind: "controller_position",
          receivedNs,
          controllerNs: this.#bootMs(message.timeBootMs),
          latitudeDeg: message.lat * 1e-7,
          longitudeDeg: message.lon * 1e-7,
          heightMslM: message.alt * 1e-3,
          heightAboveHomeM: message.relativeAlt * 1e-3,
        };
      case "SYSTEM_TIME":
        return message.timeUnixUsec === 0 ? null : {
          kind: "controller_utc",
          receivedNs,
          controllerNs: this.#bootMs(message.timeBootMs),
          utcMs: message.timeUnixUsec / 1e3,
        };
      default:
        return null;
    }
  }

  #bootMs(timeBootMs: number) {
    const ns = controllerNs(timeBootMs * 1e6);
    this.#newestControllerNs = ns;
    return ns;
  }

  /** The best of the messages that come; the others are copies with fewer digits. */
  #imu(message: ImuMessage, receivedNs: MonotonicNs): ControllerEvent | null {
    const rank = IMU_RANKS[message.name];
    const isSilent = receivedNs - this.#imuRankNs > IMU_SILENT_NS;
    if (rank < this.#imuRank && !isSilent) return null;
    this.#imuRank = rank;
    this.#imuRankNs = receivedNs;
    const timeNs = message.name === "SCALED_IMU"
      ? this.#bootMs(message.timeBootMs)
      : bootTimeNs(message.timeUsec);
    const [force, rate] = message.name === "HIGHRES_IMU" ? [1, 1] : [MILLI_G_MPS2, 1e-3];
    const specificForceMps2: Vector3 = [
      message.xacc * force,
      message.yacc * force,
      message.zacc * force,
    ];
    const angularRateRps: Vector3 = [
      message.xgyro * rate,
      message.ygyro * rate,
      message.zgyro * rate,
    ];
    if (!isWithin(specificForceMps2, FORCE_MAX_MPS2)) return null;
    if (!isWithin(angularRateRps, RATE_MAX_RPS)) return null;
    return {
      kind: "imu",
      receivedNs,
      controllerNs: timeNs,
      specificForceMps2,
      angularRateRps,
    };
  }

  #attitude(
    { timeBootMs, roll, pitch, yaw }: MessageOf<"ATTITUDE">,
    receivedNs: MonotonicNs,
  ): ControllerEvent | null {
    if (![roll, pitch, yaw].every(Number.isFinite)) return null;
    return {
      kind: "attitude",
      receivedNs,
      controllerNs: this.#bootMs(timeBootMs),
      localFromBody: localFromBody({ rollRad: roll, pitchRad: pitch, yawRad: yaw }),
    };
  }

  #observeIntegrity({ jammingState, spoofingState }: MessageOf<"GNSS_INTEGRITY">): void {
    const isSpoofed = spoofingState === GPS_SPOOFING_STATE.DETECTED;
    const isJammed = jammingState === GPS_JAMMING_STATE.DETECTED;
    this.#integrity = isSpoofed ? "spoofed" : isJammed ? "jammed" : "unknown";
  }

  /** The same fix is sent again until there is a new one: told by its time stamp. */
  #gps(message: RawGps, receivedNs: MonotonicNs): ControllerEvent | null {
    if (message.timeUsec === this.#gpsTimeUsec) return null;
    this.#gpsTimeUsec = message.timeUsec;
    // 0: ArduPilot before its first fix.
    const isBootTime = message.timeUsec > 0 && message.timeUsec < EPOCH_USEC_MIN;
    const timeNs = !isBootTime
      ? controllerNs(this.#newestControllerNs)
      : bootTimeNs(message.timeUsec);
    const fix = fixOf(message.fixType);
    const satellites = message.satellitesVisible === 255 ? 0 : message.satellitesVisible;
    const base = {
      kind: "gps",
      receivedNs,
      controllerNs: timeNs,
      satellites,
      integrity: this.#integrity,
    } as const;
    if (fix === "none" || !isOnEarth(message)) {
      return { ...base, fix: "none", ...NO_POSITION };
    }
    const hdop = message.eph === UNKNOWN_UINT16 ? 1 : message.eph / 100;
    const vdop = message.epv === UNKNOWN_UINT16 ? 2 : message.epv / 100;
    const hasEllipsoid = message.altEllipsoid !== 0;
    const speedMps = message.vel === UNKNOWN_UINT16 ? 0 : message.vel / 100;
    const courseRad = message.cog === UNKNOWN_UINT16 ? 0 : message.cog / 100 * Math.PI / 180;
    return {
      ...base,
      fix,
      position: {
        latitudeDeg: message.lat * 1e-7,
        longitudeDeg: message.lon * 1e-7,
        heightM: (hasEllipsoid ? message.altEllipsoid : message.alt) * 1e-3,
      },
      ...(hasEllipsoid ? {} : { heightOver: "mean_sea_level" as const }),
      velocityEnuMps: [speedMps * Math.sin(courseRad), speedMps * Math.cos(courseRad), 0],
      hasVerticalVelocity: false,
      sigmaHorizontalM: sigmaM(message.hAcc, hdop),
      sigmaVerticalM: sigmaM(message.vAcc, 1.5 * vdop),
    };
  }
}

/**
 * Other messages count milliseconds in 32 bits, which a simulated controller's clock, counting from 1970,
 * exceeds: so cut, all of them have the same time. Real ones reach it after 49 days.
 */
function bootTimeNs(timeUsec: number): ControllerNs {
  return controllerNs((timeUsec % BOOT_WRAP_USEC) * 1e3);
}

const NO_POSITION = {
  position: { latitudeDeg: 0, longitudeDeg: 0, heightM: 0 },
  velocityEnuMps: [0, 0, 0],
  hasVerticalVelocity: false,
  sigmaHorizontalM: 999,
  sigmaVerticalM: 999,
} as const;

function fixOf(fixType: number): GpsEvent["fix"] {
  if (fixType >= GPS_FIX_TYPE["3D_FIX"] && fixType <= GPS_FIX_TYPE.RTK_FIXED) return "3d";
  return fixType === GPS_FIX_TYPE["2D_FIX"] ? "2d" : "none";
}

/** What the receiver states in millimetres, else by its dilution of precision. */
function sigmaM(statedMm: number, dilution: number): number {
  return statedMm > 0 ? statedMm * 1e-3 : Math.max(SIGMA_MIN_M, SIGMA_PER_HDOP_M * dilution);
}

/** NaN is not. */
function isWithin(vector: Vector3, limit: number): boolean {
  return vector.every((value) => Math.abs(value) <= limit);
}

function isOnEarth({ lat, lon }: { readonly lat: number; readonly lon: number }): boolean {
  return Math.abs(lat) <= 90e7 && Math.abs(lon) <= 180e7;
}
