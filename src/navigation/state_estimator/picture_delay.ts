/**
 * How old the pictures are beyond what their time stamps say: the turns that the camera saw against those of
 * the controller's attitude, shifted in time. A camera that buffers stamps old pictures as new, and whatever
 * turns tells: level flight into the wind is enough.
 *
 * @module
 */
import { type MonotonicNs, rotationVectorFromQuaternion, type Vector3 } from "../../core/mod.ts";
import { AttitudeMotion, type Turn } from "./attitude_motion.ts";
import type { AttitudeSample, VioMeasurement } from "./contract.ts";

/** Pairs of frames of this time are looked at, at least so many. */
const WINDOW_S = 12;
const PAIRS_MIN = 9;
const DELAY_MAX_S = 5;
const STEP_S = 0.05;
/** Smaller delays are none: exposure, read-out and the two clocks. */
const DELAY_MIN_S = 0.15;
/** What remains of the squares of the turns at the delay, of those without it, and of all. */
const REMAINDER_MAX = 0.35;
/** Less than this a pair, root mean square, says nothing. */
const TURN_MIN_RAD = 0.004;
/** Looks in a row that agree. */
const LOOKS = 2;

interface SeenTurn {
  readonly fromNs: number;
  readonly toNs: number;
  readonly turnedRad: Vector3;
}

/** The integral of the attitude's turns by then. */
interface Turned {
  readonly timeNs: number;
  readonly turnedRad: Vector3;
}

type PictureDelayChanged = (timeNs: MonotonicNs, delayS: number, changedS: number) => void;

export class PictureDelay {
  readonly #motion = new AttitudeMotion();
  readonly #delayMaxS: number;
  readonly #onChange: PictureDelayChanged;
  #turned: Turned[] = [];
  #pairs: SeenTurn[] = [];
  #delayS = 0;
  #foundS = NaN;
  #looks = 0;

  /** `delayMaxS`: what the kept history reaches. */
  constructor(delayMaxS: number, onChange: PictureDelayChanged) {
    this.#delayMaxS = delayMaxS;
    this.#onChange = onChange;
  }

  /** Why pictures are of no use; undefined: they are. */
  get objection(): string | undefined {
    return this.#delayS > this.#delayMaxS
      ? `the pictures are ${this.#delayS.toFixed(1)} s older than their stamps`
      : undefined;
  }

  /** By how much the stamps of pictures are too new, seconds; 0: nothing is known against them. */
  get delayS(): number {
    return this.#delayS;
  }

  observeAttitude(sample: AttitudeSample): void {
    const turn = this.#motion.observe(sample);
    if (turn !== undefined) this.#observeTurn(turn);
  }

  #observeTurn({ fromNs, toNs, angularRateRps }: Turn): void {
    const last = this.#turned.at(-1) ?? { timeNs: fromNs, turnedRad: [0, 0, 0] };
    const spanS = (toNs - fromNs) * 1e-9;
    const turnedRad = last.turnedRad.map((sum, i) => sum + angularRateRps[i] * spanS);
    this.#turned.push({ timeNs: toNs, turnedRad: turnedRad as unknown as Vector3 });
    const first = toNs - (WINDOW_S + 2 * DELAY_MAX_S) * 1e9;
    if (this.#turned[0].timeNs < first - 5e9) {
      this.#turned = this.#turned.filter(({ timeNs }) => timeNs >= first);
    }
  }

  /** A pair of frames by the stamps that they have; they are taken for those less `delayS`. */
  observePair({ fromNs, toNs, rotationFromTo }: VioMeasurement): void {
    const shiftNs = this.#delayS * 1e9, turnedRad = rotationVectorFromQuaternion(rotationFromTo);
    const first = toNs - WINDOW_S * 1e9;
    this.#pairs = [
      ...this.#pairs.filter((pair) => pair.toNs >= first + shiftNs),
      { fromNs: fromNs + shiftNs, toNs: toNs + shiftNs, turnedRad },
    ];
    if (this.#pairs.length < PAIRS_MIN) return;
    const before = this.#delayS;
    this.#look();
    if (this.#delayS !== before) {
      this.#onChange(toNs, this.#delayS, Math.abs(this.#delayS - before));
    }
  }

  #look(): void {
    const costs: { readonly delayS: number; readonly cost: number }[] = [];
    for (let delayS = 0; delayS <= DELAY_MAX_S; delayS += STEP_S) {
      const cost = this.#cost(delayS);
      if (cost !== undefined) costs.push({ delayS, cost });
    }
    const energy = meanSquare(this.#pairs.map(({ turnedRad }) => turnedRad));
    const best = costs.reduce((a, b) => b.cost < a.cost ? b : a, { delayS: 0, cost: Infinity });
    const present = this.#cost(this.#delayS) ?? Infinity;
    const isClear = energy > TURN_MIN_RAD ** 2 && best.cost < REMAINDER_MAX * present &&
      best.cost < REMAINDER_MAX * energy;
    const isOther = Math.abs(best.delayS - this.#delayS) >= DELAY_MIN_S;
    if (!isClear || !isOther) {
      this.#looks = 0;
      return;
    }
    this.#looks = Math.abs(best.delayS - this.#foundS) <= 2 * STEP_S ? this.#looks + 1 : 1;
    this.#foundS = best.delayS;
    if (this.#looks < LOOKS) return;
    this.#delayS = best.delayS < DELAY_MIN_S ? 0 : best.delayS;
    this.#looks = 0;
  }

  /** Mean square of what the camera saw less what the attitude says of then, a constant turn left out. */
  #cost(delayS: number): number | undefined {
    const shiftNs = delayS * 1e9;
    const differences: Vector3[] = [];
    for (const { fromNs, toNs, turnedRad } of this.#pairs) {
      const from = this.#at(fromNs - shiftNs), to = this.#at(toNs - shiftNs);
      if (from === undefined || to === undefined) continue;
      differences.push([
        turnedRad[0] - to[0] + from[0],
        turnedRad[1] - to[1] + from[1],
        turnedRad[2] - to[2] + from[2],
      ]);
    }
    return differences.length < PAIRS_MIN ? undefined : meanSquare(differences);
  }

  /** By linear interpolation; undefined outside of what is kept. */
  #at(timeNs: number): Vector3 | undefined {
    const turned = this.#turned;
    let low = 0, high = turned.length - 1;
    if (high < 1 || timeNs < turned[0].timeNs || timeNs > turned[high].timeNs) return undefined;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (turned[middle].timeNs <= timeNs) low = middle;
      else high = middle;
    }
    const a = turned[low], b = turned[high];
    const share = (timeNs - a.timeNs) / (b.timeNs - a.timeNs);
    const between = (i: 0 | 1 | 2) => a.turnedRad[i] + share * (b.turnedRad[i] - a.turnedRad[i]);
    return [between(0), between(1), between(2)];
  }
}

/** About their mean. */
function meanSquare(vectors: readonly Vector3[]): number {
  let sum = 0;
  for (let i = 0; i < 3; i++) {
    const mean = vectors.reduce((total, vector) => total + vector[i], 0) / vectors.length;
    sum += vectors.reduce((total, vector) => total + (vector[i] - mean) ** 2, 0) / vectors.length;
  }
  return sum;
}
