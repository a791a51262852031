/**
 * Writes the sensor streams of a flight as rows of the recorded-flight folder.
 *
 * @module
 */
import {
  GaussMarkov,
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

/** What one sensor says at one moment. */
type SensorReading =
  & { readonly timeS: number; readonly state: TrueState }
  & (
    | { readonly kind: "imu"; readonly stamp: LinkStamp; readonly sample: IdealImuSample }
    | { readonly kind: "attitude"; readonly stamp: LinkStamp; readonly localFromBody: Quaternion }
    | { readonly kind: "baro"; readonly stamp: LinkStamp; readonly heightM: number }
    | { readonly kind: "gps"; readonly stamp: LinkStamp; readonly reading: GpsReading }
    | { readonly kind: "velocity"; readonly stamp: LinkStamp; readonly velocityBodyMps: Vector3 }
    /** The truth itself, at its own rate. */
    | { readonly kind: "truth" }
  );

/** The sensors of one flight: all of their readings, in the order in which they arrive. */
export class FlightSensors {
  readonly link: ControllerLink;
  readonly #flight: StreamFlight;
  readonly #imu: ImuSensor;
  readonly #attitude: AttitudeSensor;
  readonly #baro: BaroSensor;
  readonly #gps: GpsSensor;
  readonly #velocity: VelocitySensor | null;

  constructor(random: Random, flight: StreamFlight) {
    const { options } = flight;
    const rateHz = options.imuRateHz;
    this.#flight = flight;
    this.link = controllerLink(random);
    this.#imu = new ImuSensor(random.fork("imu"), BMI088, rateHz);
    this.#attitude = new AttitudeSensor(random.fork("attitude"), {
      ...STREAM_SIGMAS,
      timeConstantS: ATTITUDE_TIME_CONSTANT_S,
    }, rateHz / this.#every(ATTITUDE_RATE_HZ));
    this.#baro = new BaroSensor(random.fork("baro"), this.#every(BARO_RATE_HZ) / rateHz);
    this.#gps = new GpsSensor(
      random.fork("gps"),
      options.gps,
      rateHz / this.#every(GPS_RATE_HZ),
    );
    this.#velocity = options.velocity
      ? new VelocitySensor(random.fork("velocity"), rateHz / this.#every(VELOCITY_RATE_HZ))
      : null;
  }

  get imuBias() {
    return this.#imu.bias;
  }

  /** To be passed through once. */
  *readings(): Generator<SensorReading> {
    const { options, trajectory, localFrame } = this.#flight;
    const velocitySensor = this.#velocity;
    for (let index = 0; index < trajectory.count; index++) {
      const state = trajectory.state(index);
      const { timeS } = state;
      const due = (streamHz: number) => index % this.#every(streamHz) === 0;
      const stamp = () => this.link.stamp(timeS);
      // One line carries all of the controller's messages: their order here is the order of arrival.
      if (index > 0) {
        const sample = this.#imu.measure(trajectory.idealImu(index));
        yield { kind: "imu", timeS, state, stamp: stamp(), sample };
      }
      if (due(ATTITUDE_RATE_HZ)) {
        const localFromBody = this.#attitude.measure(state.localFromBody);
        yield { kind: "attitude", timeS, state, stamp: stamp(), localFromBody };
      }
      if (due(BARO_RATE_HZ)) {
        const heightM = localFrame.origin.heightM + this.#baro.measure(state.positionLocalM[2]);
        yield { kind: "baro", timeS, state, stamp: stamp(), heightM };
      }
      if (options.prior && due(GPS_RATE_HZ)) {
        const reading = this.#gps.measure(state);
        if (reading !== null) yield { kind: "gps", timeS, state, stamp: stamp(), reading };
      }
      if (velocitySensor !== null && due(VELOCITY_RATE_HZ)) {
        const velocityBodyMps = velocitySensor.measure(state);
        yield { kind: "velocity", timeS, state, stamp: stamp(), velocityBodyMps };
      }
      if (due(TRUTH_RATE_HZ)) yield { kind: "truth", timeS, state };
    }
  }

  #every(streamHz: number): number {
    return Math.max(1, Math.round(this.#flight.options.imuRateHz / streamHz));
  }
}

/** Writes the streams of the sensors and the truth; returns facts for truth.json. */
export async function writeStreams(
  random: Random,
  flight: StreamFlight,
  folder: FlightFolder,
): Promise<Record<string, unknown>> {
  const sensors = new FlightSensors(random, flight);
  const imuBiasAtStart = sensors.imuBias;
  for (const reading of sensors.readings()) {
    const row = rowOf(reading, flight.localFrame);
    await folder.row(`${reading.kind}.csv`, row);
  }
  return {
    controllerClock: sensors.link.options,
    imuBiasAtStart,
    imuBiasAtEnd: sensors.imuBias,
  };
}

function rowOf(reading: SensorReading, localFrame: LocalFrame): (string | number)[] {
  if (reading.kind === "truth") return truthColumns(reading.state, localFrame);
  const times = stamps(reading.stamp);
  switch (reading.kind) {
    case "imu":
      return [...times, ...imuColumns(reading.sample)];
    case "attitude":
      return [...times, ...quaternion(reading.localFromBody)];
    case "baro":
      return [...times, reading.heightM.toFixed(3)];
    case "gps":
      return [...times, ...gpsColumns(reading.reading, localFrame)];
    case "velocity":
      return [...times, ...velocityColumns(reading.velocityBodyMps)];
  }
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
