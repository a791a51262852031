/**
 * A flight of the estimator alone whose IMU is at fault for a while: the simulator's motion, odometry and
 * fixes with the errors that were measured on them, no pictures. Pure data from a seed.
 *
 * @module
 */
import {
  LocalFrame,
  type MonotonicNs,
  type Quaternion,
  rotate,
  seededRandom,
  upVarianceM2,
  type Vector3,
} from "../../src/core/mod.ts";
import {
  type EstimatorEvent,
  type ImuSample,
  type SourceLabel,
  type StateEstimator,
} from "../../src/navigation/state_estimator/mod.ts";
import type { Aircraft } from "../../src/workstation/simulation/mod.ts";
import { testedEstimator } from "./gtsam.ts";
import { feed, makeScenario, type Message } from "../unit/state_estimator_scenario.ts";
import { FLIGHT_IMU_HZ, FLIGHT_ORIGIN, pathOf } from "./estimator_path.ts";

const START_NS = 1e9;
const UP: Vector3 = [0, 0, 1];
const LOOK_S = 0.1;
/** Closer than this the estimate is right again. */
const RIGHT_M = 5;

/** Specific force, angular rate. */
type Numbers = readonly number[];
/** null: there is no sample. */
type Change = (sample: Numbers, first: Numbers, noise: () => number) => Numbers | null;

const at = (index: number, change: (value: number) => number): Change => (sample) =>
  sample.map((value, i) => i === index ? change(value) : value);
const ofForce =
  (change: (value: number, noise: () => number) => number): Change => (sample, _, noise) =>
    sample.map((value, i) => i < 3 ? change(value, noise) : value);

export const IMU_FAULTS = {
  "none": (sample) => sample,
  "ax at 157 m/s²": at(0, () => 157),
  "ax at 100 m/s²": at(0, () => 100),
  "ay at −60 m/s²": at(1, () => -60),
  "ax 30 m/s² more": at(0, (value) => value + 30),
  "ax 5 m/s² more": at(0, (value) => value + 5),
  "ax 2 m/s² more": at(0, (value) => value + 2),
  "az at 0": at(2, () => 0),
  "ax flipped": at(0, (value) => -value),
  "ay flipped": at(1, (value) => -value),
  "az flipped": at(2, (value) => -value),
  "gz at 35 rad/s": at(5, () => 35),
  "gz at 5 rad/s": at(5, () => 5),
  "gx at 2 rad/s": at(3, () => 2),
  "gx at 6 rad/s": at(3, () => 6),
  "gz 0.2 rad/s more": at(5, (value) => value + 0.2),
  "gx flipped": at(3, (value) => -value),
  "gy flipped": at(4, (value) => -value),
  "gz flipped": at(5, (value) => -value),
  "y and z flipped": (s) => [s[0], -s[1], -s[2], s[3], -s[4], -s[5]],
  "x and y exchanged": (s) => [s[1], s[0], s[2], s[4], s[3], s[5]],
  "stuck": (_, first) => first,
  "zero": () => [0, 0, 0, 0, 0, 0],
  "missing": () => null,
  "force half as large": ofForce((value) => value / 2),
  "force in g": ofForce((value) => value / 9.80665),
  "rate in °/s": (s) => s.map((value, i) => i < 3 ? value : value * 57.3),
  "noise of 5 m/s²": ofForce((value, noise) => value + 5 * noise()),
  "noise of 50 m/s²": ofForce((value, noise) => value + 50 * noise()),
} as const satisfies Readonly<Record<string, Change>>;
export type ImuFaultName = keyof typeof IMU_FAULTS;

