/**
 * Input and result of a part of the campaign.
 *
 * @module
 */
import type { WorkersPlace } from "../evaluate/workers.ts";

export interface PartHost {
  /** Of the part flights: who flies; null: this machine. */
  readonly workers: WorkersPlace | null;
  /** The first seed, and the number of seeds. */
  readonly first: number;
  readonly seeds: number;
  /** A part begins no new seed after this moment (`performance.now()`). */
  readonly endMs: number;
  readonly print: (line: string) => void;
}

/** Seeds in order until all are used or the time is over. */
export function* seedsOf({ first, seeds, endMs }: PartHost): Generator<number> {
  for (let seed = first; seed < first + seeds; seed++) {
    if (seed > first && performance.now() >= endMs) return;
    yield seed;
  }
}

/** The number of runs of one part, and the commands that repeat the failed ones. */
export interface PartResult {
  readonly runs: number;
  /** Of the failures: flights that no worker could fly. */
  readonly setAside?: number;
  readonly failures: readonly string[];
}
