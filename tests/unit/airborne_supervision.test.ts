import assert from "node:assert/strict";
import { FlightSupervision } from "../../src/airborne/supervision.ts";
import type { FrameLine } from "../../src/airborne/json_lines.ts";
import { ManualClock, monotonicNs } from "../../src/core/mod.ts";

const CAMERA = {}, CONTROLLER = {};

/** A supervision whose clock and timer stand still until they are moved; `told` is what was said. */
function supervised(watchdogMs: number | null) {
  const told: string[] = [], timers: (() => void)[] = [];
  const clock = new ManualClock();
  const supervision = new FlightSupervision({
    manager: {
      watchdogMs,
      notify: (state, text = "") => {
        told.push(text === "" ? state : `${state}: ${text}`);
        return true;
      },
    },
    clock,
    repeat: (periodMs, callback) => {
      assert.equal(periodMs, 200);
      timers.push(callback);
      return { [Symbol.dispose]: () => void timers.splice(timers.indexOf(callback), 1) };
    },
  });
  const at = (ms: number) => clock.set(monotonicNs(ms * 1e6));
  const take = () => told.splice(0).map((line) => line.replace(/:.*/, ""));
  return { supervision, told, timers, at, take };
}

Deno.test("the loop that works, and the loop that waits, are both alive", () => {
  const { supervision, timers, at, take } = supervised(800);
  supervision.ready();
  assert.deepEqual(take(), ["ready", "watchdog"]);
  for (let ms = 0; ms <= 790; ms += 10) {
    at(ms);
    supervision.enter(CONTROLLER);
    supervision.leave(CONTROLLER);
  }
  assert.deepEqual(
    take(),
    ["status", ...Array(7).fill("watchdog")],
    "one in an eighth of the time",
  );
  at(5000);
  timers[0]();
  assert.deepEqual(take(), ["watchdog"], "no event has come for four seconds");
  supervision.stopping();
  assert.deepEqual(take(), ["stopping"]);
  assert.equal(timers.length, 0);
});

Deno.test("an event that is not done with after half of the time silences the watchdog, whatever else works", () => {
  const { supervision, timers, at, take } = supervised(800);
  supervision.ready();
  supervision.enter(CAMERA);
  take();
  at(390);
  timers[0]();
  assert.deepEqual(take(), ["watchdog"]);
  for (let ms = 410; ms < 3000; ms += 10) {
    at(ms);
    timers[0]();
    supervision.enter(CONTROLLER);
    supervision.leave(CONTROLLER);
  }
  assert.ok(!take().includes("watchdog"));
  supervision.leave(CAMERA);
  assert.deepEqual(take(), ["watchdog"], "it was slow, and is done");
});

Deno.test("the status is a line for people, once a second at most", () => {
  const { supervision, told, at } = supervised(null);
  supervision.ready();
  const line = {
    label: "satellite_anchored",
    horizontal95M: 4.21,
    fix: { accepted: true },
  } as FrameLine;
  for (let ms = 0; ms < 5000; ms += 20) {
    at(ms);
    supervision.enter(CAMERA);
    supervision.onOutcome(null, null, line);
    supervision.leave(CAMERA);
  }
  const status = told.filter((text) => text.startsWith("status"));
  assert.equal(status.length, 5);
  assert.match(
    status[4],
    /^status: satellite anchored within 4\.2 m \(95 %\); 201 frames, 201 fixes, 0 faults; \d+ MB$/,
  );
  assert.ok(!told.includes("watchdog"), "none is expected");
});

Deno.test("nobody is told where nobody supervises, and no timer runs", () => {
  using supervision = new FlightSupervision({
    manager: null,
    clock: new ManualClock(),
    repeat: () => assert.fail("a timer"),
  });
  supervision.ready();
  supervision.enter(CAMERA);
  supervision.leave(CAMERA);
  supervision.stopping();
});
