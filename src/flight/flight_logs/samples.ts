/**
 * Measurements of a log as samples, with the checks that all kinds of logs share: what no aircraft can
 * have measured is refused.
 *
 * @module
 */
import {
  type ControllerNs,
  localFromBody,
  type MonotonicNs,
  type Quaternion,
  quaternionNormalise,
  radiansFromDegrees,
  type Vector3,
} from "../../core/mod.ts";
import type { GpsEvent } from "../flight_events/mod.ts";
import type { LogSample } from "./contract.ts";

/** Accelerometers measure up to 32 g, gyroscopes up to 4000 °/s. */
const ACCELERATION_MAX_MPS2 = 400;
const RATE_MAX_RPS = 80;
const HEIGHT_MIN_M = -2000;
const HEIGHT_MAX_M = 60_000;
const SPEED_MAX_MPS = 1000;
/** Beyond it a time is not exact as a number of nanoseconds: 104 days. */
const TIME_MAX_NS = Number.MAX_SAFE_INTEGER;

/** Until the flight's own clock is known. */
const NOT_YET = 0 as MonotonicNs;

/** A log's GPS as it is, NaN where it has none. */
interface LogGps {
  readonly fix: GpsEvent["fix"];
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly heightM: number;
  readonly velocityEnuMps: Vector3;
  readonly sigmaHorizontalM: number;
  readonly sigmaVerticalM: number;
  readonly satellites: number;
  readonly integrity: GpsEvent["integrity"];
}

export class SampleSink {
  readonly #isWanted: (source: string) => boolean;
  #samples: LogSample[] = [];
  refused = 0;

  constructor(isWanted: (source: string) => boolean) {
    this.#isWanted = isWanted;
  }

  /** Where the next samples go. */
  into(samples: LogSample[]): void {
    this.#samples = samples;
  }

  isWanted(source: string): boolean {
    return this.#isWanted(source);
  }

