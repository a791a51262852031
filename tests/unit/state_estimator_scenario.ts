/**
 * A small flight for the estimator's tests: circuits of a fixed-wing aircraft with everything that a
 * real one does to its sensors. Pure data from a seed; no part of the filter is used.
 */
import {
  localFromBody,
  matrixFromQuaternion,
  type MonotonicNs,
  type Quaternion,
  quaternionConjugate,
  quaternionFromRotationVector,
  quaternionMultiply,
  type Random,
  rotate,
  rotationVectorFromQuaternion,
  seededRandom,
  type Vector3,
} from "../../src/core/mod.ts";
import type {
  AttitudeSample,
  BaroSample,
  ImuSample,
  PoseAnchor,
  StateEstimator,
  VioMeasurement,
} from "../../src/navigation/state_estimator/mod.ts";

export interface Truth {
  readonly timeNs: MonotonicNs;
  readonly position: Vector3;
  readonly velocity: Vector3;
  readonly attitude: Quaternion;
}

export type Message =
  | { arrivalNs: number; kind: "imu"; value: ImuSample }
  | { arrivalNs: number; kind: "attitude"; value: AttitudeSample }
  | { arrivalNs: number; kind: "baro"; value: BaroSample }
  | { arrivalNs: number; kind: "vio"; value: VioMeasurement }
  | { arrivalNs: number; kind: "anchor"; value: PoseAnchor; outlier: boolean };

export interface Scenario {
  readonly messages: readonly Message[];
  readonly truths: readonly Truth[];
  readonly mounting: Vector3;
  truthAt(timeNs: number): Truth;
}

export interface ScenarioOptions {
  readonly seed: number | string;
  readonly durationS?: number;
  readonly imuHz?: number;
  readonly frameHz?: number;
  readonly anchorEveryFrames?: number;
  /** No anchors in [from, to), seconds. */
  readonly blackouts?: readonly (readonly [number, number])[];
  /** Seconds of anchors that are 350 m wrong. */
  readonly outliers?: readonly number[];
  readonly latencyS?: number;
  readonly noise?: boolean;
  /** Errors of the map, 1 sigma: of all of it, and local (Gauss–Markov over 60 m). */
  readonly map?: { readonly offsetSigmaM: number; readonly localSigmaM: number };
  /** What the whole map is off by besides, metres east and north. */
  readonly mapShiftM?: readonly [number, number];
  /** Another path than the circuits, at `imuHz`, from 1 s on. */
  readonly path?: Truth[];
}

const GRAVITY = 9.80665;
const SPEED = 17;
const HEIGHT = 130;

export function makeScenario(options: ScenarioOptions): Scenario {
  const random = seededRandom(`estimator ${options.seed}`);
  const on = options.noise === false ? 0 : 1;
  const imuHz = options.imuHz ?? 200, durationS = options.durationS ?? 60;
  const truths = options.path ?? fly(random.fork("path"), durationS, imuHz);
  const truthAt = (timeNs: number) => truths[Math.round((timeNs - 1e9) * imuHz / 1e9)];
  const mounting = vector(random.fork("mounting"), on * 0.5 * Math.PI / 180);
  const controller = controllerMessages(random.fork("controller"), truths, imuHz, on);
  const messages: Message[] = [
    ...imuMessages(random.fork("imu"), truths, imuHz, on),
    ...controller.messages,
    ...visionMessages(random.fork("vision"), truths, imuHz, on, mounting, controller.baro, options),
  ];
  messages.sort((a, b) => a.arrivalNs - b.arrivalNs);
  return { messages, truths, mounting, truthAt };
}

export function feed(estimator: StateEstimator, message: Message) {
  switch (message.kind) {
    case "imu":
      return estimator.addImu(message.value);
    case "attitude":
      return estimator.addAttitude(message.value);
    case "baro":
      return estimator.addBaro(message.value);
    case "vio":
      return estimator.addVio(message.value);
    case "anchor":
      return estimator.addPoseAnchor(message.value);
  }
}

function vector(random: Random, sigma: number): Vector3 {
  return [sigma * random.normal(), sigma * random.normal(), sigma * random.normal()];
}