export interface FaultyImuFlightOptions {
  readonly seed: string;
  readonly aircraft: Aircraft;
  readonly durationS: number;
  readonly fault: ImuFaultName;
  readonly fromS: number;
  readonly forS: number;
  /** Pictures come so much later, and are stamped as if they were new. */
  readonly pictureDelayS?: number;
  /** m/s that the barometer runs away by from `fromS` on. */
  readonly barometerMps?: number;
  /** Metres that it jumps by at `fromS`. */
  readonly barometerJumpM?: number;
  /** No fixes in [from, to), seconds. */
  readonly blackouts?: readonly (readonly [number, number])[];
  /** Odometry takes the ground's slant from the filter: tilted by 10° it sees a fifth of the way. */
  readonly odometryNeedsTilt?: boolean;
  /** Which estimator; absent: the tested one. */
  readonly make?: typeof testedEstimator;
}

export interface FaultyImuFlight {
  /** Largest horizontal error from `fromS` on, and the 95 % radius of that moment. */
  readonly worstM: number;
  readonly worst95M: number;
  /** Largest error of the height, metres, and of it over its own 1 sigma. */
  readonly worstHeightM: number;
  readonly worstHeightSigmas: number;
  /** Seconds with an error over 10 m and over twice the 95 % radius. */
  readonly confidentlyWrongS: number;
  /** From the beginning of the fault until the error stays below 5 m. */
  readonly rightAfterS: number;
  readonly label: SourceLabel;
  /** At the end. */
  readonly imuReason: string;
  /** By the estimator, at the end. */
  readonly foundDelayS: number;
  /** Of the IMU and of restarts. */
  readonly events: readonly EstimatorEvent[];
}

export function flyFaultyImu(options: FaultyImuFlightOptions): FaultyImuFlight {
  const { seed, fromS } = options;
  const truths = pathOf(options);
  const scenario = makeScenario({
    seed,
    path: truths,
    imuHz: FLIGHT_IMU_HZ,
    latencyS: 0.05,
    anchorEveryFrames: 2,
    blackouts: options.blackouts,
  });
  const events: EstimatorEvent[] = [];
  const estimator = (options.make ?? testedEstimator)({
    localFrame: new LocalFrame(FLIGHT_ORIGIN),
    onEvent: (event) => {
      if (event.type.startsWith("imu.") || event.type === "restarted") events.push(event);
    },
  });
  const [east, north, up] = truths[0].position;
  estimator.setTakeoffOrigin({ positionLocalM: [east + 3, north - 3, up] }, 5, 5);
  const delivery = new FaultyDelivery(estimator, options);
  let nextS = fromS, worstHeightM = 0, worstHeightSigmas = 0;
  let worstM = 0, worst95M = 0, confidentlyWrongS = 0, wrongAtS = fromS;
  for (const message of scenario.messages) {
    const timeS = (message.arrivalNs - START_NS) / 1e9;
    delivery.deliver(message, timeS);
    if (message.kind !== "attitude" || timeS < nextS) continue;
    nextS += LOOK_S;
    const { positionLocalM, horizontal95M, covariance } = estimator.estimateAt(
      message.value.timeNs,
    );
    const truth = scenario.truthAt(message.value.timeNs).position;
    const errorM = Math.hypot(positionLocalM[0] - truth[0], positionLocalM[1] - truth[1]);
    const heightErrorM = Math.abs(positionLocalM[2] - truth[2]);
    worstHeightM = Math.max(worstHeightM, heightErrorM);
    const heightSigmas = heightErrorM / Math.sqrt(upVarianceM2(covariance));
    worstHeightSigmas = Math.max(worstHeightSigmas, heightSigmas);
    if (errorM > worstM) [worstM, worst95M] = [errorM, horizontal95M];
    if (errorM > 10 && errorM > 2 * horizontal95M) confidentlyWrongS += LOOK_S;
    if (errorM > RIGHT_M) wrongAtS = timeS + LOOK_S;
  }
  const { label } = estimator.currentEstimate();
  const { imuReason, pictureDelayS: foundDelayS } = estimator.health();
  const rightAfterS = wrongAtS - fromS;
  return {
    worstM,
    worst95M,
    worstHeightM,
    worstHeightSigmas,
    confidentlyWrongS,
    rightAfterS,
    label,
    imuReason,
    foundDelayS,
    events,
  };
}

