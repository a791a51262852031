import assert from "node:assert/strict";
import type { StateEstimate } from "../../src/navigation/state_estimator/mod.ts";
import { MotionDoubt } from "../../src/airborne/motion_doubt.ts";
import { NavigatorConfigSchema } from "../../src/flight/flight_settings/mod.ts";

interface Flight {
  readonly gpsS: number;
  /** From when to when there are fixes, seconds. */
  readonly fixesS: readonly [number, number];
  readonly durationS: number;
  /** As GPS has measured it. */
  readonly motionShare?: number;
  readonly fixesRefused?: number;
}

const NO_FIXES = [Infinity, Infinity] as const;

/** Sigma that the doubt has added at the end, metres: 10 m/s, a frame every half second. */
function sigmaOf(
  { gpsS, fixesS, durationS, motionShare = Infinity, fixesRefused = 0 }: Flight,
): number {
  const doubt = new MotionDoubt(NavigatorConfigSchema.parse({}).doubt);
  let variance = 0, anchor = 0;
  for (let i = 0; i <= durationS * 2; i++) {
    const timeS = i / 2;
    const estimate = {
      timeNs: timeS * 1e9,
      velocityLocalMps: [6, 8, 0],
    } as unknown as StateEstimate;
    const gps = gpsS < 0 ? 0 : 1 + Math.min(i, gpsS * 2);
    if (timeS >= fixesS[0] && timeS < fixesS[1]) anchor++;
    type Counts = Parameters<MotionDoubt["growthM"]>[1]["fused"];
    const fused = { gps, anchor, odometry: i } as Counts;
    const rejected = { anchor: fixesRefused } as Counts;
    variance += doubt.growthM(estimate, { fused, rejected, motionShare }) ** 2;
  }
  return Math.sqrt(variance);
}

Deno.test("MotionDoubt covers a track that is turned round, until fixes confirm it", () => {
  // 20 s behind GPS: 200 m flown, and 400 m off where the heading is the opposite one.
  const sigmaM = sigmaOf({ gpsS: 1, fixesS: NO_FIXES, durationS: 21 });
  assert.ok(2 * 2.45 * sigmaM > 400 && sigmaM < 100, `${sigmaM}`);
  assert.ok(sigmaOf({ gpsS: 1, fixesS: [2, 21], durationS: 21 }) < 10);
  assert.ok(sigmaOf({ gpsS: 1, fixesS: NO_FIXES, durationS: 21, motionShare: 0.06 }) < 15);
  // What was measured is worth nothing once a fix contradicts it.
  const refused = { motionShare: 0.06, fixesRefused: 1 };
  assert.ok(sigmaOf({ gpsS: 1, fixesS: NO_FIXES, durationS: 21, ...refused }) > 80);
  // One fix may be a wrong one.
  assert.ok(sigmaOf({ gpsS: 1, fixesS: [1, 1.5], durationS: 21 }) > 80);
});

Deno.test("MotionDoubt believes what GPS and odometry agreed on for long, and leaves a start alone", () => {
  assert.equal(sigmaOf({ gpsS: 15, fixesS: NO_FIXES, durationS: 60 }), 0);
  assert.equal(sigmaOf({ gpsS: -1, fixesS: NO_FIXES, durationS: 60 }), 0);
});
