/**
 * Computes the error metrics of a flight: the estimate of every frame against the ground truth at
 * its exposure.
 *
 * @module
 */
import { largest, mean, percentile, share, type WgsPosition } from "../../core/mod.ts";

/** The fields that are needed of a line of `airborne replay --json`. */
export interface EvaluatedFrame {
  readonly sequence: number;
  /** Exposure mid-time, canonical clock. */
  readonly timeNs: number;
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly heightM: number;
  /** Horizontal covariance, m²: [east-east, east-north, north-north]. */
  readonly covarianceEnM2: readonly [number, number, number];
  readonly vioRegistered: boolean;
  readonly fix: {
    readonly accepted: boolean;
    readonly latitudeDeg: number | null;
    readonly longitudeDeg: number | null;
  };
  readonly latencyMs: number;
  /** Milliseconds by stage of processing a frame. */
  readonly stages: {
    readonly wallMs: Readonly<Record<string, number>>;
    /** Processor time of all threads. */
    readonly cpuMs: Readonly<Record<string, number>>;
  };
}

/** The fields that are needed of the last line. */
export interface EvaluatedSummary {
  readonly realTimeFactor: number;
  readonly rssMbMax: number;
}

/** Access to the ground truth: see {@link TruthTrack}. */
export interface Truth {
  readonly localFrame: { localFromWgs(position: WgsPosition): readonly [number, number, number] };
  at(timeNs: number): { readonly position: WgsPosition; readonly distanceM: number } | null;
}

/** One frame's error. */
export interface FrameError {
  readonly sequence: number;
  readonly timeNs: number;
  /** Estimate minus truth, metres. */
  readonly eastM: number;
  readonly northM: number;
  readonly upM: number;
  readonly horizontalM: number;
  /**
   * Normalised estimation error squared, 2 degrees of freedom; Infinity for an invalid covariance.
   */
  readonly nees: number;
  /** What the estimate claims: m², [east-east, east-north, north-north]. */
  readonly covarianceEnM2: readonly [number, number, number];
  readonly distanceM: number;
  readonly fixAccepted: boolean;
  /** Distance of an accepted fix from the truth; null without one. */
  readonly fixErrorM: number | null;
  /** Radius around the estimate that holds the truth at 95 %, by its own covariance, metres. */
  readonly r95M: number;
}

/** Shares are in [0, 1]; null when there is nothing to measure. */
export interface FlightMetrics {
  readonly frames: number;
  readonly fixes: number;
  readonly errorMP50: number | null;
  readonly errorMP95: number | null;
  readonly errorMMax: number | null;
  readonly within5: number | null;
  readonly within20: number | null;
  readonly within50: number | null;
  readonly worstAcceptedFixM: number | null;
  /** Accepted fixes that are over 30 m from the truth, or over three times the estimate's 95 % radius. */
  readonly wrongFixes: number;
  readonly driftPercent: number | null;
  readonly neesMean: number | null;
  readonly consistent95: number | null;
  readonly registrationVo: number | null;
  readonly latencyMsP50: number | null;
  readonly latencyMsP95: number | null;
  readonly latencyMsP99: number | null;
  /** Processor time per frame, all stages and the time between two frames. */
  readonly cpuMsMean: number | null;
  readonly timeToFirstFixS: number | null;
  readonly realTimeFactor: number | null;
  readonly rssMb: number | null;
}

/** 95 % quantile of chi² with 2 degrees of freedom: −2 ln 0.05. */
const NEES_95 = -2 * Math.log(0.05);
/** An accepted fix further off than this counts as wrong. */
const RIGHT_FIX_M = 15;
/** An accepted fix that could lose the aircraft: this far off… */
const WRONG_FIX_M = 30;
/** …or off by so many of the radii that the estimate gives itself. */
const WRONG_FIX_RADII = 3;
/** Shorter stretches without a fix measure the noise of an estimate more than its drift. */
const DRIFT_STRETCH_M = 25;