/** Gives the estimator what faulty sensors make of the messages. */
class FaultyDelivery {
  readonly #estimator: StateEstimator;
  readonly #options: FaultyImuFlightOptions;
  readonly #random;
  /** Not yet delivered. */
  readonly #pictures: Message[] = [];
  #first: Numbers | undefined;
  /** As the controller has it. */
  #localFromBody: Quaternion | undefined;

  constructor(estimator: StateEstimator, options: FaultyImuFlightOptions) {
    this.#estimator = estimator;
    this.#options = options;
    this.#random = seededRandom(`imu ${options.seed}`);
  }

  deliver(message: Message, timeS: number): void {
    const { fromS, forS, barometerMps = 0, barometerJumpM = 0, pictureDelayS = 0 } = this.#options;
    if (message.kind === "baro") {
      const lieM = timeS < fromS ? 0 : barometerJumpM + barometerMps * (timeS - fromS);
      const heightM = message.value.heightM + lieM;
      this.#estimator.addBaro({ ...message.value, heightM });
    } else if (message.kind === "imu") {
      if (timeS < fromS || timeS >= fromS + forS) this.#estimator.addImu(message.value);
      else this.#faultyImu(message.value);
    } else if (message.kind === "vio" && this.#isTiltWrong()) {
      const seen = message.value.translationM.map((value) => value / 5) as unknown as Vector3;
      this.#estimator.addVio({ ...message.value, translationM: seen });
    } else if (message.kind === "attitude" || pictureDelayS === 0) {
      if (message.kind === "attitude") this.#localFromBody = message.value.localFromBody;
      feed(this.#estimator, message);
    } else {
      this.#pictures.push(message);
      const dueNs = message.arrivalNs - pictureDelayS * 1e9;
      while (this.#pictures[0]?.arrivalNs <= dueNs) this.#latePicture(pictureDelayS);
    }
  }

  #isTiltWrong(): boolean {
    if (this.#options.odometryNeedsTilt !== true || this.#localFromBody === undefined) return false;
    const { localFromBody } = this.#estimator.currentEstimate();
    const [own, told] = [localFromBody, this.#localFromBody].map((each) => rotate(each, UP));
    return own[0] * told[0] + own[1] * told[1] + own[2] * told[2] < Math.cos(10 * Math.PI / 180);
  }

  #faultyImu(sample: ImuSample): void {
    const change: Change = IMU_FAULTS[this.#options.fault], numbers = numbersOf(sample);
    this.#first ??= numbers;
    const changed = change(numbers, this.#first, () => this.#random.normal());
    if (changed !== null) this.#estimator.addImu(sampleOf(sample, changed));
  }

  /** Its stamp is too new, by what the estimator does not know of. */
  #latePicture(delayS: number): void {
    const message = this.#pictures.shift(), estimator = this.#estimator;
    const unknownNs = (delayS - estimator.health().pictureDelayS) * 1e9;
    const later = (timeNs: number) => Math.round(timeNs + unknownNs) as MonotonicNs;
    if (message?.kind === "vio") {
      const { fromNs, toNs } = message.value;
      estimator.addVio({ ...message.value, fromNs: later(fromNs), toNs: later(toNs) });
    } else if (message?.kind === "anchor") {
      estimator.addPoseAnchor({ ...message.value, timeNs: later(message.value.timeNs) });
    }
  }
}

function numbersOf({ specificForceMps2, angularRateRps }: ImuSample): Numbers {
  return [...specificForceMps2, ...angularRateRps];
}

function sampleOf({ timeNs }: ImuSample, [fx, fy, fz, wx, wy, wz]: Numbers): ImuSample {
  return { timeNs, specificForceMps2: [fx, fy, fz], angularRateRps: [wx, wy, wz] };
}
