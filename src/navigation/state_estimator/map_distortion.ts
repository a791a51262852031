/**
 * Whether the map may be turned or scaled as a whole. Such a map agrees with GPS where the flight began and parts from it
 * with the way, as a GPS does that walks away. The two differ where the aircraft does not fly straight on: what lies
 * between map and GPS is a function of the place then, d = t + A·p, with A a small turn and scale. Straight on nothing on
 * board can tell them apart, and d has to be told.
 *
 * @module
 */
import { mean2, type Vector2 } from "./horizontal.ts";

/**
 * A map that is turned or scaled by more is found out otherwise: compass (3°) and calibrated odometry (1 %) are
 * better than that.
 */
const SHARE_MAX = 0.1;
/** Mean square of what A·p leaves, in variances of a difference. */
const LEFT_MAX = 1;
/**
 * So of the mean of the newest, which a walk leaves most of. About half of the variance is the offset of the map, which t
 * takes up; GPS and the map's local errors are the rest.
 */
const NEWEST_LEFT_MAX = 0.5;
const NEWEST = 5;
/** Looks are as far apart as this. */
const INTERVAL_S = 0.5;
const SAMPLES_MIN = 8;
/** Chi-square, 2 degrees of freedom, 99 %: closer together they have not parted. */
const APART = 9.21;

export interface MapDifference {
  readonly timeNs: number;
  /** In the map, by a filter that GPS has no part in. */
  readonly place: Vector2;
  /** GPS less that. */
  readonly difference: Vector2;
  /** Of the difference, of each axis. */
  readonly varianceM2: number;
}

/** Sums of what was seen, each divided by its variance, over places relative to the first one. */
interface Sums {
  readonly from: Vector2;
  count: number;
  weight: number;
  /** Σ place, Σ difference, Σ conj(place)·difference (east is real, north imaginary), Σ|place|², Σ|difference|² */
  place: Vector2;
  difference: Vector2;
  product: Vector2;
  place2: number;
  difference2: number;
}

/** d = mean + share·(p − centre), in complex numbers. */
interface Fit {
  readonly centre: Vector2;
  readonly mean: Vector2;
  readonly share: Vector2;
  /** Mean square of what it leaves, of each axis, in variances. */
  readonly left: number;
}

export class MapDistortion {
  #sums: Sums | undefined;
  #newest: readonly MapDifference[] = [];
  #isTold = false;

  /** The filter that the differences are from has become another one. */
  forget(): void {
    this.#sums = undefined;
    this.#newest = this.#newest.slice(-1);
  }

  note(seen: MapDifference): void {
    const sinceNs = this.#sums === undefined ? -Infinity : this.#newest.at(-1)!.timeNs;
    if (!((seen.timeNs - sinceNs) * 1e-9 >= INTERVAL_S * 0.99)) return;
    this.#newest = this.#sums === undefined ? [seen] : [...this.#newest.slice(1 - NEWEST), seen];
    this.#sums = added(this.#sums, seen);
    if (this.#isTold && this.#sums.count >= SAMPLES_MIN && !this.#isPossible(this.#sums)) {
      this.end();
    }
  }

  /** GPS and map have parted: by how much, if the map may be what lies; else 0. */
  parted(): number {
    const sums = this.#sums;
    this.#isTold = sums !== undefined && sums.count >= SAMPLES_MIN && this.#isApart &&
      this.#isPossible(sums);
    return this.#isTold ? this.#newestM : 0;
  }

  /** It is none, or GPS and map agree again. */
  end(): void {
    this.#isTold = false;
  }

  /**
   * How far the map may be off at a place: as far as GPS says, and where it is silent, as far as it would be by now. 0
   * before they parted, and once what lies between them is no turn and no scale.
   */
  offM([east, north]: Vector2): number {
    const sums = this.#sums;
    if (!this.#isTold) return 0;
    const newestM = this.#newestM;
    if (sums === undefined || sums.count < SAMPLES_MIN) return newestM;
    const by = differenceAt(fit(sums), [east - sums.from[0], north - sums.from[1]]);
    return Math.max(newestM, Math.hypot(...by));
  }

  get #isApart(): boolean {
    const newest = this.#newest.at(-1);
    return newest !== undefined && this.#newestM ** 2 > APART * newest.varianceM2;
  }

  get #newestM(): number {
    return Math.hypot(...this.#newest.at(-1)?.difference ?? [0]);
  }

  #isPossible(sums: Sums): boolean {
    const fitted = fit(sums), newest = this.#newest;
    if (Math.hypot(...fitted.share) > SHARE_MAX || fitted.left > LEFT_MAX) return false;
    const [east, north] = mean2(newest.map(({ place }) => place));
    const there = differenceAt(fitted, [east - sums.from[0], north - sums.from[1]]);
    const [e, n] = mean2(newest.map(({ difference }) => difference));
    const leftM2 = ((e - there[0]) ** 2 + (n - there[1]) ** 2) / 2;
    return leftM2 <= NEWEST_LEFT_MAX * newest.at(-1)!.varianceM2;
  }
}

function added(
  sums: Sums | undefined,
  { place, difference, varianceM2 }: MapDifference,
): Sums {
  const from = sums?.from ?? place;
  const w = 1 / varianceM2, [e, n] = difference;
  const [x, y] = [place[0] - from[0], place[1] - from[1]];
  const plus = (a: Vector2 | undefined, east: number, north: number): Vector2 => [
    (a?.[0] ?? 0) + w * east,
    (a?.[1] ?? 0) + w * north,
  ];
  return {
    from,
    count: (sums?.count ?? 0) + 1,
    weight: (sums?.weight ?? 0) + w,
    place: plus(sums?.place, x, y),
    difference: plus(sums?.difference, e, n),
    product: plus(sums?.product, x * e + y * n, x * n - y * e),
    place2: (sums?.place2 ?? 0) + w * (x * x + y * y),
    difference2: (sums?.difference2 ?? 0) + w * (e * e + n * n),
  };
}

/** Least squares. */
function fit({ count, weight, place, difference, product, place2, difference2 }: Sums): Fit {
  const centre: Vector2 = [place[0] / weight, place[1] / weight];
  const mean: Vector2 = [difference[0] / weight, difference[1] / weight];
  const [x, y] = centre, [e, n] = mean;
  const spread = place2 - weight * (x * x + y * y);
  const share: Vector2 = spread > 0
    ? [
      (product[0] - weight * (x * e + y * n)) / spread,
      (product[1] - weight * (x * n - y * e)) / spread,
    ]
    : [0, 0];
  const total = difference2 - weight * (e * e + n * n);
  const left = (total - (share[0] ** 2 + share[1] ** 2) * spread) / (2 * count);
  return { centre, mean, share, left };
}

function differenceAt({ centre, mean, share }: Fit, place: Vector2): Vector2 {
  const x = place[0] - centre[0], y = place[1] - centre[1];
  return [
    mean[0] + share[0] * x - share[1] * y,
    mean[1] + share[0] * y + share[1] * x,
  ];
}
