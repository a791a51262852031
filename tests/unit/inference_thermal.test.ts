import assert from "node:assert/strict";
import { ManualClock, monotonicNs } from "../../src/core/mod.ts";
import {
  type InferenceEvent,
  jetsonProbe,
  linuxProbe,
  nvmlProbe,
  type ReadText,
  ThermalPublisher,
} from "../../src/navigation/inference/mod.ts";
import { laptopTree, orinTree, readerOf, type ThermalTree } from "./inference_thermal_trees.ts";

function publisherOver(readText: ReadText, pollHz = 1) {
  const clock = new ManualClock();
  const events: InferenceEvent[] = [];
  const publisher = new ThermalPublisher({
    clock,
    pollHz,
    probes: [() => jetsonProbe(readText), () => linuxProbe(readText)],
    onEvent: (event) => events.push(event),
  });
  const at = (second: number) => clock.set(monotonicNs(Math.round(second * 1e9)));
  return { publisher, events, at, types: () => events.map(({ type }) => type) };
}

for (const jetpack of [5, 6] as const) {
  Deno.test(`a Jetson Orin with JetPack ${jetpack}: its hottest zone, and alerts as throttling`, () => {
    const cool = jetsonProbe(readerOf(orinTree({ jetpack, temperatureC: 52.5, alerts: [] })));
    assert.equal(cool?.source, "jetson");
    assert.deepEqual(cool?.read(), { throttled: false, temperatureC: 52.5 });
    for (const alert of ["cpu", "gpu", "soc2"]) {
      const tree = orinTree({ jetpack, temperatureC: 96, alerts: [alert] });
      assert.deepEqual(jetsonProbe(readerOf(tree))?.read(), { throttled: true, temperatureC: 96 });
    }
  });
}

Deno.test("a Jetson: a warm surface is no throttling, a passive trip point is", () => {
  const tree = orinTree({ jetpack: 6, temperatureC: 60, alerts: [] });
  tree.set("cooling_device9/cur_state", "1");
  const probe = jetsonProbe(readerOf(tree));
  assert.equal(probe?.read()?.throttled, false);
  tree.set("thermal_zone8/temp", "99000");
  assert.deepEqual(probe?.read(), { throttled: true, temperatureC: 99 });
});

Deno.test("Linux thermal zones: gaps in the numbers, trip points that are off, fans", () => {
  const read = (tree: ThermalTree) => linuxProbe(readerOf(tree))?.read();
  assert.equal(jetsonProbe(readerOf(laptopTree(60, 0))), undefined);
  assert.deepEqual(read(laptopTree(60, 0)), { throttled: false, temperatureC: 60 });
  assert.deepEqual(read(laptopTree(97, 0)), { throttled: true, temperatureC: 97 });
  assert.deepEqual(read(laptopTree(80, 2)), { throttled: true, temperatureC: 80 });
  assert.equal(linuxProbe(readerOf(new Map())), undefined, "most virtual machines");
});

Deno.test("a discrete GPU stands between Jetson and Linux zones, and is sought again when it is lost", () => {
  let reading: { temperatureC: number; throttled: boolean } | undefined;
  assert.equal(nvmlProbe(() => reading), undefined);
  reading = { temperatureC: 83, throttled: true };
  const events: InferenceEvent[] = [];
  const laptop = readerOf(laptopTree(60, 0));
  const publisher = new ThermalPublisher({
    clock: new ManualClock(),
    pollHz: 1,
    probes: [
      () => jetsonProbe(laptop),
      () => nvmlProbe(() => reading),
      () => linuxProbe(laptop),
    ],
    onEvent: (event) => events.push(event),
  });
  const { source, temperatureC, throttled } = publisher.pollOnce();
  assert.deepEqual([source, temperatureC, throttled], ["nvml", 83, true]);
  reading = undefined;
  assert.equal(publisher.pollOnce().source, "linux");
});

Deno.test("what cannot be a temperature is none", () => {
  for (const text of ["", "abc", "1e5", "999999999", "-273200", "12 34"]) {
    const tree = new Map([["thermal_zone0/type", "acpitz"], ["thermal_zone0/temp", text]]);
    assert.equal(linuxProbe(readerOf(tree))?.read(), undefined, text);
  }
});