/** Errors of all frames that the truth covers, in order. */
function frameErrors(frames: readonly EvaluatedFrame[], truth: Truth): FrameError[] {
  const errors: FrameError[] = [];
  for (const frame of frames) {
    const there = truth.at(frame.timeNs);
    if (there === null) continue;
    const real = truth.localFrame.localFromWgs(there.position);
    const found = truth.localFrame.localFromWgs(frame);
    const eastM = found[0] - real[0], northM = found[1] - real[1];
    errors.push({
      sequence: frame.sequence,
      timeNs: frame.timeNs,
      eastM,
      northM,
      upM: found[2] - real[2],
      horizontalM: Math.hypot(eastM, northM),
      nees: horizontalNees(eastM, northM, frame.covarianceEnM2),
      covarianceEnM2: frame.covarianceEnM2,
      distanceM: there.distanceM,
      fixAccepted: frame.fix.accepted,
      fixErrorM: fixError(frame, truth, real),
      r95M: radius95M(frame.covarianceEnM2),
    });
  }
  return errors;
}

function fixError(
  frame: EvaluatedFrame,
  truth: Truth,
  real: readonly [number, number, number],
): number | null {
  const { accepted, latitudeDeg, longitudeDeg } = frame.fix;
  if (!accepted || latitudeDeg === null || longitudeDeg === null) return null;
  const fix = truth.localFrame.localFromWgs({ latitudeDeg, longitudeDeg, heightM: 0 });
  return Math.hypot(fix[0] - real[0], fix[1] - real[1]);
}

/** Semi-major axis of the 95 % ellipse of a 2×2 covariance. */
function radius95M([ee, en, nn]: readonly [number, number, number]): number {
  return Math.sqrt(NEES_95 * ((ee + nn) / 2 + Math.hypot((ee - nn) / 2, en)));
}

/** eᵀ P⁻¹ e of a 2×2 covariance; Infinity unless it is positive definite. */
export function horizontalNees(
  eastM: number,
  northM: number,
  [ee, en, nn]: readonly [number, number, number],
): number {
  const determinant = ee * nn - en * en;
  if (!(ee > 0 && nn > 0 && determinant > 0)) return Infinity;
  return (nn * eastM * eastM - 2 * en * eastM * northM + ee * northM * northM) / determinant;
}

/**
 * Growth of the error over the distance flown, in percent, over all stretches between one accepted
 * fix and the next (and from the start, when `fromStart`: the take-off was known). Growth is the
 * length of the change of the error vector. Stretches under {@link DRIFT_STRETCH_M} count only when
 * there is no longer one; null when every frame had a fix.
 */
export function driftPercent(errors: readonly FrameError[], fromStart: boolean): number | null {
  const stretches: { growthM: number; distanceM: number }[] = [];
  let start: FrameError | null = fromStart ? errors[0] ?? null : null;
  let end: FrameError | null = null;
  const finish = () => {
    if (start !== null && end !== null && end.distanceM > start.distanceM) {
      stretches.push({
        growthM: Math.hypot(end.eastM - start.eastM, end.northM - start.northM),
        distanceM: end.distanceM - start.distanceM,
      });
    }
    end = null;
  };
  for (const error of errors) {
    if (error.fixAccepted) {
      finish();
      start = error;
    } else if (error !== start) {
      end = error;
    }
  }
  finish();
  const long = stretches.filter((stretch) => stretch.distanceM >= DRIFT_STRETCH_M);
  const counted = long.length > 0 ? long : stretches;
  const distanceM = counted.reduce((sum, stretch) => sum + stretch.distanceM, 0);
  if (distanceM === 0) return null;
  return 100 * counted.reduce((sum, stretch) => sum + stretch.growthM, 0) / distanceM;
}

export interface EvaluatedFlight {
  readonly frames: readonly EvaluatedFrame[];
  readonly errors: readonly FrameError[];
  readonly summary: EvaluatedSummary | null;
  /** The take-off position was known. */
  readonly prior: boolean;
}

export function evaluateFlight(
  frames: readonly EvaluatedFrame[],
  summary: EvaluatedSummary | null,
  truth: Truth,
  prior: boolean,
): EvaluatedFlight {
  return { frames, errors: frameErrors(frames, truth), summary, prior };
}

