import assert from "node:assert/strict";
import {
  controllerNs,
  degrees,
  degreesFromRadians,
  ManualClock,
  metres,
  monotonicNs,
  radians,
  radiansFromDegrees,
  secondsFromNs,
  SystemClock,
  UnitRangeError,
  wrapDegrees,
  wrapRadians,
} from "../../src/core/mod.ts";
import { fc, real } from "../support/properties.ts";

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
  fc.assert(fc.property(real(-1000, 1000), (angle) => {
    const wrapped = wrapRadians(angle);
    assert.ok(wrapped > -Math.PI && wrapped <= Math.PI);
    assert.ok(Math.abs(Math.sin(wrapped - angle)) < 1e-9 && Math.cos(wrapped - angle) > 0);
  }));
  assert.equal(wrapRadians(Math.PI), Math.PI);
  assert.equal(wrapRadians(-Math.PI), Math.PI);
});

Deno.test("wrapDegrees() gives the same direction within [-180, 180), and what lies there unchanged", () => {
  fc.assert(fc.property(real(-180, 179.999), fc.integer({ min: -3, max: 3 }), (angle, turns) => {
    assert.equal(wrapDegrees(angle), angle);
    const wrapped = wrapDegrees(angle + 360 * turns);
    assert.ok(wrapped >= -180 && wrapped < 180);
    assert.ok(Math.abs((wrapped - angle + 540) % 360 - 180) < 1e-9);
  }));
  assert.equal(wrapDegrees(180), -180);
});

Deno.test("nanoseconds and degrees convert there and back", () => {
  fc.assert(fc.property(fc.nat(2 ** 52), real(-720, 720), (ns, angle) => {
    assert.ok(Math.abs(1e9 * secondsFromNs(ns) - ns) <= 1);
    assert.ok(Math.abs(degreesFromRadians(radiansFromDegrees(angle)) - angle) < 1e-12 * 720);
  }));
});

Deno.test("ManualClock moves when it is set, and never back", () => {
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
