import assert from "node:assert/strict";
import { LinkWatch } from "../../src/airborne/live/link_watch.ts";
import { ManualClock, monotonicNs } from "../../src/core/mod.ts";
import type { ControllerHealth } from "../../src/flight/flight_controller/mod.ts";

Deno.test("why the controller is not heard is told once for each reason that lasts, and nothing behind it", () => {
  const clock = new ManualClock();
  let health = { connected: false, fault: "it is being opened" };
  const told: string[] = [];
  const watch = new LinkWatch({
    adapter: { health: () => health as ControllerHealth },
    endpoint: "tcpin:127.0.0.1:5760",
    clock,
    report: (text) => told.push(text),
  });
  const until = (second: number, fault: string) => {
    health = { connected: fault === "", fault };
    for (let ns: number = clock.now(); ns <= second * 1e9; ns += 1e8) {
      clock.set(monotonicNs(ns));
      watch.positionSent();
    }
  };
  until(1, "it is being opened");
  until(10, "another program has the port");
  until(11, "the peer has ended the connection");
  until(20, "another program has the port");
  until(30, "nobody has connected yet");
  until(31, "");
  until(60, "lost");
  assert.deepEqual(told, [
    "flight controller tcpin:127.0.0.1:5760: another program has the port; it is tried again until it is heard",
    "flight controller tcpin:127.0.0.1:5760: nobody has connected yet; it is tried again until it is heard",
    "flight controller tcpin:127.0.0.1:5760: is heard now",
  ]);
});
