import assert from "node:assert/strict";
import { GpsGateRecords } from "../../src/airborne/gps_gate_records.ts";
import { MeasurementRecords } from "../../src/airborne/measurement_records.ts";
import type { MonotonicNs } from "../../src/core/mod.ts";
import { FakeFdrSink } from "../../src/flight/flight_recorder/fake_fdr_sink.ts";
import type { MeasurementOutcome } from "../../src/navigation/state_estimator/mod.ts";

const at = (seconds: number) => Math.round(seconds * 1e9) as MonotonicNs;

function refusal(timeNs: MonotonicNs, reason: string): MeasurementOutcome {
  return {
    source: "gps",
    timeNs,
    fused: false,
    reason,
    observation: [],
    observationVariance: [],
    innovation: [],
    innovationVariance: [],
    testRatio: Infinity,
  };
}

Deno.test("MeasurementRecords records every judged measurement, whatever its test ratio", () => {
  const sink = new FakeFdrSink();
  const records = new MeasurementRecords(sink);
  const judged = (testRatio: number, fused: boolean): MeasurementOutcome => ({
    source: "barometer",
    timeNs: at(1),
    fused,
    ...(fused ? {} : { reason: "innovation beyond its gate" }),
    observation: [120],
    observationVariance: [0.25],
    innovation: [testRatio],
    innovationVariance: [2],
    testRatio,
  });
  for (let i = 0; i < 3; i++) records.add(judged(0.25, true), at(1));
  records.add(judged(2, false), at(1));
  assert.equal(sink.records.length, 4);
  const [first, , , last] = sink.records.map(({ payload }) => payload as Record<string, unknown>);
  assert.deepEqual([first.fused, first.reason, first.testRatio], [true, "", 0.25]);
  assert.deepEqual([last.fused, last.testRatio, last.innovation], [false, 2, [2]]);
});

Deno.test("MeasurementRecords tells the same refusal once a second, and each new one at once", () => {
  const sink = new FakeFdrSink();
  const records = new MeasurementRecords(sink);
  for (let i = 0; i < 50; i++) records.add(refusal(at(i / 10), "demoted: a jump"), at(i / 10));
  assert.equal(sink.records.length, 5);
  records.add(refusal(at(5), "demoted: spoofed"), at(4.95));
  assert.equal(sink.records.length, 6);
  const payload = sink.records[5].payload as Record<string, unknown>;
  assert.deepEqual([payload.reason, payload.testRatio], ["demoted: spoofed", null]);
});

Deno.test("GpsGateRecords records a change of the reason and how many answers came since, not every sample", () => {
  const sink = new FakeFdrSink();
  const records = new GpsGateRecords(sink);
  const reject = (seconds: number, reason: string, deltaM = 80) =>
    records.add(
      { type: "gps_bounded_delta.reject", timeNs: at(seconds), reason, deltaM },
      at(seconds),
    );
  for (let i = 0; i < 100; i++) reject(i / 5, `${80 + i} m from the estimate`, 80 + i);
  for (let i = 0; i < 10; i++) reject(20 + i / 5, "dwell time is not over");
  records.add(
    { type: "gps_bounded_delta.accept", timeNs: at(22), reason: "", deltaM: 1 },
    at(22),
  );
  const told = sink.records.map(({ kind, payload }) => {
    const { reason, repeatedBefore } = payload as Record<string, unknown>;
    return [kind.split(".").at(-1), reason, repeatedBefore];
  });
  assert.deepEqual(told, [
    ["reject", "80 m from the estimate", undefined],
    ["reject", "dwell time is not over", 99],
    ["accept", "", 9],
  ]);
});
