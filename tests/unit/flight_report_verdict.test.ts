import assert from "node:assert/strict";
import { seededRandom } from "../../src/core/mod.ts";
import { estimateVerdict } from "../../src/workstation/flight_report/estimate_verdict.ts";
import { GpsUse } from "../../src/workstation/flight_report/gps_use.ts";
import { RecordMeasurements } from "../../src/workstation/flight_report/record_measurements.ts";
import { timeChart } from "../../src/workstation/flight_report/time_chart.ts";
import { TimeRange } from "../../src/workstation/flight_report/time_range.ts";

const NOTHING = { deadReckoned: 0, insideRadius: null } as const;

interface Made {
  readonly sigma?: number;
  readonly isRefused?: (i: number) => boolean;
  readonly label?: string;
}

/** The verdict on 100 s with a satellite fix a second. */
function verdictOn({ sigma = 1, isRefused = () => false, label = "satellite_anchored" }: Made) {
  const measurements = new RecordMeasurements(new TimeRange(0, 100e9));
  const random = seededRandom("verdict");
  for (let i = 0; i < 100; i++) {
    measurements.add(i * 1e9, {
      source: "anchor",
      measuredNs: i * 1e9,
      fused: !isRefused(i),
      innovation: [sigma * random.normal()],
      innovationVariance: [1],
      testRatio: 0.1,
    }, label);
  }
  return estimateVerdict({
    ...NOTHING,
    sources: measurements.sources(),
    anchored: measurements.anchored,
  });
}

Deno.test("estimateVerdict() is good where innovations are as large as the filter expects", () => {
  const { tone, text, details } = verdictOn({});
  assert.equal(tone, "good");
  assert.match(text, /0 of 100 \(0 %\) were refused/);
  assert.equal(details, undefined);
});

Deno.test("estimateVerdict() names refusals, and the label that they contradict", () => {
  const isRefused = (i: number) => i % 3 === 0;
  const anchored = verdictOn({ isRefused });
  assert.equal(anchored.tone, "fair");
  assert.match(anchored.details![0], /satellite fixes \(anchor\): 34 of 100 \(34 %\) were refused/);
  assert.match(anchored.details![1], /While the label said "satellite anchored", 34 of 100/);
  assert.equal(verdictOn({ isRefused, label: "visual_propagated" }).details?.length, 1);
});

Deno.test("estimateVerdict() finds a stretch in which a source contradicts the estimate", () => {
  const { tone, details } = verdictOn({ isRefused: (i) => i >= 60 && i < 68 });
  assert.equal(tone, "bad");
  assert.deepEqual(details, [
    "satellite fixes (anchor) contradicts the estimate from 1:00 for 7 s: all 8 were refused.",
  ]);
});

Deno.test("estimateVerdict() finds a filter that is too sure, by innovations and by the truth", () => {
  assert.match(verdictOn({ sigma: 2.5 }).details![0], /innovations are inside 2 sigma, 95 % are/);
  const anchored = { judged: 0, refused: 0 };
  const told = (insideRadius: number | null) =>
    estimateVerdict({ sources: [], anchored, deadReckoned: 0, insideRadius });
  assert.deepEqual([0.95, 0.8, 0.3].map((inside) => told(inside).tone), ["good", "fair", "bad"]);
  assert.match(told(null).text, /^Nothing in the record says/);
});

Deno.test("GpsUse finds the end of what the filter took, or else of what the receiver trusted", () => {
  const judged = new GpsUse(), reported = new GpsUse();
  for (let s = 0; s < 60; s++) {
    const fused = s < 10 || s >= 20 && s < 30;
    judged.addMeasurement(s * 1e9, { source: "gps", fused });
    judged.addReported(s * 1e9, { fix: "3d", integrity: "ok" });
    reported.addReported(s * 1e9, { fix: "3d", integrity: s < 40 ? "ok" : "spoofed" });
  }
  assert.deepEqual(judged.endsNs(60e9), [9e9, 29e9]);
  assert.deepEqual(reported.endsNs(60e9), [39e9]);
  assert.deepEqual(reported.endsNs(42e9), [], "it may go on");
  assert.deepEqual(new GpsUse().endsNs(60e9), []);
});

Deno.test("a chart that fits its values needs no 0, and marks what lies far below", () => {
  const samples = Array.from(
    { length: 100 },
    (_, i) => [i, i === 50 ? -900 : 400 + i / 10] as const,
  );
  const html = timeChart({
    type: "chart",
    id: "height",
    title: "Height",
    unit: "m",
    valueMin: 10,
    fitsValues: true,
    series: [{ name: "height", kind: "line", style: "first", samples }],
  }, 100);
  const labels = [...html.matchAll(/%">(-?[\d.]+)<\/span>/g)].map(([, value]) => Number(value));
  assert.deepEqual(labels, [395, 400, 405, 410]);
  assert.match(html, /Beyond the scale; farthest: height -900 m at 0:50/);
});
