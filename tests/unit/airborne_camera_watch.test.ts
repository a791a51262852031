import assert from "node:assert/strict";
import { CameraWatch } from "../../src/airborne/live/camera_watch.ts";
import { ManualClock, monotonicNs } from "../../src/core/mod.ts";
import type { CameraHealth } from "../../src/flight/camera_source/mod.ts";

const GOOD: CameraHealth = {
  connected: true,
  frames: 9,
  dropped: 0,
  repeated: 0,
  refused: 0,
  lost: 0,
  reconnects: 0,
  rateHz: 3,
  ageMs: 40,
  fault: "",
};

Deno.test("a camera's fault is told once it lasts, and its end once", () => {
  const clock = new ManualClock();
  let fault = "";
  const told: string[] = [];
  const watch = new CameraWatch({
    camera: { address: "v4l2:/dev/video0", health: () => ({ ...GOOD, fault }) },
    clock,
    alert: (severity, text) => told.push(`${severity}: ${text}`),
    report: (text) => told.push(text),
  });
  const until = (second: number, what: string) => {
    fault = what;
    for (let ns: number = clock.now(); ns <= second * 1e9; ns += 1e8) {
      clock.set(monotonicNs(ns));
      watch.positionSent();
    }
  };
  until(5, "");
  until(6, "the camera closed the connection");
  until(10, "");
  assert.deepEqual(told, []);
  until(20, "/dev/video0 was unplugged, or has stopped");
  until(30, "/dev/video0: No such file or directory");
  assert.deepEqual(told, [
    "error: Camera gives no usable picture",
    "camera v4l2:/dev/video0: /dev/video0 was unplugged, or has stopped",
  ]);
  until(35, "");
  assert.deepEqual(told.slice(2), ["notice: Camera is back", "camera v4l2:/dev/video0: is back"]);
});
