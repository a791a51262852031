/**
 * Decides from the overlaps which photographs are turned by 180° against their heading tag.
 *
 * Two photographs that are both turned match no better than one turned and one not: their positions
 * are known, so the overlap would show the ground on the wrong side of each. Each pair therefore
 * gives evidence about the headings themselves, not only about their difference.
 *
 * @module
 */

/** Scores of one pair for (first, second) as tagged or turned: [00, 01, 10, 11], 1 is turned. */
export interface PairScores {
  readonly first: number;
  readonly second: number;
  readonly scores: readonly [number, number, number, number];
}

/** A sum of scores must be larger by this factor for a turn than for the tag. */
const GAIN_MIN = 0.15;

/** 0 (as tagged) or 1 (turned) for each of `count` photographs. */
export function voteTurns(count: number, pairs: readonly PairScores[]): readonly (0 | 1)[] {
  const turns: (0 | 1)[] = new Array(count).fill(0);
  const votes = new Float64Array(count);
  for (const { first, second, scores: [s00, s01, s10, s11] } of pairs) {
    votes[first] += Math.max(s10, s11) - Math.max(s00, s01);
    votes[second] += Math.max(s01, s11) - Math.max(s00, s10);
  }
  for (let i = 0; i < count; i++) turns[i] = votes[i] > GAIN_MIN ? 1 : 0;
  // Then change one at a time, while the sum over all pairs grows.
  for (let changed = true, round = 0; changed && round < count + 10; round++) {
    changed = false;
    for (let i = 0; i < count; i++) {
      const gain = sumOfPairs(pairs, turns, i, (1 - turns[i]) as 0 | 1) -
        sumOfPairs(pairs, turns, i, turns[i]);
      // Returning to the tag needs no margin, leaving it does.
      if (gain > (turns[i] === 1 ? 1e-9 : GAIN_MIN)) {
        turns[i] = (1 - turns[i]) as 0 | 1;
        changed = true;
      }
    }
  }
  return turns;
}

function sumOfPairs(
  pairs: readonly PairScores[],
  turns: readonly (0 | 1)[],
  index: number,
  turn: 0 | 1,
): number {
  let sum = 0;
  for (const { first, second, scores } of pairs) {
    if (first === index) sum += scores[2 * turn + turns[second]];
    else if (second === index) sum += scores[2 * turns[first] + turn];
  }
  return sum;
}
