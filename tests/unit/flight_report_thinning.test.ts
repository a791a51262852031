import assert from "node:assert/strict";
import { EventList } from "../../src/workstation/flight_report/event_list.ts";
import { mapBounds, mapFrame, mapPixel } from "../../src/workstation/flight_report/map_frame.ts";
import { Quantiles } from "../../src/workstation/flight_report/quantiles.ts";
import { SeriesBins } from "../../src/workstation/flight_report/series_bins.ts";
import { StateBins } from "../../src/workstation/flight_report/state_bins.ts";
import { COLUMNS, TimeRange } from "../../src/workstation/flight_report/time_range.ts";
import { TrackBins } from "../../src/workstation/flight_report/track_bins.ts";
import { between, property } from "../support/properties.ts";

const STATES = {
  bad: { tone: "bad", words: "bad" },
  good: { tone: "good", words: "good" },
} as const;

Deno.test("SeriesBins keeps the lowest and the highest of every column, in bounded memory", () => {
  property((random) => {
    const range = new TimeRange(0, 3600e9);
    const bins = new SeriesBins(range, 1e9);
    const lowest = new Array(COLUMNS).fill(Infinity), highest = new Array(COLUMNS).fill(-Infinity);
    for (let timeNs = 0; timeNs <= 3600e9; timeNs += 0.2e9) {
      const value = random.uniform() < 1e-3 ? 1e6 * random.uniform() : random.normal();
      bins.add(timeNs, value);
      const column = range.column(timeNs);
      lowest[column] = Math.min(lowest[column], value);
      highest[column] = Math.max(highest[column], value);
    }
    const samples = bins.samples();
    assert.ok(samples.length <= 4 * COLUMNS, `${samples.length} samples`);
    assert.ok(samples.every(([, value]) => value !== null), "nothing was silent");
    const seenLow = new Array(COLUMNS).fill(Infinity),
      seenHigh = new Array(COLUMNS).fill(-Infinity);
    for (const [timeS, value] of samples) {
      const column = range.column(Math.round(timeS * 1e9));
      seenLow[column] = Math.min(seenLow[column], value!);
      seenHigh[column] = Math.max(seenHigh[column], value!);
    }
    assert.deepEqual(seenLow, lowest);
    assert.deepEqual(seenHigh, highest);
    const times = samples.map(([timeS]) => timeS);
    assert.deepEqual(times, times.toSorted((a, b) => a - b));
  }, 5);
});

Deno.test("SeriesBins breaks exactly where the stream was silent, a silence inside of a column included", () => {
  property((random) => {
    // A column is 3 s long: silences shorter and longer than it.
    const range = new TimeRange(0, 3600e9);
    const bins = new SeriesBins(range, 1e9);
    const silences: [number, number][] = [];
    for (let timeS = 0; timeS <= 3600; timeS += 0.2) {
      bins.add(timeS * 1e9, random.normal());
      if (random.uniform() < 3e-4) {
        const lengthS = between(random, 1.5, 9);
        silences.push([timeS, timeS + lengthS]);
        timeS += lengthS;
      }
    }
    const breaks = bins.samples().filter(([, value]) => value === null).map(([timeS]) => timeS);
    for (const at of breaks) {
      assert.ok(silences.some(([from, to]) => from <= at && at <= to + 0.2), `a break at ${at} s`);
    }
    const long = silences.filter(([from, to]) => to - from > 6 && to < 3599);
    for (const [from, to] of long) {
      assert.ok(breaks.some((at) => from <= at && at <= to + 0.2), `none from ${from} to ${to} s`);
    }
  }, 20);
});

Deno.test("SeriesBins ignores values that are not numbers, and accepts records out of order", () => {
  const bins = new SeriesBins(new TimeRange(0, 10e9), Infinity);
  for (const value of [NaN, Infinity, null, "7", undefined, {}]) bins.add(1e9, value);
  assert.equal(bins.count, 0);
  bins.add(5e9, 1);
  bins.add(3e9, 2);
  assert.deepEqual(bins.samples(), [[3, 2], [5, 1]]);
});

Deno.test("StateBins shows a short bad state, and its share of the time", () => {
  const range = new TimeRange(0, 3600e9);
  const bins = new StateBins(range, STATES);
  bins.add(0, "good");
  bins.add(1000e9, "bad");
  bins.add(1000.01e9, "good");
  const row = bins.row("x");
  const [short] = row.runs.filter(({ tone }) => tone === "bad");
  assert.ok(short.fromS <= 1000 && short.toS >= 1000 && short.toS - short.fromS <= 3.01);
  assert.equal(short.words, "bad and good");
  assert.deepEqual(row.legend.map(({ words }) => words), ["bad < 1 %", "good > 99.9 %"]);
});

Deno.test("StateBins: a state ends after too long a silence, an unknown one is named so", () => {
  const bins = new StateBins(new TimeRange(0, 100e9), STATES, 5e9);
  bins.add(0, "good");
  bins.add(50e9, "of a newer program");
  const row = bins.row("x");
  assert.deepEqual(row.legend, [
    { tone: "good", words: "good 5 %" },
    { tone: "none", words: "unknown 5 %" },
  ]);
  assert.ok(Math.abs(row.runs[0].toS - 5) < 0.2 && Math.abs(row.runs[1].fromS - 50) < 0.2);
});

