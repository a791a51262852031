import assert from "node:assert/strict";
import { seededRandom } from "../../src/core/mod.ts";
import { RecordMeasurements } from "../../src/workstation/flight_report/record_measurements.ts";
import { TimeRange } from "../../src/workstation/flight_report/time_range.ts";
import { timeChart } from "../../src/workstation/flight_report/time_chart.ts";

const SECONDS = 1000;

function measured(sigmaTrue: number, change: (i: number) => Record<string, unknown> = () => ({})) {
  const measurements = new RecordMeasurements(new TimeRange(0, SECONDS * 1e9));
  const random = seededRandom("innovations");
  for (let i = 0; i < SECONDS; i++) {
    const innovation = [sigmaTrue * random.normal()];
    measurements.add(i * 1e9, {
      source: "barometer",
      measuredNs: i * 1e9,
      fused: true,
      reason: "",
      innovation,
      innovationVariance: [4],
      testRatio: innovation[0] ** 2 / 4 / 25,
      ...change(i),
    });
  }
  return measurements;
}

/** Columns "inside 2 sigma" and "rms in sigmas". */
function statistics(measurements: RecordMeasurements): [inside: number, rms: number] {
  const [row] = measurements.table().rows;
  return [parseFloat(row[4]), parseFloat(row[5])];
}

Deno.test("RecordMeasurements finds 95 % inside for correct sigmas, and reveals wrong ones", () => {
  const [inside, rms] = statistics(measured(2));
  assert.ok(Math.abs(inside - 95.4) < 2 && Math.abs(rms - 1) < 0.06, `${inside} % ${rms}`);
  const [tooSure, twice] = statistics(measured(4));
  assert.ok(tooSure < 75 && Math.abs(twice - 2) < 0.12, `${tooSure} % ${twice}`);
});

Deno.test("RecordMeasurements shows fused and refused apart, with the band of two sigmas", () => {
  const refused = (i: number) => i % 10 === 0 ? { fused: false, innovation: [9] } : {};
  const measurements = measured(2, refused);
  const [ratios, group] = measurements.panels();
  assert.ok(ratios.type === "chart" && ratios.bar?.value === 1);
  assert.ok(group.type === "group" && group.note === "1,000 judged, 100 refused");
  const { series } = group.charts[0];
  assert.deepEqual(series.map(({ name }) => name), ["2 sigma", "fused", "refused"]);
  assert.ok(series[0].samples.every(([, value]) => value === null || value === 4));
  assert.ok(series[2].samples.every(([, value]) => value === null || value === 9));
  const html = timeChart(group.charts[0], SECONDS);
  assert.match(html, /<polygon class="area sigma"/);
  assert.ok(!html.includes("NaN"));
});

Deno.test("RecordMeasurements takes what a newer program or a damaged record may hold", () => {
  const measurements = new RecordMeasurements(new TimeRange(0, 1e9));
  const good = { innovation: [1, 2], innovationVariance: [1, 1], fused: true, testRatio: 0.1 };
  measurements.add(0, { ...good, source: "__proto__" });
  measurements.add(0, { ...good, source: "radar", innovation: [1] });
  measurements.add(0, { ...good, source: "radar", innovation: "x" });
  measurements.add(0, { ...good, source: "radar", innovationVariance: [NaN, 1] });
  measurements.add(0, { source: "radar", innovation: [], innovationVariance: [] });
  for (let i = 0; i < 100; i++) measurements.add(0, { ...good, source: `source ${i}` });
  const names = new Set(measurements.table().rows.map(([source]) => source));
  assert.equal(names.size, 16);
  assert.ok(names.has("__proto__") && !names.has("radar"));
  assert.equal(measurements.table().rows[1][1], "component 2");
});

Deno.test("timeChart() puts zero in the middle of a symmetric chart", () => {
  const html = timeChart({
    type: "chart",
    id: "x",
    title: "t",
    unit: "m",
    valueMin: 2,
    isSymmetric: true,
    series: [{ name: "s", kind: "line", style: "error", samples: [[0, -2], [1, 0], [2, 2]] }],
  }, 2);
  const points = html.match(/points="([^"]+)"/)?.[1].split(" ")
    .map((pair) => Number(pair.split(",")[1]));
  assert.ok(points !== undefined && points.length === 3);
  assert.ok(points[0] > points[1] && points[1] > points[2]);
  assert.ok(Math.abs(points[0] + points[2] - 2 * points[1]) < 0.02);
});