/** Straight legs and coordinated turns; position integrated finely, attitude from the turn. */
function fly(random: Random, durationS: number, imuHz: number): Truth[] {
  const fine = Math.max(1, Math.round(1000 / imuHz)), dt = 1 / (imuHz * fine);
  const period = 35 + 10 * random.uniform(), phase = 2 * Math.PI * random.uniform();
  const rate = (t: number) =>
    0.16 * Math.tanh(3 * Math.sin(2 * Math.PI * t / period + phase)) +
    0.16;
  const up = (t: number) => HEIGHT + 5 * Math.sin(2 * Math.PI * t / 50);
  const climb = (t: number) => 5 * 2 * Math.PI / 50 * Math.cos(2 * Math.PI * t / 50);
  let east = 0, north = 0, heading = 2 * Math.PI * random.uniform();
  const truths: Truth[] = [];
  for (let i = 0; i <= durationS * imuHz * fine; i++) {
    const t = i * dt;
    if (i % fine === 0) {
      truths.push({
        timeNs: Math.round(1e9 + t * 1e9) as MonotonicNs,
        position: [east, north, up(t)],
        velocity: [SPEED * Math.sin(heading), SPEED * Math.cos(heading), climb(t)],
        attitude: localFromBody({
          rollRad: Math.atan(SPEED * rate(t) / GRAVITY),
          pitchRad: Math.atan(climb(t) / SPEED) + 0.03,
          yawRad: heading,
        }),
      });
    }
    const middle = heading + rate(t + dt / 4) * dt / 2;
    east += SPEED * Math.sin(middle) * dt;
    north += SPEED * Math.cos(middle) * dt;
    heading += rate(t + dt / 2) * dt;
  }
  return truths;
}

function imuMessages(random: Random, truths: Truth[], imuHz: number, on: number): Message[] {
  const force = vector(random, on * 0.1), turn = vector(random, on * 0.002);
  const messages: Message[] = [];
  for (let i = 1; i < truths.length; i++) {
    // Mean of the interval, in the axes of its middle.
    const a = truths[i - 1], b = truths[i];
    const rates = rotationVectorFromQuaternion(
      quaternionMultiply(quaternionConjugate(a.attitude), b.attitude),
    );
    const middle = quaternionMultiply(
      a.attitude,
      quaternionFromRotationVector([rates[0] / 2, rates[1] / 2, rates[2] / 2]),
    );
    const acceleration = b.velocity.map((v, k) =>
      (v - a.velocity[k]) * imuHz + (k === 2 ? GRAVITY : 0)
    ) as unknown as Vector3;
    const specific = rotate(quaternionConjugate(middle), acceleration);
    const noise = Math.sqrt(imuHz);
    messages.push({
      arrivalNs: b.timeNs,
      kind: "imu",
      value: {
        timeNs: b.timeNs,
        specificForceMps2: specific.map((f, k) =>
          f + force[k] + on * 0.01 * noise * random.normal()
        ) as unknown as Vector3,
        angularRateRps: rates.map((w, k) =>
          w * imuHz + turn[k] + on * 5e-4 * noise * random.normal()
        ) as unknown as Vector3,
      },
    });
  }
  return messages;
}

/** First-order Gauss–Markov noise. */
function gaussMarkov(random: Random, sigma: number, tau: number) {
  let value = sigma * random.normal();
  return (dt: number) => {
    const phi = Math.exp(-dt / tau);
    value = phi * value + sigma * Math.sqrt(1 - phi * phi) * random.normal();
    return value;
  };
}

function controllerMessages(random: Random, truths: Truth[], imuHz: number, on: number) {
  const degree = Math.PI / 180;
  const errors = [1, 1, 3].map((s, i) => gaussMarkov(random.fork(`a${i}`), on * s * degree, 60));
  const drift = gaussMarkov(random.fork("baro"), on * 2, 300);
  const baro: number[] = [];
  const messages: Message[] = [];
  const step = Math.max(1, Math.round(imuHz / 10));
  for (let i = 1; i < truths.length; i += step) {
    const truth = truths[i];
    const turned = errors.map((e) => e(step / imuHz)) as unknown as Vector3;
    const height = truth.position[2] + drift(step / imuHz) + on * 0.3 * random.normal();
    for (let k = i; k < i + step; k++) baro[k] = height;
    const arrivalNs = truth.timeNs + 1;
    messages.push({
      arrivalNs,
      kind: "attitude",
      value: {
        timeNs: truth.timeNs,
        localFromBody: quaternionMultiply(quaternionFromRotationVector(turned), truth.attitude),
        sigmaTiltRad: degree,
        sigmaHeadingRad: 3 * degree,
      },
    }, {
      arrivalNs,
      kind: "baro",
      value: { timeNs: truth.timeNs, heightM: height, sigmaM: 2 },
    });
  }
  return { messages, baro };
}

