/**
 * Relocalisation: refused fixes that agree with each other, after the motion between them is taken
 * out, say that the filter is wrong and not they.
 *
 * @module
 */

/** A fix that the gate refused: its innovation is the offset of the filter if the fix is right. */
export interface RefusedFix {
  readonly timeNs: number;
  readonly innovationEastM: number;
  readonly innovationNorthM: number;
  /** Horizontal 1 sigma of the fix. */
  readonly sigmaM: number;
  /** Distance flown since the fix before it, metres: odometry drifts by a share of it. */
  readonly flownM: number;
}

const KEPT = 8;
/** Agreement: joint sigmas, and the drift of the odometry between two fixes. */
const SIGMAS = 3;
const DRIFT_SHARE = 0.05;
const DRIFT_FLOOR_M = 1.5;

export function withRefusedFix(
  earlier: readonly RefusedFix[],
  fix: RefusedFix,
): readonly RefusedFix[] {
  return [...earlier.slice(-(KEPT - 1)), fix];
}

/** True where the newest `count` refused fixes agree mutually. */
export function refusedFixesAgree(fixes: readonly RefusedFix[], count: number): boolean {
  if (fixes.length < count) return false;
  const newest = fixes.slice(-count);
  for (let i = 0; i < newest.length; i++) {
    let flownM = 0;
    for (let k = i + 1; k < newest.length; k++) {
      flownM += newest[k].flownM;
      if (!agree(newest[i], newest[k], flownM)) return false;
    }
  }
  return true;
}

/** How far off the newest two refused fixes have the filter where they agree, metres; 0 where they do not. */
export function contestedM(fixes: readonly RefusedFix[]): number {
  const newest = fixes.at(-1);
  return newest !== undefined && refusedFixesAgree(fixes, 2)
    ? Math.hypot(newest.innovationEastM, newest.innovationNorthM)
    : 0;
}

function agree(a: RefusedFix, b: RefusedFix, flownM: number): boolean {
  const distanceM = Math.hypot(
    a.innovationEastM - b.innovationEastM,
    a.innovationNorthM - b.innovationNorthM,
  );
  return distanceM <=
    SIGMAS * Math.hypot(a.sigmaM, b.sigmaM) + DRIFT_FLOOR_M + DRIFT_SHARE * flownM;
}
