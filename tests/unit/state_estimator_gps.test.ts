import assert from "node:assert/strict";
import { LocalFrame, type MonotonicNs, type Vector3 } from "../../src/core/mod.ts";
import { defaultEskfConfig } from "../../src/navigation/state_estimator/config.ts";
import { GpsTrust } from "../../src/navigation/state_estimator/sources/gps_trust.ts";
import {
  Eskf,
  type EstimatorEvent,
  type GpsSample,
  SpoofPromotionGate,
} from "../../src/navigation/state_estimator/mod.ts";
import { feed, makeScenario } from "./state_estimator_scenario.ts";

const frame = new LocalFrame({ latitudeDeg: 48, longitudeDeg: 37, heightM: 0 });
const config = defaultEskfConfig();

function sample(seconds: number, local: Vector3, change: Partial<GpsSample> = {}): GpsSample {
  return {
    timeNs: Math.round(seconds * 1e9) as MonotonicNs,
    fix: "3d",
    position: frame.wgsFromLocal(local),
    velocityLocalMps: [10, 0, 0],
    sigmaHorizontalM: 1.5,
    sigmaVerticalM: 3,
    satellites: 12,
    integrity: "ok",
    ...change,
  };
}

function judged(...samples: [number, Vector3, Partial<GpsSample>?][]) {
  const trust = new GpsTrust(config.gps);
  for (const [seconds, local, change] of samples) {
    trust.judge(sample(seconds, local, change), {
      positionLocalM: local,
      baroHeightM: 100,
      newestNs: seconds * 1e9,
      // It flies eastward, whatever GPS says.
      estimate: () => ({ positionLocalM: [10 * seconds, 0, 100], horizontal95M: 2 }),
    });
  }
  return `${trust.state} ${trust.reason}`;
}

Deno.test("GpsTrust trusts a healthy GPS and demotes each kind of contradiction at once", () => {
  assert.match(judged([0, [0, 0, 100]], [1, [10, 0, 101]]), /^trusted/);
  assert.match(judged([0, [0, 0, 100]], [1, [60, 0, 100]]), /demoted a jump of 50 m/);
  assert.match(judged([0, [0, 0, 200]]), /demoted .*barometer/);
  assert.match(judged([0, [0, 0, 100], { integrity: "spoofed" }]), /demoted .*spoofed/);
  assert.match(judged([0, [0, 0, 100], { integrity: "jammed" }]), /demoted .*jammed/);
  assert.match(
    judged([0, [0, 0, 100], { velocityLocalMps: [100, 0, 0] }]),
    /demoted a speed/,
  );
  assert.match(judged([0, [0, 0, 100], { fix: "none" }]), /^absent/);
});

Deno.test("GpsTrust demotes a GPS that stands still in flight, by its place or by its time", () => {
  const here: Vector3 = [0, 0, 100];
  assert.match(judged([0, here], [0.5, here]), /^trusted/);
  assert.match(judged([0, here], [0.5, here], [1.6, here]), /demoted its position stands still/);
  const stamped = { timeNs: 0 as MonotonicNs };
  // A message is sent several times for each fix: that is no fault…
  assert.match(judged([0, here], [0.4, here, stamped], [0.8, here, stamped]), /^trusted/);
  // …until no new one comes at all.
  assert.match(judged([0, here], [3.1, here, stamped]), /demoted its time stands still for 3.1 s/);
});

Deno.test("GpsTrust takes a GPS that came before the first IMU sample for no measure of its lag", () => {
  const trust = new GpsTrust(config.gps);
  const context = { baroHeightM: 100, estimate: () => undefined };
  for (const [seconds, newestNs] of [[4.7, -1], [4.9, 4.9e9], [5.1, 5.1e9]]) {
    const local: Vector3 = [10 * seconds, 0, 100];
    trust.judge(sample(seconds, local), { ...context, positionLocalM: local, newestNs });
  }
  assert.equal(trust.state, "trusted");
});

Deno.test("GpsTrust demotes a velocity that changes as nothing that flies can", () => {
  const still = { velocityLocalMps: [0, 0, 0] } as const;
  const fast = { velocityLocalMps: [-6, 12, 0] } as const;
  assert.match(
    judged([0, [0, 0, 100], still], [0.2, [0, 0, 100.1], fast]),
    /demoted a change of 13 m\/s in 0.2 s/,
  );
});

