/**
 * Figures of one flight with an input that lies.
 *
 * @module
 */
import type { FrameLine } from "../../../src/airborne/json_lines.ts";
import { evaluateFlight, type FrameError } from "../../../src/workstation/evaluation/mod.ts";
import type { Truth } from "../../../src/workstation/evaluation/mod.ts";
import type { Span } from "./input.ts";

/** Further off than this and than so many of its own radii is confidently wrong. */
const WRONG_M = 10;
const WRONG_RADII = 2;
/** A line counts until the next one, at most so long: pictures may be missing. */
const LINE_SECONDS_MAX = 1;
/** Further off than so many of its own sigmas a height is wrong; nothing has judged it in the first moments. */
const HEIGHT_SIGMAS = 3;
const HEIGHT_FROM_S = 1;

export interface HostileFigures {
  readonly frames: number;
  readonly fixes: number;
  readonly worstErrorM: number | null;
  /** Radius of 95 % that the estimate gave itself at the worst error. */
  readonly r95ThenM: number | null;
  readonly labelThen: string | null;
  /** Largest error in radii of 95 %. */
  readonly worstRadii: number | null;
  readonly confidentlyWrongS: number;
  /** Largest error of the height after the first second, and its own 1 sigma then. */
  readonly worstHeightM: number | null;
  readonly heightSigmaThenM: number | null;
  /** Seconds after the first one in which the height is further off than {@link HEIGHT_SIGMAS}. */
  readonly heightWrongS: number;
  /** Errors at the last line. */
  readonly lastErrorM: number | null;
  readonly lastHeightErrorM: number | null;
  /**
   * From the end of the lie (from its beginning, where it lasts) until the error stays below
   * {@link WRONG_M}; null: not before the end of the flight.
   */
  readonly rightAgainS: number | null;
}

export function hostileFigures(
  lines: readonly FrameLine[],
  truth: Truth,
  span: Span,
): HostileFigures {
  const { errors } = evaluateFlight(lines, null, truth, true);
  const labels = new Map(lines.map((line) => [line.sequence, line.label]));
  const sigmasUpM = new Map(lines.map((line) => [line.sequence, line.sigmaUpM]));
  const sigmaUpM = ({ sequence }: FrameError) => sigmasUpM.get(sequence) ?? 0;
  const judged = errors.filter(({ timeNs }) => timeNs >= HEIGHT_FROM_S * 1e9);
  const highest = judged.reduce<FrameError | null>(
    (most, each) => most === null || Math.abs(each.upM) > Math.abs(most.upM) ? each : most,
    null,
  );
  const worst = errors.reduce<FrameError | null>(
    (most, each) => most === null || each.horizontalM > most.horizontalM ? each : most,
    null,
  );
  return {
    frames: lines.length,
    fixes: lines.filter((line) => line.fix.accepted).length,
    worstErrorM: worst?.horizontalM ?? null,
    r95ThenM: worst?.r95M ?? null,
    labelThen: worst === null ? null : labels.get(worst.sequence) ?? null,
    worstRadii: errors.length === 0
      ? null
      : Math.max(...errors.map(({ horizontalM, r95M }) => horizontalM / r95M)),
    confidentlyWrongS: secondsOf(
      errors,
      ({ horizontalM, r95M }) => horizontalM > WRONG_M && horizontalM > WRONG_RADII * r95M,
    ),
    worstHeightM: highest === null ? null : Math.abs(highest.upM),
    heightSigmaThenM: highest === null ? null : sigmaUpM(highest),
    heightWrongS: secondsOf(
      judged,
      (error) => Math.abs(error.upM) > HEIGHT_SIGMAS * sigmaUpM(error),
    ),
    lastErrorM: errors.at(-1)?.horizontalM ?? null,
    lastHeightErrorM: errors.length === 0 ? null : Math.abs(errors[errors.length - 1].upM),
    rightAgainS: rightAgainS(errors, Number.isFinite(span.toS) ? span.toS : span.fromS),
  };
}

function secondsOf(
  errors: readonly FrameError[],
  isWrong: (error: FrameError) => boolean,
): number {
  let seconds = 0;
  errors.forEach((error, i) => {
    if (!isWrong(error)) return;
    const next = errors[i + 1] ?? error;
    const before = errors[i - 1] ?? error;
    const lastsS = (next === error ? error.timeNs - before.timeNs : next.timeNs - error.timeNs) /
      1e9;
    // A delay of the pictures that was found sets their times back.
    seconds += Math.max(0, Math.min(LINE_SECONDS_MAX, lastsS));
  });
  return seconds;
}

function rightAgainS(errors: readonly FrameError[], sinceS: number): number | null {
  const lastWrong = errors.findLastIndex((error) => error.horizontalM > WRONG_M);
  if (lastWrong < 0) return 0;
  const right = errors[lastWrong + 1];
  return right === undefined ? null : Math.max(0, right.timeNs / 1e9 - sinceS);
}
