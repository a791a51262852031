/**
 * Whether an IMU sample can be what it says: a sensor at the end of its range, one that repeats itself, a
 * force that no aircraft bears for long, gyroscopes that turn otherwise than the controller's attitude,
 * and a vertical acceleration that nothing keeps up for a second (an axis flipped, another unit).
 *
 * @module
 */
import { rotate, type Vector3 } from "../../core/mod.ts";
import type { Turn } from "./attitude_motion.ts";
import type { EskfConfig } from "./config.ts";
import type { AttitudeSample, ImuSample } from "./contract.ts";
import { GRAVITY_MPS2 } from "./propagation.ts";

/** A window of at least so many turns is judged… */
const TURNS_MIN = 3;
/** …of which so many differ the same way: a step of the attitude is one turn that differs. */
const SAME_WAY_SHARE = 0.7;
const KEPT_TURNS_S = 1;

interface Difference {
  readonly toNs: number;
  readonly spanS: number;
  /** Turned by the attitude less turned by the gyroscopes, radians. */
  readonly turnedRad: Vector3;
}

/** What is wrong with a sample, and since when it was; nothing: it is sound. */
export interface ImuFault {
  readonly reason: string;
  readonly sinceNs: number;
}

export class ImuChecks {
  readonly #config: EskfConfig["imuChecks"];
  #last: ImuSample | undefined;
  #repeatsSinceNs = 0;
  /** Mean force over `forceWindowS`. */
  #forceMps2 = 0;
  #forceSinceNs = 0;
  #turn: Turn | undefined;
  #differences: Difference[] = [];
  /** Integral of the gyroscopes since the last turn ended, radians. */
  #turnedRad: [number, number, number] = [0, 0, 0];
  /** How much of that time the gyroscopes have told of. */
  #turnedS = 0;
  #localFromBody: AttitudeSample["localFromBody"] | undefined;
  #attitudeNs = -Infinity;
  /** Integral of the vertical acceleration, and since when. */
  #climbedMps = 0;
  #climbSinceNs: number | undefined;
  #climbFault: ImuFault | undefined;

  constructor(config: EskfConfig["imuChecks"]) {
    this.#config = config;
  }