Deno.test("GpsTrust counts no vertical speed where none was measured", () => {
  const unmeasured = { velocityLocalMps: [10, 0, 500], hasVerticalVelocity: false } as const;
  assert.match(judged([0, [0, 0, 100], unmeasured]), /^trusted/);
});

Deno.test("GpsTrust stays demoted when GPS looks healthy again", () => {
  assert.match(
    judged([0, [0, 0, 100], { integrity: "spoofed" }], [1, [10, 0, 100]], [2, [20, 0, 100]]),
    /^demoted/,
  );
});

Deno.test("SpoofPromotionGate accepts after the dwell time, a fix that agrees, and a bounded delta", () => {
  const gate = new SpoofPromotionGate(config.promotion, 5);
  const at = (t: number): Vector3 => [10 * t, 0, 100];
  const observe = (t: number, change: Partial<GpsSample> = {}, offM = 0) =>
    gate.observeSample(sample(t, at(t), change), at(t), [10 * t + offM, 0, 100], false);
  for (let t = 0; t < 10; t++) assert.equal(observe(t).accepted, false);
  gate.observeFix(9e9, at(9), 2); // too early: the dwell time is not over
  assert.match(observe(10).reason, /no satellite fix/);
  gate.observeFix(10.4e9, at(10.4), 2);
  assert.equal(observe(11).accepted, true);
});

Deno.test("SpoofPromotionGate takes nothing back that contradicts the estimate, whatever a fix says", () => {
  const gate = new SpoofPromotionGate(config.promotion, 5);
  const at = (t: number): Vector3 => [10 * t, 0, 100];
  for (let t = 0; t <= 30; t++) {
    gate.observeFix(t * 1e9, at(t), 8);
    const { accepted, reason } = gate.observeSample(sample(t, at(t)), at(t), at(t), true);
    assert.deepEqual([accepted, reason], [false, "beyond 3 sigma of the estimate"]);
  }
});

Deno.test("SpoofPromotionGate asks no report of a controller that makes none", () => {
  const gate = new SpoofPromotionGate(config.promotion, 5);
  const unknown = { integrity: "unknown" } as const;
  const at = (t: number): Vector3 => [10 * t, 0, 100];
  for (let t = 0; t <= 11; t++) gate.observeSample(sample(t, at(t), unknown), at(t), at(t), false);
  // Without a fix that agrees it waits for ever.
  for (let t = 12; t <= 90; t++) {
    assert.equal(
      gate.observeSample(sample(t, at(t), unknown), at(t), at(t), false).accepted,
      false,
    );
  }
  gate.observeFix(90.5e9, at(90.5), 2);
  assert.equal(
    gate.observeSample(sample(91, at(91), unknown), at(91), at(91), false).accepted,
    true,
  );
});

Deno.test("SpoofPromotionGate starts its dwell time anew when a sample is rejected", () => {
  for (
    const [change, offM] of [[{ integrity: "spoofed" }, 0], [{}, 201], [{ fix: "2d" }, 0]] as const
  ) {
    const gate = new SpoofPromotionGate(config.promotion, 5);
    const at = (t: number): Vector3 => [10 * t, 0, 100];
    const observe = (t: number, bad: boolean) =>
      gate.observeSample(
        sample(t, at(t), bad ? change : {}),
        at(t),
        [10 * t + (bad ? offM : 0), 0, 100],
        false,
      );
    for (let t = 0; t < 9; t++) observe(t, false);
    assert.equal(observe(9, true).accepted, false);
    assert.match(observe(12, false).reason, /dwell/);
    gate.observeFix(12.1e9, at(12.1), 2);
    assert.equal(observe(13, false).accepted, false);
  }
});

Deno.test("SpoofPromotionGate starts anew when a fix contradicts GPS by over three sigma", () => {
  const gate = new SpoofPromotionGate(config.promotion, 5);
  const at = (t: number): Vector3 => [10 * t, 0, 100];
  for (let t = 0; t <= 11; t++) gate.observeSample(sample(t, at(t)), at(t), at(t), false);
  gate.observeFix(11.1e9, [10 * 11.1, 12, 100], 2);
  assert.match(gate.observeSample(sample(12, at(12)), at(12), at(12), false).reason, /dwell/);
});

