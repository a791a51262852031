/**
 * What a flight controller would tell of a vehicle that flies by itself: its sensors with their errors, its
 * clock, and the way to us. The same seed is the same flight.
 *
 * Errors are those of small aircraft (1 sigma): GPS 1 m that wanders within 40 s and 0.5 m white, 0.1 m/s;
 * attitude 0.6° and 2° of heading within 60 s; barometer 1 m within 400 s and 0.3 m white; IMU white at the
 * density of a BMI088, with a constant bias.
 *
 * @module
 */
import {
  type ControllerNs,
  GaussMarkov,
  LocalFrame,
  type MonotonicNs,
  quaternionFromRotationVector,
  quaternionMultiply,
  type Random,
  seededRandom,
  type Vector3,
} from "../../../core/mod.ts";
import type { ControllerEvent, FlightState } from "../../flight_events/mod.ts";
import type { FlownFlight } from "./flown_flight.ts";
import type { SimulatedVehicle, VehicleTruth } from "./simulated_vehicle.ts";

interface SimulatedFlightOptions {
  readonly vehicle: SimulatedVehicle;
  /** Where it is armed. */
  readonly home: { readonly latitudeDeg: number; readonly longitudeDeg: number };
  /** UTC at time 0 of the canonical clock. */
  readonly startUtc: Date;
  readonly seed: number | string;
}

const IMU_RATE_HZ = 100;
/** Steps of the IMU between two samples of the others. */
const EVERY = { attitude: 5, pressure: 10, gps: 20, position: 50, clock: 100 };
/** Of home over mean sea level, metres: the map's ground is not known here, and need not be. */
const HOME_HEIGHT_MSL_M = 150;
const HOME_PRESSURE_HPA = 995;
/** ISO 2533: T₀/L and g/(R·L). */
const TEMPERATURE_OVER_LAPSE_M = 44_330.77, EXPONENT = 5.2559;
/** The controller was switched on so long before, and its clock gains. */
const SWITCHED_ON_NS = 47e9, SKEW = 12e-6;
const DELAY_NS = 2e6, JITTER_NS = 1.5e6;
const DEGREE = Math.PI / 180;
const ACCELEROMETER_DENSITY = 0.0025, GYROSCOPE_DENSITY = 2.5e-4;
const ACCELEROMETER_BIAS_MPS2 = 0.04, GYROSCOPE_BIAS_RPS = 5e-4;

interface Times {
  readonly receivedNs: MonotonicNs;
  readonly controllerNs: ControllerNs;
}

/** Told in the order in which it arrives, until the vehicle's end. */
export class SimulatedFlight implements FlownFlight {
  readonly firmware = "simulated 1";
  readonly #options: SimulatedFlightOptions;
  readonly #frame: LocalFrame;
  readonly #sensors: Sensors;
  readonly #random: Random;
  #receivedNs = 0;
  #state: FlightState | null = null;

  constructor(options: SimulatedFlightOptions) {
    const random = seededRandom(options.seed);
    this.#options = options;
    this.#frame = new LocalFrame({ ...options.home, heightM: HOME_HEIGHT_MSL_M });
    this.#sensors = new Sensors(random.fork("sensors"));
    this.#random = random.fork("line");
  }

  async *events(): AsyncGenerator<ControllerEvent> {
    const { vehicle } = this.#options;
    for (let step = 1; step / IMU_RATE_HZ <= vehicle.endS; step++) {
      yield* this.step(step);
    }
  }

