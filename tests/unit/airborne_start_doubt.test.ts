import assert from "node:assert/strict";
import type { MonotonicNs } from "../../src/core/mod.ts";
import { NavigatorConfigSchema } from "../../src/flight/flight_settings/mod.ts";
import { StartDoubt } from "../../src/airborne/start_doubt.ts";

/** From the start to the farthest corner of the map. */
const FAR_M = 1500;

/** 1 sigma that is told of a start known to 10 m, after each frame without a fix. */
function toldM(frameHz: number, frames: number): number[] {
  const doubt = new StartDoubt(NavigatorConfigSchema.parse({}).doubt);
  let variance = 10 ** 2;
  return Array.from({ length: frames }, (_, i) => {
    variance += doubt.missedM(Math.round(i * 1e9 / frameHz) as MonotonicNs, FAR_M) ** 2;
    return Math.sqrt(variance);
  });
}

Deno.test("StartDoubt tells within a second of misses that the start may be anywhere on the map", () => {
  for (const frameHz of [1, 3, 10]) {
    const told = toldM(frameHz, 2 * frameHz);
    assert.equal(told[0], 10);
    // The radius of 95 %.
    assert.ok(Math.abs(2.448 * told[frameHz] - FAR_M) < 1, `${told}`);
    assert.equal(told.at(-1), told[frameHz]);
  }
});

Deno.test("StartDoubt begins anew once the place was confirmed", () => {
  const doubt = new StartDoubt(NavigatorConfigSchema.parse({}).doubt);
  doubt.missedM(0 as MonotonicNs, 0);
  assert.equal(doubt.missedM(1e9 as MonotonicNs, 0), 120);
  assert.equal(doubt.missedM(2e9 as MonotonicNs, 0), 0);
  doubt.clear();
  assert.equal(doubt.missedM(3e9 as MonotonicNs, 0), 0);
  assert.ok(doubt.missedM(4e9 as MonotonicNs, 0) > 100);
});

Deno.test("StartDoubt has 3 km searched within half a minute, and nothing while the start was not missed", () => {
  const { doubt: config } = NavigatorConfigSchema.parse({});
  const doubt = new StartDoubt(config);
  assert.equal(doubt.searchM(9e9 as MonotonicNs), 0);
  doubt.missedM(0 as MonotonicNs, 0);
  assert.equal(doubt.searchM(1e9 as MonotonicNs), config.searchSigmaM);
  assert.ok(3 * doubt.searchM(30e9 as MonotonicNs) > 3000);
  assert.equal(doubt.searchM(900e9 as MonotonicNs), config.sigmaMaxM);
});

Deno.test("StartDoubt tells within a second of misses that GPS may have lied before the start, by 150 m", () => {
  const doubt = new StartDoubt(NavigatorConfigSchema.parse({}).doubt);
  assert.equal(doubt.missedByGpsM(0 as MonotonicNs), 0);
  assert.ok(Math.abs(doubt.missedByGpsM(0.6e9 as MonotonicNs) * 2.448 - 150) < 0.1);
  assert.ok(Math.abs(doubt.missedByGpsM(9e9 as MonotonicNs) * 2.448 - 150) < 0.1);
});

Deno.test("StartDoubt forgets what nobody knew of the start once GPS has told it", () => {
  const doubt = new StartDoubt(NavigatorConfigSchema.parse({}).doubt);
  for (const timeNs of [0, 1e9]) doubt.missedM(timeNs as MonotonicNs, FAR_M);
  assert.ok(Math.abs(doubt.missedByGpsM(2e9 as MonotonicNs) * 2.448 - 150) < 0.1);
});