  /** What this one sample says of itself. */
  judge(sample: ImuSample): ImuFault | undefined {
    const { forceMaxMps2, rateMaxRps, stuckS } = this.#config;
    const f = sample.specificForceMps2, w = sample.angularRateRps, last = this.#last;
    this.#last = sample;
    const dt = last === undefined ? 0 : Math.max(0, (sample.timeNs - last.timeNs) * 1e-9);
    this.#integrate(sample, dt);
    const isRepeated = last !== undefined && same(f, last.specificForceMps2) &&
      same(w, last.angularRateRps);
    if (!isRepeated) this.#repeatsSinceNs = sample.timeNs;
    const sinceNs = last?.timeNs ?? sample.timeNs;
    if (Math.max(...f.map(Math.abs)) >= forceMaxMps2) {
      return { reason: "the accelerometer is at the end of its range", sinceNs };
    }
    if (Math.max(...w.map(Math.abs)) >= rateMaxRps) {
      return { reason: "a gyroscope is at the end of its range", sinceNs };
    }
    if (this.#isForceBeyond(f, dt, sample.timeNs)) {
      return { reason: "a force that no aircraft bears", sinceNs: this.#forceSinceNs };
    }
    const repeatsS = (sample.timeNs - this.#repeatsSinceNs) * 1e-9;
    if (repeatsS >= stuckS && this.#turnsOtherwise(sample)) {
      return { reason: "it repeats one sample", sinceNs: this.#repeatsSinceNs };
    }
    return undefined;
  }

  /** The attitude as the controller has it, and the turn that led there. */
  observeAttitude(sample: AttitudeSample, turn: Turn | undefined): void {
    this.#localFromBody = [...sample.localFromBody];
    this.#attitudeNs = sample.timeNs;
    this.#turn = turn;
    if (turn === undefined) return;
    const spanS = (turn.toNs - turn.fromNs) * 1e-9, own = this.#turnedRad;
    const isCovered = this.#turnedS > 0.6 * spanS && this.#turnedS < 1.4 * spanS;
    this.#turnedRad = [0, 0, 0];
    this.#turnedS = 0;
    if (turn.isRepeated || !isCovered || spanS > 0.3) {
      this.#differences = [];
      return;
    }
    const turnedRad = turn.angularRateRps.map((rate, i) => rate * spanS - own[i]);
    const keptNs = turn.toNs - KEPT_TURNS_S * 1.01e9;
    this.#differences = [
      ...this.#differences.filter((one) => one.toNs > keptNs),
      { toNs: turn.toNs, spanS, turnedRad: turnedRad as unknown as Vector3 },
    ];
  }

  /**
   * What the last second says: gyroscopes against attitude, and the vertical acceleration. No proof by itself,
   * for the attitude may be the one that is wrong.
   */
  suspicion(nowNs: number): ImuFault | undefined {
    const { turnFastRps, turnFastS, turnSlowRps, turnSlowS } = this.#config;
    return this.#turnFault(nowNs, turnFastS, turnFastRps) ??
      this.#turnFault(nowNs, turnSlowS, turnSlowRps) ?? this.#climbFault;
  }

  /** By how much the gyroscopes have turned otherwise than the attitude within the last second, radians. */
  turnedApartRad(nowNs: number): number {
    const fromNs = nowNs - KEPT_TURNS_S * 1.01e9;
    const sum: [number, number, number] = [0, 0, 0];
    for (const { toNs, turnedRad } of this.#differences) {
      if (toNs > fromNs) { for (let i = 0; i < 3; i++) sum[i] += turnedRad[i]; }
    }
    return Math.hypot(...sum);
  }

  #integrate({ timeNs, specificForceMps2, angularRateRps }: ImuSample, dt: number): void {
    for (let i = 0; i < 3; i++) this.#turnedRad[i] += angularRateRps[i] * dt;
    this.#turnedS += dt;
    const attitude = this.#localFromBody;
    if (attitude === undefined || timeNs - this.#attitudeNs > 5e8) {
      this.#climbSinceNs = undefined;
      return;
    }
    this.#climbSinceNs ??= timeNs - dt * 1e9;
    this.#climbedMps += (rotate(attitude, specificForceMps2)[2] - GRAVITY_MPS2) * dt;
    const spanS = (timeNs - this.#climbSinceNs) * 1e-9;
    if (spanS < this.#config.climbWindowS) return;
    const isBeyond = Math.abs(this.#climbedMps) > this.#config.climbMaxMps2 * spanS;
    this.#climbFault = isBeyond
      ? { reason: "a vertical acceleration that does not end", sinceNs: this.#climbSinceNs }
      : undefined;
    this.#climbedMps = 0;
    this.#climbSinceNs = timeNs;
  }

  #isForceBeyond(force: Vector3, dt: number, timeNs: number): boolean {
    const { forceLongMps2, forceWindowS } = this.#config;
    const share = Math.min(1, dt / forceWindowS), size = Math.hypot(...force);
    if (size < forceLongMps2) this.#forceSinceNs = timeNs;
    this.#forceMps2 += share * (Math.min(size, 3 * forceLongMps2) - this.#forceMps2);
    return this.#forceMps2 > forceLongMps2 && size > forceLongMps2;
  }

  /** The controller's attitude changes in another way than this sample says. */
  #turnsOtherwise(sample: ImuSample): boolean {
    const turn = this.#turn;
    if (turn === undefined || turn.isRepeated) return false;
    if (Math.abs(sample.timeNs - turn.toNs) > 5e8) return false;
    const w = sample.angularRateRps;
    return Math.hypot(...turn.angularRateRps.map((rate, i) => rate - w[i])) > 1e-3;
  }

  #turnFault(nowNs: number, windowS: number, limitRps: number): ImuFault | undefined {
    const fromNs = nowNs - 1.01e9 * windowS;
    const window = this.#differences.filter((one) => one.toNs > fromNs);
    const spanS = window.reduce((sum, one) => sum + one.spanS, 0);
    if (window.length < TURNS_MIN || spanS < 0.7 * windowS) return undefined;
    const total = window.reduce<Vector3>(
      (sum, { turnedRad: d }) => [sum[0] + d[0], sum[1] + d[1], sum[2] + d[2]],
      [0, 0, 0],
    );
    const size = Math.hypot(...total);
    if (size < limitRps * spanS) return undefined;
    const sameWay = window.filter(({ turnedRad: d, spanS: own }) =>
      (d[0] * total[0] + d[1] * total[1] + d[2] * total[2]) / size > 0.4 * size * own / spanS
    );
    if (sameWay.length < SAME_WAY_SHARE * window.length) return undefined;
    const degrees = (size / spanS * 180 / Math.PI).toFixed(0);
    return {
      reason: `it turns by ${degrees}°/s otherwise than the attitude`,
      sinceNs: window[0].toNs - window[0].spanS * 1e9,
    };
  }
}

function same(a: Vector3, b: Vector3): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
}
