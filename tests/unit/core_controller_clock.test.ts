import assert from "node:assert/strict";
import { ControllerClock, controllerNs, monotonicNs, seededRandom } from "../../src/core/mod.ts";

interface Link {
  readonly seed: number;
  readonly skewPpm: number;
  readonly offsetNs: number;
  readonly jitterMs: number;
  readonly durationS: number;
}

/** Feeds a 200 Hz stream; returns the error of every mapped time, ns, with its true time. */
function fly(link: Link): { timeS: number; errorNs: number; mappedNs: number }[] {
  const random = seededRandom(link.seed);
  const clock = new ControllerClock();
  const out: { timeS: number; errorNs: number; mappedNs: number }[] = [];
  let receivedNs = 0;
  for (let i = 0; i < link.durationS * 200; i++) {
    const trueNs = i * 5e6 + 1e9;
    const controller = controllerNs(
      Math.round((trueNs - link.offsetNs) / (1 + link.skewPpm * 1e-6)),
    );
    const delayNs = -Math.log(1 - random.uniform()) * link.jitterMs * 1e6 +
      (random.uniform() < 0.01 ? 30e6 : 0);
    receivedNs = Math.max(receivedNs, Math.round(trueNs + delayNs));
    clock.observe(controller, monotonicNs(receivedNs));
    const mappedNs = clock.toCanonical(controller);
    out.push({ timeS: i / 200, errorNs: mappedNs - trueNs, mappedNs });
  }
  return out;
}

Deno.test("ControllerClock maps within 1.5 ms after a second, whatever skew and offset", () => {
  for (const skewPpm of [-80, -20, 0, 20, 80]) {
    for (const offsetNs of [-7.2e12, 0, 3.3e9]) {
      const link = { seed: 42 + skewPpm, skewPpm, offsetNs, jitterMs: 3, durationS: 120 };
      const late = fly(link).filter((sample) => sample.timeS > 1);
      const worst = Math.max(...late.map((sample) => Math.abs(sample.errorNs)));
      assert.ok(worst < 1.5e6, `${JSON.stringify(link)}: ${(worst / 1e6).toFixed(3)} ms`);
      const settled = late.filter((sample) => sample.timeS > 40).map((s) => Math.abs(s.errorNs));
      const worstSettled = Math.max(...settled);
      assert.ok(worstSettled < 0.5e6, `${JSON.stringify(link)}: ${worstSettled / 1e6} ms settled`);
    }
  }
});

Deno.test("exchanges tell the delay that every message has: within 2 ms under jitter on both ways", () => {
  for (const shortestMs of [1, 5, 20, 60]) {
    for (let seed = 1; seed <= 5; seed++) {
      const random = seededRandom(`${shortestMs}/${seed}`);
      const clock = new ControllerClock();
      const offsetNs = 4.2e9;
      const delayNs = () => Math.round(shortestMs * 1e6 - Math.log(1 - random.uniform()) * 3e6);
      let receivedNs = 0, worstNs = 0;
      for (let i = 0; i < 60 * 200; i++) {
        const trueNs = i * 5e6 + 1e9;
        const controller = controllerNs(trueNs - offsetNs);
        receivedNs = Math.max(receivedNs, trueNs + delayNs());
        clock.observe(controller, monotonicNs(receivedNs));
        if (i % 100 === 0) {
          const out = delayNs(), back = delayNs();
          const at = controllerNs(trueNs + out - offsetNs);
          clock.observeExchange(at, monotonicNs(trueNs + out + back), out + back);
        }
        const errorNs = Math.abs(clock.toCanonical(controller) - trueNs);
        if (i > 10 * 200) worstNs = Math.max(worstNs, errorNs);
      }
      assert.ok(worstNs < 2e6, `${shortestMs} ms, seed ${seed}: ${(worstNs / 1e6).toFixed(2)} ms`);
    }
  }
});

Deno.test("ControllerClock.toCanonical() grows with controller time", () => {
  const samples = fly({ seed: 5, skewPpm: 60, offsetNs: 1e9, jitterMs: 8, durationS: 30 });
  for (let i = 1; i < samples.length; i++) {
    const step = samples[i].mappedNs - samples[i - 1].mappedNs;
    assert.ok(step > 2.4e6 && step < 7.6e6, `step ${step} at ${samples[i].timeS} s`);
  }
});

Deno.test("ControllerClock serves streams that arrive interleaved", () => {
  const clock = new ControllerClock();
  for (let i = 0; i < 400; i++) {
    const timeNs = i * 5e6;
    clock.observe(controllerNs(timeNs), monotonicNs(timeNs + 1e6 + (i % 5) * 1e6));
    if (i % 10 === 9) {
      const olderNs = timeNs - 22e6;
      clock.observe(controllerNs(olderNs), monotonicNs(timeNs + 6e6));
      const mapped = clock.toCanonical(controllerNs(olderNs));
      if (i > 20) assert.ok(Math.abs(mapped - olderNs - 1e6) < 1e6, `${mapped - olderNs}`);
    }
  }
});

Deno.test("ControllerClock takes a stream that is always late for late, not for a restart", () => {
  for (const lateNs of [0.4e9, 1.5e9]) {
    const clock = new ControllerClock();
    for (let i = 0; i < 2000; i++) {
      const timeNs = i * 5e6;
      clock.observe(controllerNs(timeNs), monotonicNs(timeNs + 1e6), "imu");
      if (i % 40 !== 39 || timeNs < 2e9) continue;
      const olderNs = timeNs - lateNs;
      clock.observe(controllerNs(olderNs), monotonicNs(timeNs + 2e6), "velocity");
      const mapped = clock.toCanonical(controllerNs(olderNs));
      assert.ok(Math.abs(mapped - olderNs - 1e6) < 2e6, `${(mapped - olderNs) / 1e6} ms`);
    }
  }
});

Deno.test("ControllerClock follows a restart that several streams show", () => {
  const clock = new ControllerClock();
  for (const [firstNs, receivedNs] of [[50e9, 0], [0, 9e9]]) {
    for (let i = 0; i < 400; i++) {
      const at = monotonicNs(receivedNs + i * 5e6);
      for (const stream of ["imu", "gps", "baro"]) {
        clock.observe(controllerNs(firstNs + i * 5e6), at, stream);
      }
    }
  }
  assert.ok(Math.abs(clock.toCanonical(controllerNs(1e9)) - 10e9) < 1e6);
});

Deno.test("ControllerClock follows a controller that restarted", () => {
  const clock = new ControllerClock();
  for (let i = 0; i < 400; i++) {
    clock.observe(controllerNs(50e9 + i * 5e6), monotonicNs(i * 5e6 + 2e6));
  }
  for (let i = 0; i < 400; i++) clock.observe(controllerNs(i * 5e6), monotonicNs(9e9 + i * 5e6));
  assert.ok(Math.abs(clock.toCanonical(controllerNs(1e9)) - 10e9) < 1e6);
});

Deno.test("ControllerClock.toCanonical() refuses to guess before the first pair", () => {
  assert.throws(() => new ControllerClock().toCanonical(controllerNs(1)), RangeError);
});