  /** What is told of the moment `step` hundredths of a second after the start. */
  *step(step: number): Generator<ControllerEvent> {
    const timeS = step / IMU_RATE_HZ;
    const truth = this.#options.vehicle.truthAt(timeS);
    const times = this.#times(timeS);
    if (truth.state !== this.#state) {
      this.#state = truth.state;
      yield { kind: "flight_state", receivedNs: times.receivedNs, state: truth.state };
    }
    yield { kind: "imu", ...times, ...this.#sensors.imu(truth) };
    if (step % EVERY.attitude === 0) {
      yield { kind: "attitude", ...times, localFromBody: this.#sensors.attitude(truth) };
    }
    if (step % EVERY.pressure === 0) {
      yield { kind: "pressure", ...times, pressureHpa: this.#sensors.pressureHpa(truth) };
    }
    if (step % EVERY.gps === 0) yield this.#gps(truth, times);
    if (step % EVERY.position === 0) yield this.#position(truth, times);
    if (step % EVERY.clock === 0) {
      yield { kind: "clock_sync", ...times, roundTripNs: 2 * DELAY_NS };
      yield { kind: "controller_utc", ...times, utcMs: this.#utcMs(timeS) };
    }
  }

  #times(timeS: number): Times {
    const measuredNs = Math.round(timeS * 1e9);
    const delayNs = DELAY_NS - JITTER_NS * Math.log(1 - this.#random.uniform());
    this.#receivedNs = Math.max(this.#receivedNs, Math.round(measuredNs + delayNs));
    return {
      receivedNs: this.#receivedNs as MonotonicNs,
      controllerNs: Math.round(SWITCHED_ON_NS + measuredNs * (1 + SKEW)) as ControllerNs,
    };
  }

  #gps(truth: VehicleTruth, times: Times): ControllerEvent {
    const { positionEnuM, velocityEnuMps } = this.#sensors.gps(truth);
    return {
      kind: "gps",
      ...times,
      fix: "3d",
      position: this.#frame.wgsFromLocal(positionEnuM),
      heightOver: "mean_sea_level",
      velocityEnuMps,
      sigmaHorizontalM: 1.5,
      sigmaVerticalM: 2.5,
      satellites: 14,
      integrity: "unknown",
    };
  }

  #position(truth: VehicleTruth, times: Times): ControllerEvent {
    const { latitudeDeg, longitudeDeg } = this.#frame.wgsFromLocal(truth.positionEnuM);
    const heightAboveHomeM = truth.positionEnuM[2];
    const heightMslM = HOME_HEIGHT_MSL_M + heightAboveHomeM;
    return {
      kind: "controller_position",
      ...times,
      latitudeDeg,
      longitudeDeg,
      heightMslM,
      heightAboveHomeM,
    };
  }

  #utcMs(timeS: number): number {
    return this.#options.startUtc.getTime() + 1000 * timeS;
  }
}

class Sensors {
  readonly #random: Random;
  readonly #gps: readonly GaussMarkov[];
  readonly #tilt: readonly GaussMarkov[];
  readonly #heading: GaussMarkov;
  readonly #barometer: GaussMarkov;
  readonly #accelerometerBias: Vector3;
  readonly #gyroscopeBias: Vector3;

  constructor(random: Random) {
    const wander = (label: string, sigma: number, timeConstantS: number) =>
      new GaussMarkov(random.fork(label), { sigma, timeConstantS });
    this.#random = random.fork("white");
    this.#gps = ["east", "north", "up"].map((label) => wander(label, label === "up" ? 1.8 : 1, 40));
    this.#tilt = ["roll", "pitch"].map((label) => wander(label, 0.6 * DEGREE, 60));
    this.#heading = wander("heading", 2 * DEGREE, 60);
    this.#barometer = wander("barometer", 1, 400);
    this.#accelerometerBias = this.#noise([0, 0, 0], ACCELEROMETER_BIAS_MPS2);
    this.#gyroscopeBias = this.#noise([0, 0, 0], GYROSCOPE_BIAS_RPS);
  }

  imu({ specificForceMps2, angularRateRps }: VehicleTruth) {
    const perSample = Math.sqrt(IMU_RATE_HZ);
    return {
      specificForceMps2: this.#noise(
        plus(specificForceMps2, this.#accelerometerBias),
        ACCELEROMETER_DENSITY * perSample,
      ),
      angularRateRps: this.#noise(
        plus(angularRateRps, this.#gyroscopeBias),
        GYROSCOPE_DENSITY * perSample,
      ),
    };
  }

  attitude({ localFromBody }: VehicleTruth) {
    const [roll, pitch] = this.#tilt.map((one) => one.step(periodS("attitude")));
    const tilted = quaternionMultiply(
      localFromBody,
      quaternionFromRotationVector([roll, pitch, 0]),
    );
    const turned = quaternionFromRotationVector([0, 0, this.#heading.step(periodS("attitude"))]);
    return quaternionMultiply(turned, tilted);
  }

  pressureHpa({ positionEnuM: [, , heightM] }: VehicleTruth): number {
    const shownM = heightM + this.#barometer.step(periodS("pressure")) +
      0.3 * this.#random.normal();
    return HOME_PRESSURE_HPA * (1 - shownM / TEMPERATURE_OVER_LAPSE_M) ** EXPONENT;
  }

  gps({ positionEnuM, velocityEnuMps }: VehicleTruth) {
    const [east, north, up] = this.#gps.map((one) => one.step(periodS("gps")));
    return {
      positionEnuM: this.#noise(plus(positionEnuM, [east, north, up]), 0.5),
      velocityEnuMps: this.#noise(velocityEnuMps, 0.1),
    };
  }

  #noise([x, y, z]: Vector3, sigma: number): Vector3 {
    const random = this.#random;
    return [
      x + sigma * random.normal(),
      y + sigma * random.normal(),
      z + sigma * random.normal(),
    ];
  }
}

function periodS(stream: keyof typeof EVERY): number {
  return EVERY[stream] / IMU_RATE_HZ;
}

function plus(a: Vector3, b: Vector3): Vector3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}
