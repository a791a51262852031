/**
 * A flight of the estimator alone under lying GPS: the simulator's motion and GPS, fixes and odometry
 * with the errors that were measured on them, no pictures. Pure data from a seed.
 *
 * @module
 */
import { LocalFrame, seededRandom, type Vector3 } from "../../src/core/mod.ts";
import {
  type EstimatorEvent,
  type GpsSample,
  type PoseAnchor,
  type StateEstimator,
} from "../../src/navigation/state_estimator/mod.ts";
import { GpsSensor, type GpsWindow } from "../../src/workstation/simulation/gps_sensor.ts";
import type { Aircraft } from "../../src/workstation/simulation/mod.ts";
import { testedEstimator } from "./gtsam.ts";
import { feed, makeScenario, type Message, type Truth } from "../unit/state_estimator_scenario.ts";
import { FLIGHT_IMU_HZ, FLIGHT_ORIGIN, pathOf } from "./estimator_path.ts";

const GPS_HZ = 5;
/** The scenario's time of take-off. */
const START_NS = 1e9;
const SETTLED_S = 5;

export interface SpoofedFlightOptions {
  readonly seed: number | string;
  readonly aircraft: Aircraft;
  readonly durationS: number;
  readonly gps: readonly GpsWindow[];
  readonly map?: { readonly offsetSigmaM: number; readonly localSigmaM: number };
  readonly mapShiftM?: readonly [number, number];
  /** false: no pictures, neither fixes nor odometry. */
  readonly vision?: boolean;
  /** From this second of the flight on the camera shows nothing. */
  readonly darkFromS?: number;
  /** false: nothing is known of the start but what GPS says. */
  readonly origin?: boolean;
  /** No fixes in [from, to), seconds. */
  readonly blackouts?: readonly (readonly [number, number])[];
  /** Changes a sample before the estimator has it. */
  readonly change?: (sample: GpsSample, timeS: number) => GpsSample;
  /** Changes a fix before the estimator has it. */
  readonly changeFix?: (fix: PoseAnchor, timeS: number) => PoseAnchor;
}

export interface SpoofedFlightResult {
  /** Of demotion, seconds of the flight; undefined where GPS stayed trusted. */
  readonly demotedS: number | undefined;
  readonly reason: string;
  /** What GPS was off by then, metres. */
  readonly offsetM: number;
  /** Largest horizontal error after `fromS`, and the 95 % radius of that moment. */
  readonly worstM: number;
  readonly worst95M: number;
  /** Half a minute after demotion (or at the end). */
  readonly laterM: number;
  readonly later95M: number;
  /** Seconds with an error over 10 m and over twice the 95 % radius. */
  readonly confidentlyWrongS: number;
  /** Of the seconds after `fromS`: inside the 95 % ellipse's axis. */
  readonly inside95: number;
  readonly finalGps: "absent" | "trusted" | "demoted";
  readonly events: readonly EstimatorEvent[];
  readonly errorsM: readonly number[];
}

/** Flies it; errors are looked at from `fromS` on, once in a fifth of a second. */
export function flySpoofed(options: SpoofedFlightOptions, fromS = SETTLED_S): SpoofedFlightResult {
  const truths = pathOf(options);
  const { seed, map, mapShiftM, blackouts } = options;
  const scenario = makeScenario({
    seed,
    path: truths,
    imuHz: FLIGHT_IMU_HZ,
    latencyS: 0.3,
    map,
    mapShiftM,
    blackouts,
  });
  const localFrame = new LocalFrame(FLIGHT_ORIGIN);
  const events: EstimatorEvent[] = [];
  const estimator = testedEstimator({
    localFrame,
    onEvent: (event) => event.type === "measurement" || events.push(event),
  });
  const random = seededRandom(`spoofed ${seed}`), start = truths[0].position;
  const origin = (axis: number) => start[axis] + 5 * random.normal();
  const positionLocalM: Vector3 = [origin(0), origin(1), origin(2)];
  if (options.origin !== false) estimator.setTakeoffOrigin({ positionLocalM }, 5, 5);
  const gps = new GpsSensor(random.fork("gps"), options.gps, GPS_HZ);
  const tally = new Tally(fromS);
  const darkFromNs = START_NS + 1e9 * (options.darkFromS ?? Infinity);
  let nextNs = START_NS + 1e9 / GPS_HZ;
  for (const message of scenario.messages) {
    const isSeen = message.kind === "vio" || message.kind === "anchor";
    const isDark = options.vision === false || message.arrivalNs > darkFromNs;
    if (!(isDark && isSeen)) feed(estimator, changed(message, options));
    if (message.kind !== "imu" || message.arrivalNs < nextNs) continue;
    nextNs += 1e9 / GPS_HZ;
    const truth = scenario.truthAt(message.value.timeNs);
    const timeS = (truth.timeNs - START_NS) / 1e9;
    const sample = sampleOf(gps, truth, localFrame);
    if (sample !== undefined) {
      tally.offsetM = distanceM(localFrame.localFromWgs(sample.position), truth.position);
      estimator.addGps(options.change?.(sample, timeS) ?? sample);
    }
    tally.look(timeS, estimator, truth.position);
  }
  return { ...tally.result(), events, finalGps: estimator.health().gps };
}

