import assert from "node:assert/strict";
import type { MonotonicNs } from "../../src/core/mod.ts";
import { NavigatorConfigSchema } from "../../src/airborne/navigator_config.ts";
import { StartDoubt } from "../../src/airborne/start_doubt.ts";

/** 1 sigma that is told of a start known to 10 m, after each frame without a fix. */
function toldM(frameHz: number, frames: number): number[] {
  const doubt = new StartDoubt(NavigatorConfigSchema.parse({}).doubt);
  let variance = 10 ** 2;
  return Array.from({ length: frames }, (_, i) => {
    variance += doubt.missedM(Math.round(i * 1e9 / frameHz) as MonotonicNs) ** 2;
    return Math.sqrt(variance);
  });
}

Deno.test("StartDoubt tells within a second of misses that the start may be 300 m off", () => {
  for (const frameHz of [1, 3, 10]) {
    const told = toldM(frameHz, 2 * frameHz);
    assert.equal(told[0], 10);
    // Twice the radius of 95 %.
    assert.ok(2 * 2.45 * told[frameHz] > 300, `${told}`);
    assert.ok(told.at(-1)! < 125, `${told}`);
  }
});

Deno.test("StartDoubt begins anew once the place was confirmed", () => {
  const doubt = new StartDoubt(NavigatorConfigSchema.parse({}).doubt);
  doubt.missedM(0 as MonotonicNs);
  assert.ok(doubt.missedM(1e9 as MonotonicNs) > 100);
  assert.equal(doubt.missedM(2e9 as MonotonicNs), 0);
  // The frames are still matched around the start.
  assert.ok(Math.abs(doubt.untoldM(Math.hypot(10, 120)) - 10) < 1e-9);
  doubt.clear();
  assert.equal(doubt.missedM(3e9 as MonotonicNs), 0);
  assert.ok(doubt.missedM(4e9 as MonotonicNs) > 100);
});
