import assert from "node:assert/strict";
import {
  escapeMarkup,
  roundBelow,
  ticks,
  visibleText,
} from "../../src/workstation/flight_report/svg.ts";
import { timeChart } from "../../src/workstation/flight_report/time_chart.ts";
import type { TimeChart } from "../../src/workstation/flight_report/mod.ts";

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

Deno.test("timeChart() breaks its line where a value is missing, and accepts an empty flight", () => {
  const chart: TimeChart = {
    type: "chart",
    id: "x",
    title: "t",
    unit: "m",
    valueMin: 2,
    series: [{
      name: "s",
      kind: "line" as const,
      style: "error",
      samples: [[0, 1], [1, null], [2, 1], [3, 2]] as const,
    }],
  };
  assert.equal(timeChart(chart, 3).match(/<polyline/g)?.length, 2);
  const empty = timeChart({ ...chart, series: [] }, 0);
  assert.ok(!empty.includes("NaN"));
});

Deno.test("timeChart() marks values above its scale, and states the highest", () => {
  const samples = Array.from({ length: 1000 }, (_, i) => [i, i === 777 ? 1e7 : 3] as const);
  const series = [{ name: "s", kind: "line" as const, style: "error", samples }];
  const html = timeChart(
    { type: "chart", id: "x", title: "t", unit: "m", valueMin: 2, series },
    1000,
  );
  assert.equal(html.match(/class="over"/g)?.length, 1);
  assert.match(html, /highest: s 10000000 m at 12:57/);
});

Deno.test("visibleText() makes characters visible that hide or turn others", () => {
  assert.equal(visibleText("a\u202eb\u0007c\nd"), "a\\u202eb\\u0007c\\u000ad");
});
