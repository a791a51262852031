import assert from "node:assert/strict";
import { PlaceEvidence, type PlaceScores } from "../../src/navigation/place_recognition/mod.ts";

const GSD_M = 2, SIDE = 101;

/** Scores of a map with places of a score; elsewhere chance. */
function scoresOf(places: readonly (readonly [eastM: number, northM: number, score: number])[]) {
  const scores = new Float32Array(SIDE * SIDE).fill(0.05);
  for (const [eastM, northM, score] of places) {
    scores[Math.round((100 - northM) / GSD_M) * SIDE + Math.round((eastM + 100) / GSD_M)] = score;
  }
  return { westM: -100, northM: 100, gsdM: GSD_M, columns: SIDE, rows: SIDE, scores };
}

Deno.test("PlaceEvidence tells places apart that the first frame cannot", () => {
  const evidence = new PlaceEvidence(scoresOf([[-40, 20, 0.3], [40, -20, 0.3]]));
  assert.ok(Math.abs(evidence.best(20).margin) < 1e-6, "two equal places");
  // 15 m east and 5 m north of it: the second place has nothing of the kind.
  evidence.add(scoresOf([[-25, 25, 0.3], [80, 80, 0.3]]), [15, 5], 1);
  const best = evidence.best(20);
  assert.ok(Math.hypot(best.eastM + 25, best.northM - 25) <= GSD_M, JSON.stringify(best));
  assert.ok(Math.abs(best.score - 0.3) < 1e-3);
  assert.ok(Math.abs(best.margin - 0.125) < 1e-3, `${best.margin}`);
  assert.ok(evidence.marginOf(55, -15, 20) < 0, "the other one is worse now");
  assert.equal(evidence.footprints, 2);
});

Deno.test("PlaceEvidence: where the ground repeats no place stands out, however long one flies", () => {
  const rows = (offM: number): PlaceScores =>
    scoresOf([-80, -40, 0, 40, 80].map((eastM) => [eastM + offM, offM, 0.4] as const));
  const evidence = new PlaceEvidence(rows(0));
  for (let i = 1; i <= 10; i++) evidence.add(rows(i), [1, 1], 0.5);
  const { margin, score } = evidence.best(20);
  assert.ok(score > 0.3 && margin < 0.01, `${score} ${margin}`);
});

Deno.test("PlaceEvidence follows a place although the motion is wrong by some percent", () => {
  const evidence = new PlaceEvidence(scoresOf([[-80, -80, 0.3]]));
  for (let i = 1; i <= 12; i++) {
    evidence.add(scoresOf([[-80 + 12 * i, -80 + 12 * i, 0.3]]), [12.4, 11.7], 0.5);
  }
  const best = evidence.best(20);
  assert.ok(Math.hypot(best.eastM - 64, best.northM - 64) <= 2 * GSD_M, JSON.stringify(best));
  assert.ok(best.score > 0.27, `${best.score}`);
});

Deno.test("PlaceEvidence grows with the search: a place that was beyond it stands out by what is seen from then on", () => {
  const whole = scoresOf([[70, 70, 0.3]]);
  const small: PlaceScores = {
    ...{ westM: -20, northM: 20, gsdM: GSD_M, columns: 21, rows: 21 },
    scores: new Float32Array(21 * 21).fill(0.1),
  };
  const evidence = new PlaceEvidence(small);
  evidence.add(small, [0, 0], 1);
  evidence.add(whole, [4, 0], 1);
  const best = evidence.best(20);
  assert.ok(Math.hypot(best.eastM - 70, best.northM - 70) <= GSD_M, JSON.stringify(best));
  assert.ok(Math.abs(best.margin * evidence.footprints - 0.25) < 1e-3, `${best.margin}`);
});
