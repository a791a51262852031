/**
 * A place found by searching the map is not fused at once. It is fused when the next frames agree with
 * it, each matched on its own around where the estimator's motion has moved that place.
 *
 * @module
 */
import type { MonotonicNs, Vector3 } from "../core/mod.ts";

interface Candidate {
  readonly timeNs: MonotonicNs;
  readonly positionLocalM: Vector3;
  readonly agreed: number;
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

  /** Takes a place found by search. */
  open(timeNs: MonotonicNs, positionLocalM: Vector3): void {
    this.#candidate = { timeNs, positionLocalM, agreed: 0, missed: 0 };
  }

  /** Another frame agrees; true when that is enough. */
  agree(timeNs: MonotonicNs, positionLocalM: Vector3): boolean {
    const agreed = (this.#candidate?.agreed ?? 0) + 1;
    this.#candidate = { timeNs, positionLocalM, agreed, missed: 0 };
    if (agreed < this.#needed) return false;
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
      : { timeNs, positionLocalM: predicted, agreed: candidate.agreed, missed };
  }

  drop(): void {
    this.#candidate = null;
  }
}