  imu(source: string, timeNs: number, force: Vector3, rate: Vector3): void {
    if (!isWithin(force, ACCELERATION_MAX_MPS2) || !isWithin(rate, RATE_MAX_RPS)) {
      return this.refuse();
    }
    this.#add(source, timeNs, (controllerNs) => ({
      kind: "imu",
      receivedNs: NOT_YET,
      controllerNs,
      specificForceMps2: force,
      angularRateRps: rate,
    }));
  }

  /** Roll, pitch and yaw in degrees. */
  attitude(
    source: string,
    timeNs: number,
    rollDeg: number,
    pitchDeg: number,
    yawDeg: number,
  ): void {
    if (!isWithin([rollDeg, pitchDeg, yawDeg], 720)) return this.refuse();
    this.#attitude(
      source,
      timeNs,
      localFromBody({
        rollRad: radiansFromDegrees(rollDeg),
        pitchRad: radiansFromDegrees(pitchDeg),
        yawRad: radiansFromDegrees(yawDeg),
      }),
    );
  }

  /** `nedFromBody` need not be normalised. */
  quaternion(source: string, timeNs: number, nedFromBody: Quaternion): void {
    const norm = Math.hypot(...nedFromBody);
    if (!(norm > 0.9 && norm < 1.1)) return this.refuse();
    const [w, x, y, z] = nedFromBody;
    const s = Math.SQRT1_2;
    // ENU from NED (0, s, s, 0) times NED from body.
    this.#attitude(source, timeNs, [
      -s * (x + y),
      s * (w + z),
      s * (w - z),
      s * (y - x),
    ]);
  }

  /** ENU from body (FRD), normalised. */
  rotation(source: string, timeNs: number, enuFromBody: Quaternion): void {
    if (!isWithin(enuFromBody, 1.1)) return this.refuse();
    this.#attitude(source, timeNs, enuFromBody);
  }

  /** The standard atmosphere's height (ICAO Doc 7488). */
  pressure(source: string, timeNs: number, pascal: number): void {
    this.baro(source, timeNs, 44_330.77 * (1 - (pascal / 101_325) ** 0.190263));
  }

  baro(source: string, timeNs: number, heightM: number): void {
    if (!(heightM > HEIGHT_MIN_M && heightM < HEIGHT_MAX_M)) return this.refuse();
    this.#add(source, timeNs, (controllerNs) => ({
      kind: "baro",
      receivedNs: NOT_YET,
      controllerNs,
      heightM,
    }));
  }

  gps(source: string, timeNs: number, gps: LogGps): void {
    const hasFix = gps.fix !== "none";
    const [east, north, up] = gps.velocityEnuMps;
    const isOnEarth = Math.abs(gps.latitudeDeg) <= 89 && Math.abs(gps.longitudeDeg) <= 180 &&
      gps.heightM > HEIGHT_MIN_M && gps.heightM < HEIGHT_MAX_M;
    if (hasFix && !(isOnEarth && isWithin([east, north], SPEED_MAX_MPS))) return this.refuse();
    const hasUp = Math.abs(up) <= SPEED_MAX_MPS;
    this.#add(source, timeNs, (controllerNs) => ({
      kind: "gps",
      receivedNs: NOT_YET,
      controllerNs,
      fix: gps.fix,
      position: isOnEarth
        ? {
          latitudeDeg: gps.latitudeDeg,
          longitudeDeg: gps.longitudeDeg,
          heightM: gps.heightM,
        }
        : { latitudeDeg: 0, longitudeDeg: 0, heightM: 0 },
      velocityEnuMps: hasFix ? [east, north, hasUp ? up : 0] : [0, 0, 0],
      hasVerticalVelocity: hasFix && hasUp,
      sigmaHorizontalM: gps.sigmaHorizontalM,
      sigmaVerticalM: gps.sigmaVerticalM,
      satellites: gps.satellites,
      integrity: gps.integrity,
    }));
  }

  position(
    source: string,
    timeNs: number,
    at: { latitudeDeg: number; longitudeDeg: number; heightMslM: number; heightAboveHomeM: number },
  ): void {
    const { latitudeDeg, longitudeDeg, heightMslM, heightAboveHomeM } = at;
    if (!(Math.abs(latitudeDeg) <= 90 && Math.abs(longitudeDeg) <= 180)) return this.refuse();
    if (!isWithin([heightMslM, heightAboveHomeM], HEIGHT_MAX_M)) return this.refuse();
    this.#add(source, timeNs, (controllerNs) => ({
      kind: "controller_position",
      receivedNs: NOT_YET,
      controllerNs,
      ...at,
    }));
  }

  state(source: string, timeNs: number, state: "on_ground" | "in_flight"): void {
    this.#add(source, timeNs, (controllerNs) => ({ kind: "flight_state", controllerNs, state }));
  }

  refuse(): void {
    this.refused++;
  }

  #attitude(source: string, timeNs: number, rotation: Quaternion): void {
    this.#add(source, timeNs, (controllerNs) => ({
      kind: "attitude",
      receivedNs: NOT_YET,
      controllerNs,
      localFromBody: quaternionNormalise(rotation),
    }));
  }

  #add(
    source: string,
    timeNs: number,
    event: (controllerNs: ControllerNs) => LogSample["event"],
  ): void {
    if (!(timeNs >= 0 && timeNs < TIME_MAX_NS)) return this.refuse();
    this.#samples.push({ source, event: event(Math.round(timeNs) as ControllerNs) });
  }
}

function isWithin(values: readonly number[], limit: number): boolean {
  for (const value of values) if (!(Math.abs(value) <= limit)) return false;
  return true;
}

/** UTC of a time of GPS, milliseconds since 1970; undefined where the week cannot be right. */
export function utcMsFromGps(week: number, msOfWeek: number): number | undefined {
  if (!(week > 1000 && week < 4000 && msOfWeek >= 0 && msOfWeek < 604_800_000)) return undefined;
  const gpsMs = GPS_EPOCH_MS + week * 604_800_000 + msOfWeek;
  const leapSeconds = LEAP_SECONDS.find(([fromMs]) => gpsMs >= fromMs)?.[1] ?? 15;
  return gpsMs - leapSeconds * 1000;
}

const GPS_EPOCH_MS = Date.UTC(1980, 0, 6);
/** GPS less UTC, newest first (IERS Bulletin C). */
const LEAP_SECONDS: readonly (readonly [fromMs: number, seconds: number])[] = [
  [Date.UTC(2017, 0, 1), 18],
  [Date.UTC(2015, 6, 1), 17],
  [Date.UTC(2012, 6, 1), 16],
];
