/**
 * Writes the sensor streams of a flight as rows of the recorded-flight folder.
 *
 * @module
 */
import {
  type LocalFrame,
  NS_PER_SECOND,
  type Quaternion,
  type Random,
  type Vector3,
} from "../../core/mod.ts";
import { AttitudeSensor } from "./attitude_sensor.ts";
import { ControllerLink, type LinkStamp } from "./controller_link.ts";
import type { FlightFolder } from "./flight_folder.ts";
import type { FlightOptions } from "./flight_options.ts";
import { type GpsReading, GpsSensor } from "./gps_sensor.ts";
import { BMI088, ImuSensor } from "./imu.ts";
import { GaussMarkov } from "./smooth_noise.ts";
import type { IdealImuSample, Trajectory, TrueState } from "./trajectory.ts";
import { VELOCITY_COVARIANCE, VelocitySensor } from "./velocity_sensor.ts";

const ATTITUDE_RATE_HZ = 50;
const BARO_RATE_HZ = 20;
const GPS_RATE_HZ = 5;
const VELOCITY_RATE_HZ = 10;
const TRUTH_RATE_HZ = 50;

/** Noise of the streams, 1 sigma: written to flight.json. */
export const STREAM_SIGMAS = { tiltDeg: 1, headingDeg: 3, baroM: 2 } as const;
const BARO_WHITE_M = 0.3;
const BARO_TIME_CONSTANT_S = 400;
const ATTITUDE_TIME_CONSTANT_S = 60;

interface StreamFlight {
  readonly options: FlightOptions;
  readonly trajectory: Trajectory;
  readonly localFrame: LocalFrame;
}

/** Writes the streams of the sensors and the truth; returns facts for truth.json. */
export async function writeStreams(
  random: Random,
  flight: StreamFlight,
  folder: FlightFolder,
): Promise<Record<string, unknown>> {
  const { options, trajectory, localFrame } = flight;
  const rateHz = options.imuRateHz;
  const every = (streamHz: number) => Math.max(1, Math.round(rateHz / streamHz));
  const link = controllerLink(random);
  const imu = new ImuSensor(random.fork("imu"), BMI088, rateHz);
  const imuBiasAtStart = imu.bias;
  const attitude = new AttitudeSensor(random.fork("attitude"), {
    ...STREAM_SIGMAS,
    timeConstantS: ATTITUDE_TIME_CONSTANT_S,
  }, rateHz / every(ATTITUDE_RATE_HZ));
  const baro = new BaroSensor(random.fork("baro"), every(BARO_RATE_HZ) / rateHz);
  const gps = new GpsSensor(random.fork("gps"), options.gps, rateHz / every(GPS_RATE_HZ));
  const velocity = options.velocity
    ? new VelocitySensor(random.fork("velocity"), rateHz / every(VELOCITY_RATE_HZ))
    : null;
  for (let index = 0; index < trajectory.count; index++) {
    const state = trajectory.state(index);
    const stamp = () => stamps(link.stamp(state.timeS));
    const due = (streamHz: number) => index % every(streamHz) === 0;
    // One line carries all of the controller's messages: their order here is the order of arrival.
    if (index > 0) {
      const sample = imu.measure(trajectory.idealImu(index));
      await folder.row("imu.csv", [...stamp(), ...imuColumns(sample)]);
    }
    if (due(ATTITUDE_RATE_HZ)) {
      const measured = attitude.measure(state.localFromBody);
      await folder.row("attitude.csv", [...stamp(), ...quaternion(measured)]);
    }
    if (due(BARO_RATE_HZ)) {
      const heightM = localFrame.origin.heightM + baro.measure(state.positionLocalM[2]);
      await folder.row("baro.csv", [...stamp(), heightM.toFixed(3)]);
    }
    if (options.prior && due(GPS_RATE_HZ)) {
      const reading = gps.measure(state);
      if (reading !== null) {
        await folder.row("gps.csv", [...stamp(), ...gpsColumns(reading, localFrame)]);
      }
    }
    if (velocity !== null && due(VELOCITY_RATE_HZ)) {
      await folder.row("velocity.csv", [...stamp(), ...velocityColumns(velocity.measure(state))]);
    }
    if (due(TRUTH_RATE_HZ)) await folder.row("truth.csv", truthColumns(state, localFrame));
  }
  return { controllerClock: link.options, imuBiasAtStart, imuBiasAtEnd: imu.bias };
}

function controllerLink(random: Random): ControllerLink {
  const clock = random.fork("clock");
  return new ControllerLink(random.fork("link"), {
    offsetS: Number((4 + 56 * clock.uniform()).toFixed(6)),
    skewPpm: Number((20 * clock.normal()).toFixed(3)),
    delayMinS: 0.002,
    jitterMeanS: 0.0015,
  });
}

function imuColumns(sample: IdealImuSample): string[] {
  return [...vector(sample.specificForceMps2, 5), ...vector(sample.angularRateRps, 7)];
}

function gpsColumns(reading: GpsReading, localFrame: LocalFrame): (string | number)[] {
  const p = reading.fix === "none"
    ? { latitudeDeg: 0, longitudeDeg: 0, heightM: 0 }
    : localFrame.wgsFromLocal(reading.positionLocalM);
  return [
    reading.fix,
    p.latitudeDeg.toFixed(8),
    p.longitudeDeg.toFixed(8),
    p.heightM.toFixed(3),
    ...vector(reading.velocityLocalMps, 3),
    reading.sigmaHorizontalM,
    reading.sigmaVerticalM,
    reading.satellites,
    reading.integrity,
  ];
}

function velocityColumns(velocityBodyMps: Vector3): string[] {
  const upper = [0, 1, 2, 4, 5, 8].map((i) => VELOCITY_COVARIANCE[i].toFixed(4));
  return [...vector(velocityBodyMps, 3), ...upper];
}

function truthColumns(state: TrueState, localFrame: LocalFrame): (string | number)[] {
  const p = localFrame.wgsFromLocal(state.positionLocalM);
  return [
    Math.round(state.timeS * NS_PER_SECOND),
    p.latitudeDeg.toFixed(10),
    p.longitudeDeg.toFixed(10),
    p.heightM.toFixed(4),
    ...vector(state.velocityLocalMps, 5),
    ...quaternion(state.localFromBody),
  ];
}

/** Height by air pressure: white noise and a slow drift of the weather. */
export class BaroSensor {
  readonly #random: Random;
  readonly #drift: GaussMarkov;
  readonly #stepS: number;

  constructor(random: Random, stepS: number) {
    this.#random = random.fork("white");
    this.#stepS = stepS;
    this.#drift = new GaussMarkov(random.fork("drift"), {
      sigma: STREAM_SIGMAS.baroM,
      timeConstantS: BARO_TIME_CONSTANT_S,
    });
  }

  measure(heightM: number): number {
    return heightM + this.#drift.step(this.#stepS) + BARO_WHITE_M * this.#random.normal();
  }
}

function stamps(stamp: LinkStamp): [number, number] {
  return [stamp.controllerNs, stamp.receivedNs];
}

function vector(v: Vector3, digits: number): string[] {
  return [v[0].toFixed(digits), v[1].toFixed(digits), v[2].toFixed(digits)];
}

function quaternion(q: Quaternion): string[] {
  const sign = q[0] < 0 ? -1 : 1;
  return q.map((part) => (sign * part).toFixed(8));
}
