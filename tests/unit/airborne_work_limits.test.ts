import assert from "node:assert/strict";
import { monotonicNs } from "../../src/core/mod.ts";
import {
  ThermalAdaptation,
  ThermalAdaptationConfigSchema,
  type WorkLevelEvent,
} from "../../src/airborne/work_limits.ts";
import { unmeasured } from "../../src/navigation/inference/mod.ts";

const CONFIG = ThermalAdaptationConfigSchema.parse({ recoveryS: 20 });

function adaptation(full = { candidates: 10, rerank: 3 }) {
  const work = new ThermalAdaptation(CONFIG, full);
  const at = (second: number, throttled: boolean): WorkLevelEvent | null => {
    const nowNs = monotonicNs(second * 1e9);
    return work.update({ ...unmeasured(nowNs), throttled }, nowNs);
  };
  return { work, at };
}

Deno.test("work is full until the computer throttles, and reduced at once then", () => {
  const { work, at } = adaptation();
  assert.equal(at(0, false), null);
  assert.deepEqual(work.limits(), {
    level: "full",
    candidates: 10,
    rerank: 3,
    searchEveryFrames: 1,
    modelInputScale: 1,
  });
  assert.deepEqual(at(1, true), {
    type: "work_level",
    limits: {
      level: "reduced",
      candidates: 4,
      rerank: 1,
      searchEveryFrames: 3,
      modelInputScale: 0.5,
    },
    reason: "the computer throttles",
  });
  assert.equal(work.limits().level, "reduced");
});

Deno.test("throttling that comes and goes changes the limits once: they recover late", () => {
  const { work, at } = adaptation();
  const changes = [];
  for (let second = 0; second < 100; second++) {
    const change = at(second, second >= 10 && second < 50 && second % 10 < 5);
    if (change !== null) changes.push([second, change.limits.level]);
  }
  // The last second with throttling is 44.
  assert.deepEqual(changes, [[10, "reduced"], [64, "full"]]);
  assert.equal(work.limits().candidates, 10);
});

Deno.test("reduced work is never more than full work", () => {
  const { work, at } = adaptation({ candidates: 2, rerank: 1 });
  at(0, true);
  assert.equal(work.limits().candidates, 2);
  assert.equal(work.limits().rerank, 1);
});