Deno.test("Eskf fuses GPS until it is spoofed, ignores it then, and takes it back after the gate", () => {
  const scenario = makeScenario({ seed: "spoof", durationS: 60, imuHz: 100 });
  const events: EstimatorEvent[] = [];
  const estimator = new Eskf({ localFrame: frame, onEvent: (event) => events.push(event) });
  let nextGps = 2e9, before = 0, during = 0;
  for (const message of scenario.messages) {
    feed(estimator, message);
    if (message.kind !== "imu" || message.arrivalNs < nextGps) continue;
    nextGps += 1e9;
    const truth = scenario.truthAt(message.value.timeNs), t = message.value.timeNs / 1e9;
    const spoofed = t > 15 && t < 30;
    const off = spoofed ? 40 * (t - 15) : 0;
    const outcome = estimator.addGps(
      sample(t, [truth.position[0] + off, truth.position[1], truth.position[2]], {
        velocityLocalMps: truth.velocity,
        integrity: spoofed ? "spoofed" : "ok",
      }),
    );
    if (t < 15 && outcome.fused) before++;
    if (t > 15 && t < 39 && outcome.fused) during++;
    const estimate = estimator.currentEstimate();
    if (t > 8) assert.ok(Math.abs(estimate.positionLocalM[0] - truth.position[0]) < 8, `at ${t} s`);
  }
  assert.ok(before >= 10, `${before} fused before`);
  assert.equal(during, 0);
  assert.equal(estimator.health().gps, "trusted");
  const told = events.map((event) => event.type);
  assert.equal(told.filter((type) => type === "gps.demoted").length, 1);
  assert.equal(told.filter((type) => type === "gps_bounded_delta.accept").length, 1);
});

Deno.test("a camera that goes blind beside a GPS that was found out is dead reckoning half a second later", () => {
  const scenario = makeScenario({ seed: "blind", durationS: 25, imuHz: 100 });
  const labels: { readonly timeNs: number; readonly to: string }[] = [];
  const estimator = new Eskf({
    localFrame: frame,
    onEvent: (event) => void (event.type === "label" && labels.push(event)),
  });
  let nextGps = 2e9, lastVisionNs = 0, demotedNs = 0;
  for (const message of scenario.messages) {
    const isVision = message.kind === "anchor" || message.kind === "vio";
    const t = message.arrivalNs / 1e9;
    if (isVision && t > 15) continue;
    feed(estimator, message);
    if (isVision) lastVisionNs = Math.max(lastVisionNs, message.arrivalNs);
    if (message.kind !== "imu" || message.arrivalNs < nextGps) continue;
    nextGps += 0.2e9;
    const truth = scenario.truthAt(message.value.timeNs);
    const [east, north, up] = truth.position;
    const place: Vector3 = [east + (t > 15 ? 300 : 0), north, up];
    const change = { velocityLocalMps: truth.velocity, integrity: "unknown" } as const;
    estimator.addGps(sample(message.value.timeNs / 1e9, place, change));
    if (estimator.health().gps === "demoted" && demotedNs === 0) demotedNs = message.arrivalNs;
  }
  assert.ok(demotedNs > 0 && demotedNs < 15.5e9, `demoted at ${demotedNs / 1e9} s`);
  const fall = labels.find(({ timeNs, to }) => timeNs > 15e9 && to === "dead_reckoned");
  assert.ok(fall !== undefined && fall.timeNs - lastVisionNs < 1e9, JSON.stringify(labels));
});

Deno.test("Eskf.health() says that GPS is absent while it is silent, and trusted when it comes again", () => {
  const scenario = makeScenario({ seed: "silent", durationS: 12, imuHz: 100 });
  const estimator = new Eskf({ localFrame: frame });
  const states: string[] = [];
  let nextGps = 2e9;
  for (const message of scenario.messages) {
    feed(estimator, message);
    if (message.kind !== "imu" || message.arrivalNs < nextGps) continue;
    nextGps += 0.5e9;
    const t = message.value.timeNs / 1e9;
    states.push(estimator.health().gps);
    if (t > 5 && t < 10) continue;
    const truth = scenario.truthAt(message.value.timeNs);
    estimator.addGps(sample(t, truth.position, { velocityLocalMps: truth.velocity }));
  }
  assert.deepEqual(states.filter((state, i) => state !== states[i - 1]), [
    "absent",
    "trusted",
    "absent",
    "trusted",
  ]);
});