function changed(message: Message, { changeFix }: SpoofedFlightOptions): Message {
  if (message.kind !== "anchor" || changeFix === undefined) return message;
  return { ...message, value: changeFix(message.value, (message.value.timeNs - START_NS) / 1e9) };
}

/** As from a controller that reports nothing of the signal (MAVLink's GPS_RAW_INT). */
function sampleOf(gps: GpsSensor, truth: Truth, frame: LocalFrame): GpsSample | undefined {
  const reading = gps.measure({
    timeS: (truth.timeNs - START_NS) / 1e9,
    positionLocalM: truth.position,
    velocityLocalMps: truth.velocity,
    localFromBody: truth.attitude,
  });
  if (reading === null) return undefined;
  const { positionLocalM, velocityLocalMps: [east, north], ...rest } = reading;
  return {
    ...rest,
    timeNs: truth.timeNs,
    position: frame.wgsFromLocal(positionLocalM),
    velocityLocalMps: [east, north, 0],
    hasVerticalVelocity: false,
    integrity: rest.integrity === "ok" ? "unknown" : rest.integrity,
  };
}

class Tally {
  readonly #fromS: number;
  readonly #errorsM: number[] = [];
  #demotedS: number | undefined;
  #reason = "";
  #demotedOffsetM = NaN;
  #worstM = 0;
  #worst95M = 0;
  #later: [number, number] = [NaN, NaN];
  #wrong = 0;
  #inside = 0;
  /** Of the newest sample. */
  offsetM = 0;

  constructor(fromS: number) {
    this.#fromS = fromS;
  }

  look(timeS: number, estimator: StateEstimator, truth: Vector3): void {
    const estimate = estimator.currentEstimate(), { gps, gpsReason } = estimator.health();
    if (gps === "demoted" && this.#demotedS === undefined) {
      this.#demotedS = timeS;
      this.#reason = gpsReason;
      this.#demotedOffsetM = this.offsetM;
    }
    const errorM = distanceM(estimate.positionLocalM, truth), r95M = estimate.horizontal95M;
    if (timeS <= (this.#demotedS ?? Infinity) + 30) this.#later = [errorM, r95M];
    if (timeS < this.#fromS) return;
    this.#errorsM.push(errorM);
    if (errorM <= r95M) this.#inside++;
    if (errorM > 10 && errorM > 2 * r95M) this.#wrong++;
    if (errorM > this.#worstM) [this.#worstM, this.#worst95M] = [errorM, r95M];
  }

  result(): Omit<SpoofedFlightResult, "events" | "finalGps"> {
    return {
      demotedS: this.#demotedS,
      reason: this.#reason,
      offsetM: this.#demotedOffsetM,
      worstM: this.#worstM,
      worst95M: this.#worst95M,
      laterM: this.#later[0],
      later95M: this.#later[1],
      confidentlyWrongS: this.#wrong / GPS_HZ,
      inside95: this.#inside / this.#errorsM.length,
      errorsM: this.#errorsM,
    };
  }
}

function distanceM(a: Vector3, b: Vector3): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
