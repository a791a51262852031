import assert from "node:assert/strict";
import { seededRandom } from "../../src/core/mod.ts";
import {
  adjust,
  SIGMAS_DEFAULT,
  type Tie,
} from "../../src/tiles/workstation/tile_import/tie_adjustment.ts";
import { voteTurns, voteTurnTogether } from "../../src/tiles/workstation/tile_import/turn_vote.ts";

Deno.test("adjust() finds the moves and turns that ties were made with", () => {
  const random = seededRandom("tie adjustment");
  const middles = [0, 1, 2, 3].map((i) => [30 * (i % 2), 25 * Math.floor(i / 2)] as const);
  const truth = middles.map(() => ({
    eastM: 0.5 * random.normal(),
    northM: 0.5 * random.normal(),
    turnRad: 0.03 * random.normal(),
  }));
  // Where a photograph shows a ground point before it is adjusted: the inverse of the adjustment.
  const shown = (i: number, [east, north]: readonly [number, number]) => {
    const e = east - middles[i][0] - truth[i].eastM, n = north - middles[i][1] - truth[i].northM;
    const { turnRad: a } = truth[i];
    return [
      middles[i][0] + Math.cos(a) * e - Math.sin(a) * n,
      middles[i][1] + Math.sin(a) * e + Math.cos(a) * n,
    ] as const;
  };
  const ties: Tie[] = [];
  for (let first = 0; first < 4; first++) {
    for (let second = first + 1; second < 4; second++) {
      for (let k = 0; k < 30; k++) {
        const point = [30 * random.uniform(), 25 * random.uniform()] as const;
        // One tie in fifteen is wrong by metres.
        const wrong = k % 15 === 0 ? 4 : 0;
        const [east, north] = shown(second, point);
        ties.push({
          first,
          second,
          firstM: shown(first, point),
          secondM: [east + wrong, north],
        });
      }
    }
  }
  const sigmas = {
    positionM: 2,
    turnRad: 0.1,
    growth: 0.001,
    commonGrowth: 0.001,
    tieM: 0.1,
    lagS: 0.7,
  };
  const { adjustments, medianBeforeM, medianAfterM } = adjust(middles, ties, sigmas);
  assert.ok(medianBeforeM > 0.3 && medianAfterM < 0.05, `${medianBeforeM} → ${medianAfterM} m`);
  for (const i of [1, 2, 3]) {
    const relative = (key: "eastM" | "northM" | "turnRad") =>
      adjustments[i][key] - adjustments[0][key] - (truth[i][key] - truth[0][key]);
    assert.ok(Math.abs(relative("turnRad")) < 0.005, `turn of ${i}: ${relative("turnRad")} rad`);
  }
  const mean = adjustments.reduce((sum, a) => sum + a.eastM, 0) / 4;
  assert.ok(Math.abs(mean) < 0.05, "the mean position stays as tagged");
});

Deno.test("adjust() takes out the age of positions of strips flown against each other, and no more than they show", () => {
  const random = seededRandom("lag of ties");
  const speedMps = 14, lagS = 0.8;
  const flown = (isBack: (strip: number) => boolean) => {
    const middles: (readonly [number, number])[] = [], velocities: typeof middles = [];
    for (let strip = 0; strip < 3; strip++) {
      const sign = isBack(strip) ? -1 : 1;
      for (let i = 0; i < 6; i++) {
        middles.push([40 * strip + random.normal(), 35 * i + random.normal()]);
        velocities.push([0, sign * speedMps]);
      }
    }
    const ties: Tie[] = [];
    for (let first = 0; first < middles.length; first++) {
      for (let second = first + 1; second < middles.length; second++) {
        const apart = [0, 1].map((k) => middles[first][k] - middles[second][k]);
        if (Math.hypot(...apart) > 60) continue;
        for (let k = 0; k < 8; k++) {
          const point = [0, 1].map((axis) => middles[first][axis] + 30 * (random.uniform() - 0.5));
          const shown = (photograph: number) =>
            point.map((value, axis) =>
              value - lagS * velocities[photograph][axis] + 0.1 * random.normal()
            ) as unknown as readonly [number, number];
          ties.push({ first, second, firstM: shown(first), secondM: shown(second) });
        }
      }
    }
    return adjust(middles, ties, undefined, velocities);
  };
  const both = flown((strip) => strip === 1);
  assert.ok(Math.abs(both.lag.lagS - lagS) < 0.1 && both.lag.sigmaS < 0.1, `${both.lag.lagS} s`);
  assert.ok(both.medianBeforeM > 10 * both.medianWithoutLagM);
  const one = flown(() => false);
  assert.ok(one.lag.sigmaS > 0.6, "strips of one direction say nothing of it");
});

