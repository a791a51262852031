/**
 * Decides from the overlaps which photographs are turned by 180° against their heading tag.
 *
 * Two photographs that are both turned match no better than one turned and one not: their positions
 * are known, so the overlap would show the ground on the wrong side of each. Each pair therefore
 * gives evidence about the headings themselves, not only about their difference.
 *
 * @module
 */

/**
 * Scores of one pair for (first, second) as tagged or turned: [00, 01, 10, 11], 1 is turned; negative where too
 * little overlaps to be compared.
 */
export interface PairScores {
  readonly first: number;
  readonly second: number;
  readonly scores: readonly [number, number, number, number];
}

/**
 * A pair speaks only where one combination is as like as ground is to itself, and better than every other
 * by more than chance makes of 441 shifts: of weak overlaps the best of four is any of them.
 */
const SCORE_MIN = 0.3;
/** Where not all four can be compared: more than unlike ground has. */
const SCORE_MIN_ALONE = 0.45;
const LEAD_MIN = 0.15;
/** Pairs that must speak for a turn: the tag is a witness too… */
const PAIRS_MIN = 2;
/** …with this much more correlation than for the tag… */
const GAIN_MIN = 0.3;
/** …and this many times as many of them as for the tag, where all are turned or none. */
const TOGETHER_TIMES = 3;

/** Whether the pair tells one combination from the others. */
function speaks({ scores }: PairScores): boolean {
  const [best, second] = scores.map((score) => Math.max(0, score)).sort((a, b) => b - a);
  const isWhole = scores.every((score) => score >= 0);
  return best >= (isWhole ? SCORE_MIN : SCORE_MIN_ALONE) && best - second >= LEAD_MIN;
}

/** 0 (as tagged) or 1 (turned) for each of `count` photographs. */
export function voteTurns(count: number, all: readonly PairScores[]): readonly (0 | 1)[] {
  const pairs = all.filter(speaks);
  const turns: (0 | 1)[] = new Array(count).fill(0);
  const votes = new Float64Array(count), spoken = new Uint32Array(count);
  for (const { first, second, scores: [s00, s01, s10, s11] } of pairs) {
    const gains = [
      Math.max(s10, s11) - Math.max(s00, s01),
      Math.max(s01, s11) - Math.max(s00, s10),
    ];
    [first, second].forEach((index, i) => {
      votes[index] += gains[i];
      if (gains[i] > 0) spoken[index]++;
    });
  }
  const mayTurn = (index: number) => spoken[index] >= PAIRS_MIN;
  for (let i = 0; i < count; i++) turns[i] = mayTurn(i) && votes[i] > GAIN_MIN ? 1 : 0;
  // Then change one at a time, while the sum over all pairs grows.
  for (let changed = true, round = 0; changed && round < count + 10; round++) {
    changed = false;
    for (let i = 0; i < count; i++) {
      const gain = sumOfPairs(pairs, turns, i, (1 - turns[i]) as 0 | 1) -
        sumOfPairs(pairs, turns, i, turns[i]);
      // Returning to the tag needs no margin, leaving it does.
      if (turns[i] === 1 ? gain > 1e-9 : mayTurn(i) && gain > GAIN_MIN) {
        turns[i] = (1 - turns[i]) as 0 | 1;
        changed = true;
      }
    }
  }
  return turns;
}

/**
 * The same of a camera that is fixed to its airframe: it looks the other way in all photographs of a flight, or
 * in none.
 */
export function voteTurnTogether(pairs: readonly PairScores[]): 0 | 1 {
  const spoken = pairs.filter(speaks).map(({ scores }) => scores.indexOf(Math.max(...scores)));
  const turned = spoken.filter((best) => best === 3).length;
  const asTagged = spoken.filter((best) => best === 0).length;
  return turned >= PAIRS_MIN && turned >= TOGETHER_TIMES * Math.max(1, asTagged) ? 1 : 0;
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
