import assert from "node:assert/strict";
import { defaultEskfConfig } from "../../src/navigation/state_estimator/config.ts";
import {
  type LabelInputs,
  NoEstimateAlert,
  SourceLabelMachine,
} from "../../src/navigation/state_estimator/mod.ts";

const GOOD: LabelInputs = {
  timeNs: 0,
  anchorAgeS: 1,
  fixesRefused: 0,
  horizontal95M: 5,
  visionAgeS: 0.2,
  frameIntervalS: 0.33,
  gpsSpoofed: false,
};

function machine() {
  const labels = new SourceLabelMachine(defaultEskfConfig().label);
  return (change: Partial<LabelInputs>) => {
    labels.update({ ...GOOD, ...change });
    return labels.label;
  };
}

Deno.test("SourceLabelMachine is dead_reckoned until the first fix", () => {
  const label = machine();
  assert.equal(label({ anchorAgeS: Infinity }), "dead_reckoned");
  assert.equal(label({}), "satellite_anchored");
});

Deno.test("SourceLabelMachine falls by age and by size, at once", () => {
  const label = machine();
  label({});
  assert.equal(label({ anchorAgeS: 9.9 }), "satellite_anchored");
  assert.equal(label({ anchorAgeS: 10 }), "visual_propagated");
  assert.equal(label({ fixesRefused: 2 }), "satellite_anchored");
  assert.equal(label({ fixesRefused: 3 }), "visual_propagated");
  label({});
  assert.equal(label({ horizontal95M: 25 }), "visual_propagated");
  assert.equal(label({ horizontal95M: 200 }), "dead_reckoned");
  label({});
  assert.equal(label({ anchorAgeS: 20, visionAgeS: 3 }), "dead_reckoned");
});

Deno.test("SourceLabelMachine rises only inside of its hysteresis", () => {
  const label = machine();
  label({});
  label({ horizontal95M: 26 });
  assert.equal(label({ horizontal95M: 24 }), "visual_propagated");
  assert.equal(label({ horizontal95M: 22 }), "satellite_anchored");
  label({ horizontal95M: 210 });
  assert.equal(label({ horizontal95M: 190 }), "dead_reckoned");
  assert.equal(label({ horizontal95M: 170 }), "visual_propagated");
});

Deno.test("SourceLabelMachine is dead_reckoned 400 ms after a frame was due while GPS is spoofed", () => {
  const label = machine();
  label({ gpsSpoofed: true });
  assert.equal(label({ gpsSpoofed: true, visionAgeS: 0.72 }), "satellite_anchored");
  assert.equal(label({ gpsSpoofed: true, visionAgeS: 0.74 }), "dead_reckoned");
  assert.equal(label({ gpsSpoofed: false, visionAgeS: 0.74 }), "satellite_anchored");
});

Deno.test("SourceLabelMachine is dead_reckoned after two seconds and three frames without a place", () => {
  const label = machine();
  label({});
  assert.equal(label({ visionAgeS: 1.9, anchorAgeS: 1.9 }), "satellite_anchored");
  assert.equal(label({ visionAgeS: 2.1, anchorAgeS: 2.1 }), "dead_reckoned");
  label({ frameIntervalS: 1 });
  assert.equal(label({ frameIntervalS: 1, visionAgeS: 2.9 }), "satellite_anchored");
  assert.equal(label({ frameIntervalS: 1, visionAgeS: 3.1 }), "dead_reckoned");
});

Deno.test("SourceLabelMachine.update() tells each change once", () => {
  const labels = new SourceLabelMachine(defaultEskfConfig().label);
  assert.deepEqual(labels.update({ ...GOOD, timeNs: 5 }), {
    timeNs: 5,
    from: "dead_reckoned",
    to: "satellite_anchored",
  });
  assert.equal(labels.update(GOOD), undefined);
});

Deno.test("NoEstimateAlert alerts once after three seconds, and tells of the recovery once", () => {
  const alert = new NoEstimateAlert(), seen: string[] = [];
  for (let t = 0; t < 20; t += 0.1) {
    const usable = t < 2 || (t > 8 && t < 10) || t > 11;
    const event = alert.update(Math.round(t * 1e9), usable ? 20 : t < 5 ? undefined : 600);
    if (event) seen.push(`${event.severity} ${t.toFixed(1)}`);
  }
  assert.deepEqual(seen, ["critical 4.9", "notice 8.1"]);
});

Deno.test("NoEstimateAlert counts from the first call when there never was an estimate", () => {
  const alert = new NoEstimateAlert();
  assert.equal(alert.update(1e9, undefined), undefined);
  assert.equal(alert.update(3.9e9, undefined), undefined);
  assert.equal(alert.update(4e9, undefined)?.severity, "critical");
  assert.equal(alert.update(9e9, undefined), undefined);
});