Deno.test("pollOnce() replaces the snapshot, and reports every flip once", () => {
  let tree = orinTree({ jetpack: 6, temperatureC: 70, alerts: [] });
  const { publisher, events, at } = publisherOver((path) => readerOf(tree)(path));
  const first = publisher.state();
  assert.equal(first.telemetryAvailable, false);
  at(1);
  const cool = publisher.pollOnce();
  assert.deepEqual(cool, {
    throttled: false,
    telemetryAvailable: true,
    source: "jetson",
    temperatureC: 70,
    measuredNs: monotonicNs(1e9),
  });
  assert.equal(publisher.state(), cool);
  assert.equal(first.measuredNs, 0, "earlier snapshots stay as they were");
  for (const [second, alerts] of [[2, ["gpu"]], [3, ["gpu", "cpu"]], [4, []], [5, []]] as const) {
    tree = orinTree({ jetpack: 6, temperatureC: 97, alerts });
    at(second);
    publisher.pollOnce();
  }
  assert.deepEqual(
    events.map((event) => [event.type, "state" in event && event.state.measuredNs / 1e9]),
    [["thermal_transition", 2], ["thermal_transition", 4]],
  );
});

Deno.test("pollWhenDue() keeps to the rate of the injected clock", () => {
  let reads = 0;
  const tree = orinTree({ jetpack: 6, temperatureC: 70, alerts: [] });
  const { publisher, at } = publisherOver((path) => {
    if (path.endsWith("thermal_zone8/temp")) reads++;
    return readerOf(tree)(path);
  }, 2);
  for (let tick = 0; tick <= 100; tick++) {
    at(tick / 20);
    publisher.pollWhenDue();
  }
  assert.equal(reads, 11, "5 s at 2 Hz, both ends");
});

Deno.test("telemetry gone: not throttled, flagged, reported at most once a second, and found again", () => {
  let tree: ThermalTree = orinTree({ jetpack: 6, temperatureC: 97, alerts: ["cpu"] });
  const { publisher, at, types } = publisherOver((path) => readerOf(tree)(path));
  publisher.pollOnce();
  assert.deepEqual(types(), ["thermal_transition"]);
  tree = new Map();
  for (let tenth = 10; tenth < 30; tenth++) {
    at(tenth / 10);
    const state = publisher.pollOnce();
    assert.deepEqual(
      [state.throttled, state.telemetryAvailable, state.source, state.temperatureC],
      [false, false, "none", null],
    );
  }
  assert.deepEqual(types().slice(1), ["thermal_transition", "thermal_unavailable"]);
  tree = laptopTree(50, 0);
  at(4);
  assert.equal(publisher.pollOnce().source, "linux");
  assert.equal(publisher.state().temperatureC, 50);
});

Deno.test("a source that comes and goes is reported once a second, one that is absent every minute", () => {
  let tree: ThermalTree = new Map();
  const { publisher, at, types } = publisherOver((path) => readerOf(tree)(path));
  for (let tenth = 0; tenth < 100; tenth++) {
    tree = tenth % 2 === 0 ? new Map() : laptopTree(50, 0);
    at(tenth / 10);
    publisher.pollOnce();
  }
  assert.equal(types().length, 10);
  tree = new Map();
  for (let second = 10; second <= 190; second++) {
    at(second);
    publisher.pollOnce();
  }
  // At 10 s, when it was lost for good, and at 70, 130 and 190 s.
  assert.equal(types().length, 14);
});

Deno.test("a source that throws is a source without an answer", () => {
  const { publisher, types } = publisherOver(() => {
    throw new Error("the library is gone");
  });
  assert.equal(publisher.pollOnce().telemetryAvailable, false);
  assert.deepEqual(types(), ["thermal_unavailable"]);
});

Deno.test("a source that throws leaves the others", () => {
  const publisher = new ThermalPublisher({
    clock: new ManualClock(),
    pollHz: 1,
    probes: [
      () => {
        throw new Error("a file of 64 KB");
      },
      () => linuxProbe(readerOf(laptopTree(97, 0))),
    ],
    onEvent: () => {},
  });
  for (let poll = 0; poll < 2; poll++) {
    const { source, throttled } = publisher.pollOnce();
    assert.deepEqual([source, throttled], ["linux", true]);
  }
});
