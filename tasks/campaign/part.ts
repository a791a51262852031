/**
 * What a part of the campaign is given, and what it answers.
 *
 * @module
 */
export interface PartHost {
  /** First seed, and how many. */
  readonly first: number;
  readonly seeds: number;
  /** A part begins no new seed after this moment (`performance.now()`). */
  readonly endMs: number;
  readonly print: (line: string) => void;
}

/** Seeds in order until they or the time are used up. */
export function* seedsOf({ first, seeds, endMs }: PartHost): Generator<number> {
  for (let seed = first; seed < first + seeds; seed++) {
    if (seed > first && performance.now() >= endMs) return;
    yield seed;
  }
}

/** Runs of one part, and how to repeat each that failed. */
export interface PartResult {
  readonly runs: number;
  readonly failures: readonly string[];
}
