import assert from "node:assert/strict";
import {
  controllerNs,
  degrees,
  degreesFromRadians,
  ManualClock,
  metres,
  monotonicNs,
  nsFromSeconds,
  radians,
  radiansFromDegrees,
  secondsFromNs,
  SystemClock,
  UnitRangeError,
  wrapRadians,
} from "../../src/core/mod.ts";
import { between, property } from "../support/properties.ts";

Deno.test("the constructors of units refuse what is not finite or not whole", () => {
  for (const make of [metres, radians, degrees]) {
    assert.equal(make(-1.5), -1.5);
    for (const bad of [NaN, Infinity, -Infinity]) assert.throws(() => make(bad), UnitRangeError);
  }
  for (const make of [monotonicNs, controllerNs]) {
    assert.equal(make(5), 5);
    for (const bad of [NaN, 0.5, 2 ** 53, Infinity]) assert.throws(() => make(bad), UnitRangeError);
  }
});

Deno.test("wrapRadians() gives the same direction within (-pi, pi]", () => {
  property((random) => {
    const angle = between(random, -1000, 1000);
    const wrapped = wrapRadians(angle);
    assert.ok(wrapped > -Math.PI && wrapped <= Math.PI);
    assert.ok(Math.abs(Math.sin(wrapped - angle)) < 1e-9 && Math.cos(wrapped - angle) > 0);
  });
  assert.equal(wrapRadians(Math.PI), Math.PI);
  assert.equal(wrapRadians(-Math.PI), Math.PI);
});

Deno.test("nanoseconds and degrees convert there and back", () => {
  property((random) => {
    const ns = random.integer(2 ** 52);
    assert.ok(Math.abs(nsFromSeconds(secondsFromNs(ns)) - ns) <= 1);
    const angle = between(random, -720, 720);
    assert.ok(Math.abs(degreesFromRadians(radiansFromDegrees(angle)) - angle) < 1e-12 * 720);
  });
});

Deno.test("ManualClock moves when told and never back", () => {
  const clock = new ManualClock({ startUtc: new Date("2026-01-01T00:00:00Z") });
  assert.equal(clock.now(), 0);
  clock.set(monotonicNs(2_500_000_000));
  assert.equal(clock.utc(clock.now()).toISOString(), "2026-01-01T00:00:02.500Z");
  assert.throws(() => clock.set(monotonicNs(1)), RangeError);
});

Deno.test("SystemClock counts whole nanoseconds upwards and knows UTC", () => {
  const clock = new SystemClock();
  let last = clock.now();
  for (let i = 0; i < 1000; i++) {
    const now = clock.now();
    assert.ok(Number.isSafeInteger(now) && now >= last);
    last = now;
  }
  assert.ok(Math.abs(clock.utc(last).getTime() - Date.now()) < 1000);
});
