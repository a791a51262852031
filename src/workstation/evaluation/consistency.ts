/**
 * Whether the filter's covariance says the truth about its errors, over many flights.
 *
 * NEES: Y. Bar-Shalom, X. R. Li, T. Kirubarajan, "Estimation with Applications to Tracking and
 * Navigation", 2001, section 5.4. Frames of one flight err alike (one map offset, slow sensor errors),
 * so that a flight counts for its effective number of samples: n / (1 + 2 Σ ρ_k), with ρ_k the
 * autocorrelation of its whitened errors about their expected mean, zero, up to the first k where it
 * is no longer positive (initial positive sequence: C. J. Geyer, "Practical Markov chain Monte Carlo",
 * Statistical Science 7(4), 1992).
 *
 * @module
 */
import { mean, share } from "../../core/mod.ts";

/** Horizontal error with what the estimate claims of it. */
export interface ClaimedError {
  readonly eastM: number;
  readonly northM: number;
  /** m²: [east-east, east-north, north-north]. */
  readonly covarianceEnM2: readonly [number, number, number];
}

/** Claimed shares at which the reliability is looked at. */
export const RELIABILITY_LEVELS = [0.5, 0.68, 0.9, 0.95, 0.99] as const;
const CLAIMED = 0.95;
/** Bounds of a flight's share: as wide as 99 of 100 honest flights need. */
const BOUNDS_TAIL = 0.005;

export interface FlightConsistency {
  readonly frames: number;
  /** Mean; 2 is expected. */
  readonly nees: number;
  /** Share of errors inside of the claimed 95 %. */
  readonly consistent95: number;
  readonly effectiveSamples: number;
  /** What an honest filter's share lies between, for so few samples. */
  readonly bounds95: readonly [number, number];
  readonly isWithinBounds: boolean;
}

export interface PooledConsistency {
  readonly flights: number;
  readonly frames: number;
  readonly nees: number;
  readonly consistent95: number;
  /** 1 sigma of `consistent95`, from the spread between flights. */
  readonly sigma95: number;
  readonly effectiveSamples: number;
  readonly flightsOutside: number;
  /** Shares inside of the claimed shares of {@link RELIABILITY_LEVELS}. */
  readonly reliability: readonly number[];
  /** The same for each axis by itself against one sigma for all directions, as controllers get it. */
  readonly reliabilityAsSent: readonly number[];
}

/** null without a frame. */
export function flightConsistency(errors: readonly ClaimedError[]): FlightConsistency | null {
  if (errors.length === 0) return null;
  const whitened = errors.map(whiten);
  const nees = whitened.map(squaredLength);
  const effectiveSamples = effectiveSampleCount(whitened);
  const consistent95 = share(nees, (value) => value <= quantileOfTwo(CLAIMED)) ?? 0;
  const bounds95 = binomialBounds(Math.max(1, Math.round(effectiveSamples)), CLAIMED);
  return {
    frames: errors.length,
    nees: mean(nees) ?? 0,
    consistent95,
    effectiveSamples,
    bounds95,
    isWithinBounds: consistent95 >= bounds95[0] && consistent95 <= bounds95[1],
  };
}

/** Every frame has the same weight; null without a frame. */
export function pooledConsistency(
  flights: readonly (readonly ClaimedError[])[],
): PooledConsistency | null {
  const each = flights.map(flightConsistency).filter((flight) => flight !== null);
  if (each.length === 0) return null;
  const errors = flights.flat();
  const nees = errors.map((error) => squaredLength(whiten(error)));
  const consistent95 = share(nees, (value) => value <= quantileOfTwo(CLAIMED)) ?? 0;
  const spread = each.reduce(
    (sum, { frames, consistent95: own }) => sum + (frames * (own - consistent95)) ** 2,
    0,
  );
  return {
    flights: each.length,
    frames: errors.length,
    nees: mean(nees) ?? 0,
    consistent95,
    sigma95: Math.sqrt(spread) / errors.length,
    effectiveSamples: each.reduce((sum, flight) => sum + flight.effectiveSamples, 0),
    flightsOutside: each.filter((flight) => !flight.isWithinBounds).length,
    reliability: RELIABILITY_LEVELS.map((level) =>
      share(nees, (value) => value <= quantileOfTwo(level)) ?? 0
    ),
    reliabilityAsSent: asSent(errors),
  };
}

/** Quantile of chi-square with 2 degrees of freedom. */
function quantileOfTwo(level: number): number {
  return -2 * Math.log(1 - level);
}

/** Two-sided quantiles of the normal distribution at {@link RELIABILITY_LEVELS}. */
const NORMAL_QUANTILES = [0.67449, 0.99446, 1.64485, 1.95996, 2.57583] as const;

function asSent(errors: readonly ClaimedError[]): number[] {
  const ratios = errors.flatMap(({ eastM, northM, covarianceEnM2: [ee, en, nn] }) => {
    const sigmaM = Math.sqrt((ee + nn) / 2 + Math.hypot((ee - nn) / 2, en));
    return [Math.abs(eastM) / sigmaM, Math.abs(northM) / sigmaM];
  });
  return NORMAL_QUANTILES.map((quantile) => share(ratios, (ratio) => ratio <= quantile) ?? 0);
}

/** By the lower Cholesky factor; infinite where the covariance is not positive definite. */
function whiten({ eastM, northM, covarianceEnM2: [ee, en, nn] }: ClaimedError): [number, number] {
  const rest = nn - en * en / ee;
  if (!(ee > 0 && rest > 0)) return [Infinity, Infinity];
  return [eastM / Math.sqrt(ee), (northM - en / ee * eastM) / Math.sqrt(rest)];
}

function squaredLength([a, b]: readonly [number, number]): number {
  return a * a + b * b;
}

function effectiveSampleCount(whitened: readonly (readonly [number, number])[]): number {
  const count = whitened.length;
  const at = (lag: number) => {
    let sum = 0;
    for (let i = lag; i < count; i++) {
      sum += whitened[i][0] * whitened[i - lag][0] + whitened[i][1] * whitened[i - lag][1];
    }
    return sum / count;
  };
  const power = at(0);
  if (!(power > 0 && Number.isFinite(power))) return 1;
  let correlated = 1;
  for (let lag = 1; lag < count; lag++) {
    const correlation = at(lag) / power;
    if (correlation <= 0) break;
    correlated += 2 * correlation;
  }
  return Math.max(1, count / correlated);
}

/** Shares that `count` draws of probability `p` fall between, but for {@link BOUNDS_TAIL} each side. */
function binomialBounds(count: number, p: number): readonly [number, number] {
  let term = (1 - p) ** count, cumulated = term;
  let low = 0, high = count;
  let isLowFound = false;
  for (let hits = 0; hits <= count; hits++) {
    if (!isLowFound && cumulated > BOUNDS_TAIL) low = hits, isLowFound = true;
    if (cumulated >= 1 - BOUNDS_TAIL) {
      high = hits;
      break;
    }
    term *= (count - hits) / (hits + 1) * p / (1 - p);
    cumulated += term;
  }
  return [low / count, high / count];
}