Deno.test("a flight of one moment has charts without a fault", () => {
  const range = new TimeRange(5e9, 5e9);
  const bins = new SeriesBins(range, 1e9), states = new StateBins(range, STATES);
  bins.add(5e9, 3);
  states.add(5e9, "bad");
  assert.deepEqual(bins.samples(), [[0, 3]]);
  assert.equal(states.row("x").runs.length, 1);
});

Deno.test("TrackBins runs on over the antimeridian, and keeps the one position far out", () => {
  const range = new TimeRange(0, 3600e9);
  const track = new TrackBins(range, 1e9);
  for (let i = 0; i < 36_000; i++) {
    const eastDeg = 179.9 + 0.2 * i / 36_000;
    const latitudeDeg = i === 20_001 ? 12.5 : 10;
    track.add(i * 0.1e9, latitudeDeg, eastDeg > 180 ? eastDeg - 360 : eastDeg);
  }
  const samples = track.samples();
  const places = samples.map(([, position]) => position!);
  assert.ok(places.every((place) => place !== null) && places.length <= 24_000);
  assert.ok(places.some(({ latitudeDeg }) => latitudeDeg === 12.5));
  for (let i = 1; i < places.length; i++) {
    assert.ok(Math.abs(places[i].longitudeDeg - places[i - 1].longitudeDeg) < 0.01);
  }
});

Deno.test("mapFrame() spans the antimeridian, and one outlier does not change the map", () => {
  const positions = Array.from({ length: 500 }, (_, i) => ({
    latitudeDeg: -17 + 0.01 * Math.sin(i),
    longitudeDeg: i % 2 === 0 ? 179.99 : -179.99,
  }));
  const map = mapFrame(positions, 15);
  const across = map.widthPx * map.metresPerPx;
  assert.ok(across > 2000 && across < 15_000, `${across} m`);
  for (const position of positions) {
    const [x, y] = mapPixel(map, position);
    assert.ok(x >= 0 && y >= 0 && x <= map.widthPx && y <= map.heightPx);
  }
  const { westDeg, eastDeg } = mapBounds(map);
  assert.ok(westDeg > 179 && eastDeg < -179);
  const wild = mapFrame([...positions, { latitudeDeg: 60, longitudeDeg: 0 }], 15);
  assert.deepEqual([wild.widthPx, wild.heightPx], [map.widthPx, map.heightPx]);
  const pole = mapFrame([{ latitudeDeg: 89.9, longitudeDeg: 0 }], 15);
  assert.ok(Number.isFinite(pole.originY));
});

Deno.test("Quantiles are right to 2 %, and the maximum exactly", () => {
  property((random) => {
    const values = Array.from({ length: 2000 }, () => Math.exp(4 * random.normal()));
    const quantiles = new Quantiles();
    for (const value of values) quantiles.add(value);
    const sorted = values.toSorted((a, b) => a - b);
    for (const share of [0.5, 0.95, 0.99]) {
      const exact = sorted[Math.ceil(share * values.length) - 1];
      assert.ok(Math.abs(quantiles.quantile(share)! / exact - 1) < 0.02 || exact < 0.01);
    }
    assert.equal(quantiles.maximum, sorted.at(-1));
  }, 20);
  assert.equal(new Quantiles().quantile(0.5), null);
});

Deno.test("EventList: frequent events are merged evenly and counted, rare ones are all kept", () => {
  const list = new EventList(50_000);
  for (let i = 0; i < 100_000; i++) {
    list.add({ timeS: i, severity: "warning", kind: "log", producer: "x", text: `line ${i}` });
    if (i % 1000 === 0) {
      list.add({ timeS: i, severity: "error", kind: "c8.link", producer: "y", text: `lost ${i}` });
    }
  }
  const { list: events, total } = list.build();
  assert.equal(total, 100_100);
  assert.ok(events.length > 300 && events.length <= 1000, `${events.length}`);
  assert.equal(events.filter(({ severity }) => severity === "error").length, 100);
  assert.equal(events.reduce((sum, { count }) => sum + count, 0), total);
  const flood = events.filter(({ severity }) => severity === "warning");
  assert.equal(flood[0].text, "line 0");
  assert.equal(flood.at(-1)?.text, "line 99999");
  for (let i = 1; i < flood.length; i++) {
    assert.ok(flood[i].timeS > flood[i - 1].untilS, "no event is listed twice");
  }
});

Deno.test("EventList: thousands of names, and megabytes in a line, fill neither memory nor page", () => {
  const list = new EventList(1e6);
  for (let i = 0; i < 20_000; i++) {
    list.add({
      timeS: i,
      severity: "info",
      kind: `kind ${i} ${"k".repeat(1000)}`,
      producer: "p",
      text: "\u202e\u0000\ud800".repeat(10_000),
    });
  }
  const { list: events, total } = list.build();
  assert.equal(total, 20_000);
  assert.ok(events.length <= 2000);
  for (const { kind, text } of events) {
    assert.ok(kind.length <= 6 * 80 && text.length <= 6 * 240 && text.isWellFormed());
    assert.ok(!text.includes("\u0000") && !text.includes("\u202e"));
  }
});
