/**
 * A place found by searching the map is a claim, not a fix: it is believed when the next frames, each
 * matched on its own around where odometry says the aircraft must then be, agree with it.
 *
 * @module
 */
import type { MonotonicNs, Vector3 } from "../core/mod.ts";

interface Claim {
  readonly timeNs: MonotonicNs;
  readonly positionLocalM: Vector3;
  readonly agreed: number;
  readonly missed: number;
}

/** A claim that misses this often in a row is dropped. */
const MISSES_MAX = 2;

export class Confirmation {
  readonly #needed: number;
  #claim: Claim | null = null;

  constructor(needed: number) {
    this.#needed = needed;
  }

  /** The open claim's position and time; null when nothing is claimed. */
  get claim(): { readonly timeNs: MonotonicNs; readonly positionLocalM: Vector3 } | null {
    return this.#claim;
  }

  /** Takes a place found by search. */
  open(timeNs: MonotonicNs, positionLocalM: Vector3): void {
    this.#claim = { timeNs, positionLocalM, agreed: 0, missed: 0 };
  }

  /** Another frame agrees; true when that is enough. */
  agree(timeNs: MonotonicNs, positionLocalM: Vector3): boolean {
    const agreed = (this.#claim?.agreed ?? 0) + 1;
    this.#claim = { timeNs, positionLocalM, agreed, missed: 0 };
    if (agreed < this.#needed) return false;
    this.#claim = null;
    return true;
  }

  /** A frame that saw nothing, or something else; `predicted` is where the claim has moved to. */
  miss(timeNs: MonotonicNs, predicted: Vector3): void {
    const claim = this.#claim;
    if (claim === null) return;
    const missed = claim.missed + 1;
    this.#claim = missed >= MISSES_MAX
      ? null
      : { timeNs, positionLocalM: predicted, agreed: claim.agreed, missed };
  }

  drop(): void {
    this.#claim = null;
  }
}