Deno.test("adjust() finds by how much all heights are wrong, from positions that are right to metres", () => {
  const random = seededRandom("scale of ties");
  const heightShare = 1.05;
  const middles = Array.from(
    { length: 30 },
    (_, i) => [40 * (i % 5), 40 * Math.floor(i / 5)] as const,
  );
  const tagged = middles.map((at) =>
    at.map((m) => m + 4 * random.normal()) as unknown as readonly [number, number]
  );
  const ties: Tie[] = [];
  for (let first = 0; first < middles.length; first++) {
    for (let second = first + 1; second < middles.length; second++) {
      if (Math.hypot(...[0, 1].map((k) => middles[first][k] - middles[second][k])) > 60) continue;
      for (let k = 0; k < 8; k++) {
        const point = [0, 1].map((axis) =>
          (middles[first][axis] + middles[second][axis]) / 2 + 10 * random.normal()
        );
        const shown = (photograph: number) =>
          point.map((value, axis) =>
            tagged[photograph][axis] + (value - middles[photograph][axis]) * heightShare +
            0.1 * random.normal()
          ) as unknown as readonly [number, number];
        ties.push({ first, second, firstM: shown(first), secondM: shown(second) });
      }
    }
  }
  const { adjustments } = adjust(tagged, ties, { ...SIGMAS_DEFAULT, positionM: 4 });
  const growth = adjustments.reduce((sum, a) => sum + a.growth, 0) / adjustments.length;
  assert.ok(Math.abs((1 + growth) * heightShare - 1) < 0.015, `${growth}`);
});

Deno.test("adjust() leaves everything as tagged when there are no ties", () => {
  const { adjustments } = adjust([[0, 0], [10, 0]], []);
  for (const a of adjustments) {
    assert.deepEqual([a.eastM, a.northM, a.turnRad, a.growth], [0, 0, 0, 0]);
  }
});

Deno.test("voteTurns() turns a whole strip when its pairs say so", () => {
  // 0–2 as tagged, 3–5 turned; neighbours in the strip and across.
  const turned = [0, 0, 0, 1, 1, 1];
  const pairs = [[0, 1], [1, 2], [3, 4], [4, 5], [0, 3], [1, 4], [2, 5]].map(([first, second]) => {
    const scores: [number, number, number, number] = [0.1, 0.12, 0.08, 0.11];
    scores[2 * turned[first] + turned[second]] = 0.5;
    return { first, second, scores };
  });
  assert.deepEqual(voteTurns(6, pairs), turned);
});

Deno.test("voteTurns() trusts the tags when no pair speaks", () => {
  assert.deepEqual(voteTurns(3, []), [0, 0, 0]);
  assert.deepEqual(
    voteTurns(2, [{ first: 0, second: 1, scores: [0.2, 0.21, 0.22, 0.25] }]),
    [0, 0],
  );
});

Deno.test("voteTurns() keeps the tag against one pair, and against the noise of many weak ones", () => {
  assert.deepEqual(voteTurns(2, [{ first: 0, second: 1, scores: [0.1, 0.1, 0.1, 0.6] }]), [0, 0]);
  const random = seededRandom("weak overlaps");
  // As photographs of fields have it: 0.43 at most.
  const noise = () => 0.1 + 0.33 * random.uniform() ** 3;
  const pairs = Array.from({ length: 300 }, (_, i) => ({
    first: i % 60,
    second: (i % 60 + 1 + i % 5) % 60,
    scores: [noise() + 0.25, noise(), noise(), noise()] as const,
  }));
  assert.deepEqual(voteTurns(60, pairs), new Array(60).fill(0));
});

Deno.test("voteTurnTogether() turns a camera that is mounted the other way round, or none", () => {
  const pair = (best: number, i: number) => {
    const scores: [number, number, number, number] = [0.1, 0.12, 0.08, 0.11];
    scores[best] = 0.5;
    return { first: i, second: i + 1, scores };
  };
  assert.equal(voteTurnTogether([3, 3, 3, 3].map(pair)), 1);
  assert.equal(voteTurnTogether([0, 3, 0, 0].map(pair)), 0);
  assert.equal(voteTurnTogether([3, 3, 0, 0].map(pair)), 0);
});
