import assert from "node:assert/strict";
import { FRAME_STAGES, StageClock } from "../../src/airborne/stage_clock.ts";

/** Keeps a processor busy. */
function work(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

Deno.test("StageClock: each stage has its own time, and together they have all of it", async () => {
  const beforeMs = performance.now();
  const clock = new StageClock();
  const startMs = performance.now();
  clock.enter("estimator");
  await clock.during("matching", async () => {
    work(20);
    await clock.during("pose", () => Promise.resolve(work(10)));
    await new Promise((resolve) => setTimeout(resolve, 30));
  });
  await assert.rejects(clock.during("decode", () => Promise.reject(new Error("no picture"))));
  work(5);
  const endMs = performance.now();
  const { wallMs, cpuMs } = clock.take();
  const afterMs = performance.now();
  const sum = FRAME_STAGES.reduce((total, stage) => total + wallMs[stage], 0);
  assert.ok(sum >= endMs - startMs - 0.1 && sum <= afterMs - beforeMs + 0.1, `${sum} ms`);
  assert.ok(wallMs.matching >= 49 && wallMs.pose >= 9.9 && wallMs.estimator >= 4.9);
  // Waiting costs wall time only; other processes may take the processor away from the work.
  assert.ok(cpuMs.matching > 2 && cpuMs.matching < wallMs.matching - 15, String(cpuMs.matching));
  assert.ok(cpuMs.pose > 1 && cpuMs.recognition === 0 && wallMs.odometry === 0);
  assert.equal(clock.take().wallMs.matching, 0);
});
