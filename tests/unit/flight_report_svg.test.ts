import assert from "node:assert/strict";
import { escapeMarkup, roundBelow, ticks } from "../../src/flight_report/svg.ts";
import { labelRuns } from "../../src/flight_report/label_band.ts";
import { timeChart } from "../../src/flight_report/time_chart.ts";
import type { ReportLabel, ReportPoint } from "../../src/flight_report/mod.ts";

Deno.test("ticks() are round and reach no further than the maximum", () => {
  assert.deepEqual(ticks(10, 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(ticks(1.1, 5), [0, 0.5, 1]);
  assert.deepEqual(ticks(172, 5), [0, 50, 100, 150]);
});

Deno.test("roundBelow() is the largest 1, 2 or 5 times a power of ten", () => {
  assert.deepEqual([9, 4.9, 1.5, 730, 0.3].map(roundBelow), [5, 2, 1, 500, 0.2]);
});

Deno.test("escapeMarkup() leaves nothing that ends an element or an attribute", () => {
  assert.ok(!/[<>"'&](?!#\d+;)/.test(escapeMarkup(`<a href="x" title='y'>&</a>`)));
});

Deno.test("labelRuns() joins frames of one label and lasts until the next", () => {
  const point = (timeS: number, label: ReportLabel): ReportPoint => ({
    timeS,
    label,
    estimate: { latitudeDeg: 0, longitudeDeg: 0 },
    truth: null,
    errorM: null,
    sigma3M: 1,
    fix: null,
    latencyMs: 1,
  });
  const points = [
    point(0, "dead_reckoned"),
    point(1, "satellite_anchored"),
    point(2, "satellite_anchored"),
    point(3, "visual_propagated"),
  ];
  assert.deepEqual(labelRuns(points, 4), [
    { label: "dead_reckoned", fromS: 0, toS: 1 },
    { label: "satellite_anchored", fromS: 1, toS: 3 },
    { label: "visual_propagated", fromS: 3, toS: 4 },
  ]);
  assert.deepEqual(labelRuns([], 0), []);
});

Deno.test("timeChart() breaks its line where a value is missing, and stands an empty flight", () => {
  const chart = {
    id: "x",
    title: "t",
    unit: "m",
    durationS: 3,
    valueMax: 2,
    series: [{
      name: "s",
      kind: "line" as const,
      style: "error",
      samples: [[0, 1], [1, null], [2, 1], [3, 2]] as const,
    }],
  };
  assert.equal(timeChart(chart).match(/<polyline/g)?.length, 2);
  const empty = timeChart({ ...chart, durationS: 0, series: [] });
  assert.ok(!empty.includes("NaN"));
});
