/**
 * The motion that pictures and attitude make together, held against the velocity of GPS, before any fix: by
 * how much the heading is wrong (a compass, or a camera that is mounted otherwise), and what is left of the
 * difference. A heading that is wrong from the first moment on turns the whole track, and a second of
 * GPS tells. As complex numbers, odometry o and GPS g of each pair of frames:
 *
 *     c = Σ conj(o)·g / Σ |o|²,    heading error = arg c,    scale = |c|
 *
 * @module
 */
import { rotate, type Vector3 } from "../../core/mod.ts";
import type { AttitudeSample, GpsSample, VioMeasurement } from "./contract.ts";

/** Pairs of frames within this time are looked at… */
const WINDOW_S = 4;
/** …at least so many, over so long. */
const PAIRS_MIN = 3;
const SPAN_MIN_S = 0.8;
/** An attitude, and a velocity, belong to a moment that is no further off than this. */
const ATTITUDE_NEAR_S = 0.15;
const GPS_NEAR_S = 0.3;
/** Slower than this the direction says nothing. */
const SPEED_MIN_MPS = 2;
/** A velocity of GPS, each axis, 1 sigma; the errors of a few seconds are the same one. */
const GPS_SIGMA_MPS = 0.3;
/** Sigmas of the heading from which it is wrong, and at least this. */
const SIGMAS = 4.5;
const TURN_MIN_RAD = 0.21;
/** What is left of the squares once it is turned, and its scale: otherwise it is something else. */
const REMAINDER_MAX = 0.03;
const SCALE_MAX = 1.6;

/** Flown in the local frame between two frames, metres. */
interface Flown {
  readonly toNs: number;
  readonly odometry: readonly [eastM: number, northM: number];
  readonly gps: readonly [eastM: number, northM: number];
}

export interface CheckedMotion {
  /** Anticlockwise turn that the heading lacks; 0 where it is as right as it is said to be. */
  readonly turnRad: number;
  readonly turnSigmaRad: number;
  /** Share of the way that the motion may be wrong by once it is turned, 1 sigma. */
  readonly share: number;
}

export class MotionCheck {
  readonly #attitudes: AttitudeSample[] = [];
  readonly #velocities: GpsSample[] = [];
  #flown: readonly Flown[] = [];

  observeAttitude(sample: AttitudeSample): void {
    keepRecent(this.#attitudes, sample);
  }

  /** A sample of trusted GPS. */
  observeGps(sample: GpsSample): void {
    keepRecent(this.#velocities, sample);
  }

  /** A pair of frames; undefined while nothing can be said. */
  observePair(pair: VioMeasurement): CheckedMotion | undefined {
    const flown = this.#flownBetween(pair);
    if (flown === undefined) return undefined;
    const firstNs = flown.toNs - WINDOW_S * 1e9;
    this.#flown = [...this.#flown.filter(({ toNs }) => toNs > firstNs), flown];
    const spanS = (flown.toNs - this.#flown[0].toNs) * 1e-9 + (pair.toNs - pair.fromNs) * 1e-9;
    if (this.#flown.length < PAIRS_MIN || spanS < SPAN_MIN_S) return undefined;
    return judged(this.#flown, spanS, this.#attitudes.at(-1)?.sigmaHeadingRad ?? Math.PI);
  }

  /** The heading is another one from now on. */
  begin(): void {
    this.#attitudes.length = 0;
    this.#flown = [];
  }

  #flownBetween(
    { fromNs, toNs, translationM, scaleQuality }: VioMeasurement,
  ): Flown | undefined {
    const attitude = nearest(this.#attitudes, fromNs, ATTITUDE_NEAR_S);
    const velocity = nearest(this.#velocities, (fromNs + toNs) / 2, GPS_NEAR_S);
    if (scaleQuality !== "metric" || attitude === undefined || velocity === undefined) {
      return undefined;
    }
    const [east, north] = rotate(attitude.localFromBody, translationM as Vector3);
    const spanS = (toNs - fromNs) * 1e-9, [vEast, vNorth] = velocity.velocityLocalMps;
    return { toNs, odometry: [east, north], gps: [vEast * spanS, vNorth * spanS] };
  }
}

function judged(
  pairs: readonly Flown[],
  spanS: number,
  headingSigmaRad: number,
): CheckedMotion | undefined {
  let dot = 0, cross = 0, odometryM2 = 0, gpsM2 = 0, gpsM = 0;
  for (const { odometry: [a, b], gps: [c, d] } of pairs) {
    dot += a * c + b * d;
    cross += a * d - b * c;
    odometryM2 += a * a + b * b;
    gpsM2 += c * c + d * d;
    gpsM += Math.hypot(c, d);
  }
  const speedMps = gpsM / spanS;
  if (!(speedMps > SPEED_MIN_MPS) || !(odometryM2 > 0)) return undefined;
  const scale = Math.hypot(dot, cross) / odometryM2;
  const remainder = 1 - (dot ** 2 + cross ** 2) / (odometryM2 * gpsM2);
  if (!(scale < SCALE_MAX && scale > 1 / SCALE_MAX && remainder < REMAINDER_MAX)) return undefined;
  const offRad = Math.atan2(cross, dot), measuredRad = GPS_SIGMA_MPS / speedMps;
  const turnSigmaRad = Math.hypot(measuredRad, headingSigmaRad);
  const isWrong = Math.abs(offRad) > Math.max(TURN_MIN_RAD, SIGMAS * turnSigmaRad);
  return {
    turnRad: isWrong ? offRad : 0,
    turnSigmaRad: measuredRad,
    share: Math.hypot(measuredRad, scale - 1, isWrong ? 0 : offRad),
  };
}

/** In place: attitudes come at up to 200 Hz, for hours where there is no camera. */
function keepRecent<T extends { readonly timeNs: number }>(samples: T[], newest: T): void {
  samples.push(newest);
  while (samples[0].timeNs <= newest.timeNs - WINDOW_S * 1e9) samples.shift();
}

function nearest<T extends { readonly timeNs: number }>(
  samples: readonly T[],
  timeNs: number,
  withinS: number,
): T | undefined {
  let best: T | undefined;
  for (const sample of samples) {
    if (best === undefined || Math.abs(sample.timeNs - timeNs) < Math.abs(best.timeNs - timeNs)) {
      best = sample;
    }
  }
  return best !== undefined && Math.abs(best.timeNs - timeNs) <= withinS * 1e9 ? best : undefined;
}
