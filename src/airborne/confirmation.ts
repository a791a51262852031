/**
 * A place found by searching the map is not fused at once. It is fused when the next frames agree with
 * it, each matched on its own around where the estimator's motion has moved that place. Frames that
 * follow each other see nearly the same ground and err alike: where nothing else speaks for the place
 * they have to agree over some way flown.
 *
 * @module
 */
import type { MonotonicNs, Vector3 } from "../core/mod.ts";

interface Candidate {
  readonly timeNs: MonotonicNs;
  readonly positionLocalM: Vector3;
  readonly agreed: number;
  /** Still to be flown over ground that agrees, metres. */
  readonly aheadM: number;
  readonly missed: number;
}

/** A candidate is dropped after this many frames in a row that do not agree with it. */
const MISSES_MAX = 2;

export class Confirmation {
  readonly #needed: number;
  #candidate: Candidate | null = null;

  constructor(needed: number) {
    this.#needed = needed;
  }

  /** Position and time of the place that waits to be confirmed; null when there is none. */
  get candidate(): { readonly timeNs: MonotonicNs; readonly positionLocalM: Vector3 } | null {
    return this.#candidate;
  }

  /** Takes a place found by search; frames have to agree with it over `aheadM` metres. */
  open(timeNs: MonotonicNs, positionLocalM: Vector3, aheadM: number): void {
    this.#candidate = { timeNs, positionLocalM, agreed: 0, aheadM, missed: 0 };
  }

  /** Another frame agrees; true when that is enough. */
  agree(timeNs: MonotonicNs, positionLocalM: Vector3): boolean {
    const before = this.#candidate;
    if (before === null) return false;
    const agreed = before.agreed + 1;
    const [eastM, northM] = before.positionLocalM;
    const flownM = Math.hypot(positionLocalM[0] - eastM, positionLocalM[1] - northM);
    const aheadM = before.aheadM - flownM;
    this.#candidate = { timeNs, positionLocalM, agreed, aheadM, missed: 0 };
    if (agreed < this.#needed || aheadM > 0) return false;
    this.#candidate = null;
    return true;
  }

  /** A frame has no fix, or one elsewhere; `predicted` is where the candidate has moved to. */
  miss(timeNs: MonotonicNs, predicted: Vector3): void {
    const candidate = this.#candidate;
    if (candidate === null) return;
    const missed = candidate.missed + 1;
    this.#candidate = missed >= MISSES_MAX
      ? null
      : { ...candidate, timeNs, positionLocalM: predicted, missed };
  }

  drop(): void {
    this.#candidate = null;
  }
}