function visionMessages(
  random: Random,
  truths: Truth[],
  imuHz: number,
  on: number,
  mountingError: Vector3,
  baro: number[],
  options: ScenarioOptions,
): Message[] {
  const mounting = quaternionFromRotationVector(mountingError);
  const scale = 1 + on * 0.01 * random.normal();
  const { offsetSigmaM, localSigmaM } = options.map ?? { offsetSigmaM: 0.5, localSigmaM: 0.7 };
  const constant = vector(random, on * offsetSigmaM);
  const [shiftEast, shiftNorth] = options.mapShiftM ?? [0, 0];
  const localEast = gaussMarkov(random.fork("east"), on * localSigmaM, 60 / SPEED);
  const localNorth = gaussMarkov(random.fork("north"), on * localSigmaM, 60 / SPEED);
  const step = Math.round(imuHz / (options.frameHz ?? 3));
  const latencyNs = Math.round((options.latencyS ?? 0) * 1e9);
  const messages: Message[] = [];
  let outliers = [...options.outliers ?? []];
  for (let i = 1, frame = 0; i < truths.length; i += step, frame++) {
    const truth = truths[i], seen = quaternionMultiply(truth.attitude, mounting);
    const arrivalNs = truth.timeNs + 2;
    if (i > step) {
      const value = odometry(random, truths[i - step], truth, mounting, scale, baro[i - step], on);
      messages.push({ arrivalNs: arrivalNs + latencyNs / 4, kind: "vio", value });
    }
    const map = [
      localEast(step / imuHz) + constant[0] + shiftEast,
      localNorth(step / imuHz) + constant[1] + shiftNorth,
      0,
    ];
    const t = (truth.timeNs - 1e9) * 1e-9;
    const dark = (options.blackouts ?? []).some(([from, to]) => t >= from && t < to);
    if (dark || frame % (options.anchorEveryFrames ?? 3) !== 0) continue;
    const outlier = outliers.some((s) => t >= s);
    if (outlier) outliers = outliers.filter((s) => t < s);
    const value = anchor(random, truth, seen, map, on, outlier ? 350 : 0);
    messages.push({ arrivalNs: arrivalNs + latencyNs, kind: "anchor", value, outlier });
  }
  return messages;
}

function odometry(
  random: Random,
  from: Truth,
  to: Truth,
  mounting: Quaternion,
  scale: number,
  assumedHeight: number,
  on: number,
): VioMeasurement {
  const seenFrom = quaternionMultiply(from.attitude, mounting);
  const seenTo = quaternionMultiply(to.attitude, mounting);
  const motion = to.position.map((v, k) => v - from.position[k]) as unknown as Vector3;
  const direct = rotate(quaternionConjugate(seenFrom), motion);
  const turn = quaternionMultiply(quaternionConjugate(seenFrom), seenTo);
  const covariance = new Float64Array(36);
  for (let i = 0; i < 6; i++) covariance[7 * i] = i < 3 ? 0.05 ** 2 : 0.001 ** 2;
  return {
    fromNs: from.timeNs,
    toNs: to.timeNs,
    translationM: direct.map((v) =>
      scale * v * assumedHeight / from.position[2] + on * 0.05 * random.normal()
    ) as unknown as Vector3,
    rotationFromTo: quaternionMultiply(
      turn,
      quaternionFromRotationVector(vector(random, on * 0.001)),
    ),
    covariance,
    scaleQuality: "metric",
    scaleHeightM: assumedHeight,
  };
}

/** Tilt error of the fix moves its position by the height: strongly correlated. */
function anchor(
  random: Random,
  truth: Truth,
  seen: Quaternion,
  map: readonly number[],
  on: number,
  wrongM: number,
): PoseAnchor {
  const sigmaM = [1, 1, 1.5], sigmaRad = [0.006, 0.006, 0.004], h = truth.position[2];
  const turn = sigmaRad.map((s) => on * s * random.normal()) as unknown as Vector3;
  const r = matrixFromQuaternion(seen);
  // −R·(n × d) = R·[d]×·n with d = (0, 0, h) in body axes.
  const lever = [0, 1, 2].map((i) => [-r[3 * i] * 0 + h * r[3 * i + 1], -h * r[3 * i], 0]);
  const covariance = new Float64Array(36);
  for (let i = 0; i < 3; i++) {
    covariance[7 * i] += sigmaM[i] ** 2;
    covariance[7 * (i + 3)] += sigmaRad[i] ** 2;
    for (let k = 0; k < 3; k++) {
      for (let m = 0; m < 3; m++) {
        covariance[6 * i + k] += lever[i][m] * lever[k][m] * sigmaRad[m] ** 2;
      }
      covariance[6 * i + 3 + k] = lever[i][k] * sigmaRad[k] ** 2;
      covariance[6 * (3 + k) + i] = lever[i][k] * sigmaRad[k] ** 2;
    }
  }
  const direction = 2 * Math.PI * random.uniform();
  const off = [wrongM * Math.cos(direction), wrongM * Math.sin(direction), 0];
  return {
    timeNs: truth.timeNs,
    positionLocalM: truth.position.map((p, i) =>
      p + map[i] + off[i] + on * sigmaM[i] * random.normal() +
      lever[i][0] * turn[0] + lever[i][1] * turn[1] + lever[i][2] * turn[2]
    ) as unknown as Vector3,
    localFromBody: quaternionMultiply(seen, quaternionFromRotationVector(turn)),
    covariance,
  };
}
