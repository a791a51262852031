/**
 * The barometer's height against that of the fixes. Its honest drift is metres in minutes; one that runs
 * away takes the filter along, a little with each sample, and no gate sees it.
 *
 * @module
 */

/** Height of a fix less that of the barometer at its moment. */
interface HeightDifference {
  readonly timeNs: number;
  readonly differenceM: number;
  readonly heightM: number;
  readonly sigmaM: number;
}

/** Fixes of this time are held against those of before, which lie between these two ages. */
const NOW_S = 5;
const BEFORE_FROM_S = 40;
const BEFORE_TO_S = 10;
const FIXES_MIN = 5;
/** A change is none below this, and below this share of the height: a lens, and air that is no standard one. */
const CHANGE_MIN_M = 3;
const CHANGE_MIN_SHARE = 0.025;
const CHANGE_SIGMAS = 4;
/** A mean over this time that is no noise any more. */
const AHEAD_S = 4;
const AHEAD_MIN_M = 1;
/** Samples that are further apart say nothing of a jump. */
const JUMP_S = 0.8;
/** It stands still again when it has changed by less than this since `BEFORE_TO_S` ago. */
const STILL_M = 1.5;

export class BarometerWatch {
  #barometer: { readonly timeNs: number; readonly heightM: number }[] = [];
  #differences: HeightDifference[] = [];
  #ahead: { readonly timeNs: number; readonly aheadM: number }[] = [];
  #runsAway = false;
  #changedM = 0;
  /** What fixes had differed by before; undefined: there were none. */
  #referenceM: number | undefined;

  /** Why it is not to be believed; undefined: nothing is known against it. */
  get objection(): string | undefined {
    return this.#runsAway
      ? `its height has changed by ${this.#changedM.toFixed(1)} m against what else tells it`
      : undefined;
  }

  /** When it began to run away, metres. */
  get changedM(): number {
    return Math.abs(this.#changedM);
  }

  /** Whether the sample of that moment is further than this from the one before it, metres. */
  hasJumped(timeNs: number, leastM: number): boolean {
    const index = this.#barometer.findIndex((one) => one.timeNs === timeNs);
    const now = this.#barometer[index], before = this.#barometer[index - 1];
    if (now === undefined || before === undefined) return false;
    return now.timeNs - before.timeNs < JUMP_S * 1e9 &&
      Math.abs(now.heightM - before.heightM) > leastM;
  }

  object(changedM: number): void {
    this.#runsAway = true;
    this.#referenceM = meanOf(this.#differences)?.meanM;
    this.#changedM = changedM;
    this.#ahead = [];
  }

  /** By how much a sample was ahead of the filter that took it, metres: honest noise has a mean of nothing. */
  observeAhead(timeNs: number, aheadM: number): void {
    const first = timeNs - AHEAD_S * 1e9;
    this.#ahead = [...this.#ahead.filter((one) => one.timeNs >= first), { timeNs, aheadM }];
    if (timeNs - this.#ahead[0].timeNs < AHEAD_S * 0.8e9 || this.#ahead.length < FIXES_MIN) return;
    const meanM = this.#ahead.reduce((sum, one) => sum + one.aheadM, 0) / this.#ahead.length;
    if (Math.abs(meanM) > AHEAD_MIN_M) this.object(Math.abs(meanM));
  }

  observeBarometer(timeNs: number, heightM: number): void {
    const first = timeNs - 4e9;
    this.#barometer = [...this.#barometer.filter((one) => one.timeNs >= first), {
      timeNs,
      heightM,
    }];
  }

  /** By how much it has changed where it begins to run away or comes to rest, metres; else 0. */
  observeFix(timeNs: number, heightM: number, sigmaM: number): number {
    const nearest = this.#barometer.reduce<{ timeNs: number; heightM: number } | undefined>(
      (best, one) =>
        best === undefined || Math.abs(one.timeNs - timeNs) < Math.abs(best.timeNs - timeNs)
          ? one
          : best,
      undefined,
    );
    if (nearest === undefined || Math.abs(nearest.timeNs - timeNs) > 0.5e9) return 0;
    const difference = { timeNs, heightM, differenceM: heightM - nearest.heightM, sigmaM };
    const first = timeNs - BEFORE_FROM_S * 1e9;
    this.#differences = [...this.#differences.filter((one) => one.timeNs >= first), difference];
    return this.#judge(timeNs, heightM);
  }

  #judge(timeNs: number, heightM: number): number {
    const now = this.#mean(timeNs, NOW_S, 0);
    if (this.#runsAway) {
      const before = this.#mean(timeNs, BEFORE_TO_S + NOW_S, BEFORE_TO_S);
      if (now === undefined || before === undefined) return 0;
      if (Math.abs(now.meanM - before.meanM) > STILL_M) return 0;
      // What it differed by before says nothing of the time from now on.
      this.#runsAway = false;
      this.#differences = this.#differences.filter((one) => one.timeNs > timeNs - NOW_S * 1e9);
      return this.#referenceM === undefined
        ? this.changedM
        : Math.abs(now.meanM - this.#referenceM);
    }
    const before = this.#mean(timeNs, BEFORE_FROM_S, BEFORE_TO_S);
    if (now === undefined || before === undefined) return 0;
    this.#changedM = before.meanM - now.meanM;
    const least = Math.max(CHANGE_MIN_M, CHANGE_MIN_SHARE * heightM);
    const sigmaM = Math.hypot(now.sigmaM, before.sigmaM);
    this.#runsAway = Math.abs(this.#changedM) > Math.max(least, CHANGE_SIGMAS * sigmaM);
    this.#referenceM = before.meanM;
    return this.#runsAway ? Math.abs(this.#changedM) : 0;
  }

  /** Of the fixes between two ages; undefined where they are too few. */
  #mean(nowNs: number, fromS: number, toS: number) {
    const some = this.#differences.filter(({ timeNs }) =>
      timeNs >= nowNs - fromS * 1e9 && timeNs <= nowNs - toS * 1e9
    );
    return meanOf(some);
  }
}

function meanOf(some: readonly HeightDifference[]) {
  if (some.length < FIXES_MIN) return undefined;
  const total = some.reduce((sum, { differenceM }) => sum + differenceM, 0);
  const variance = some.reduce((sum, one) => sum + one.sigmaM ** 2, 0) / some.length;
  return { meanM: total / some.length, sigmaM: Math.sqrt(variance / some.length) };
}