export function flightMetrics(flight: EvaluatedFlight): FlightMetrics {
  const { frames, errors, summary } = flight;
  return {
    frames: frames.length,
    fixes: frames.filter((frame) => frame.fix.accepted).length,
    ...errorMetrics(errors),
    driftPercent: driftPercent(errors, flight.prior),
    // The first frame has nothing to be registered against.
    registrationVo: share(frames.slice(1), (frame) => frame.vioRegistered),
    ...latencyMetrics(frames),
    timeToFirstFixS: timeToFirstFixS(frames, errors),
    realTimeFactor: summary?.realTimeFactor ?? null,
    rssMb: summary?.rssMbMax ?? null,
  };
}

/** Figures over several flights together: every frame has the same weight. */
export function pooledMetrics(flights: readonly EvaluatedFlight[]): FlightMetrics {
  const frames = flights.flatMap((flight) => flight.frames);
  const errors = flights.flatMap((flight) => flight.errors);
  const each = flights.map(flightMetrics);
  const known = (key: keyof FlightMetrics) =>
    each.map((metrics) => metrics[key]).filter((value) => value !== null);
  const negatedSpeed = largest(known("realTimeFactor").map((value) => -value));
  return {
    frames: frames.length,
    fixes: frames.filter((frame) => frame.fix.accepted).length,
    ...errorMetrics(errors),
    driftPercent: mean(known("driftPercent")),
    registrationVo: share(
      flights.flatMap((flight) => flight.frames.slice(1)),
      (frame) => frame.vioRegistered,
    ),
    ...latencyMetrics(frames),
    // The worst of the flights; a flight without a correct fix has no such time.
    timeToFirstFixS: known("timeToFirstFixS").length === flights.length
      ? largest(known("timeToFirstFixS"))
      : null,
    realTimeFactor: negatedSpeed === null ? null : -negatedSpeed,
    rssMb: largest(known("rssMb")),
  };
}

function errorMetrics(errors: readonly FrameError[]) {
  const horizontal = errors.map((error) => error.horizontalM);
  const nees = errors.map((error) => error.nees);
  return {
    errorMP50: percentile(horizontal, 0.5),
    errorMP95: percentile(horizontal, 0.95),
    errorMMax: largest(horizontal),
    within5: share(horizontal, (errorM) => errorM <= 5),
    within20: share(horizontal, (errorM) => errorM <= 20),
    within50: share(horizontal, (errorM) => errorM <= 50),
    worstAcceptedFixM: largest(
      errors.map((error) => error.fixErrorM).filter((errorM) => errorM !== null),
    ),
    wrongFixes: errors.filter(isWrongFix).length,
    neesMean: mean(nees),
    consistent95: share(nees, (value) => value <= NEES_95),
  };
}

function isWrongFix({ fixErrorM, r95M }: FrameError): boolean {
  return fixErrorM !== null && fixErrorM > Math.min(WRONG_FIX_M, WRONG_FIX_RADII * r95M);
}

function latencyMetrics(frames: readonly EvaluatedFrame[]) {
  const latencies = frames.map((frame) => frame.latencyMs);
  return {
    latencyMsP50: percentile(latencies, 0.5),
    latencyMsP95: percentile(latencies, 0.95),
    latencyMsP99: percentile(latencies, 0.99),
    cpuMsMean: mean(
      frames.map(({ stages }) => Object.values(stages.cpuMs).reduce((sum, ms) => sum + ms, 0)),
    ),
  };
}

/** Mean processor time per frame by stage, milliseconds; in the order of the stages. */
export function stageCpuMs(frames: readonly EvaluatedFrame[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { stages } of frames) {
    for (const [stage, ms] of Object.entries(stages.cpuMs)) sums[stage] = (sums[stage] ?? 0) + ms;
  }
  for (const stage of Object.keys(sums)) sums[stage] /= frames.length;
  return sums;
}

/** Seconds from the first frame to the first correct accepted fix. */
function timeToFirstFixS(
  frames: readonly EvaluatedFrame[],
  errors: readonly FrameError[],
): number | null {
  const right = errors.find((error) => error.fixErrorM !== null && error.fixErrorM <= RIGHT_FIX_M);
  return right === undefined ? null : (right.timeNs - frames[0].timeNs) / 1e9;
}
