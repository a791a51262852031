import assert from "node:assert/strict";
import { createLogger, ManualClock, monotonicNs } from "../../src/core/mod.ts";
import type { CompanionEvent } from "../../src/airborne/companion.ts";
import { recordCompanionEvent, UnsentAlerts } from "../../src/airborne/companion_records.ts";
import { FakeFdrSink } from "../../src/flight/flight_recorder/fake_fdr_sink.ts";
import { unmeasured } from "../../src/navigation/inference/mod.ts";

const NOW = monotonicNs(7e9);

function recorded(event: CompanionEvent) {
  const sink = new FakeFdrSink();
  const lines: { level: string; kind: string }[] = [];
  const logger = createLogger({
    component: "companion",
    now: () => new Date(0),
    sink: (line) => lines.push(JSON.parse(line)),
  });
  recordCompanionEvent({ sink, logger }, event, NOW);
  new UnsentAlerts(sink, new ManualClock({ now: NOW })).onCompanionEvents([event]);
  return {
    records: sink.records.map(({ kind, payload }) => ({ kind, payload })),
    log: lines.map(({ level, kind }) => `${level} ${kind}`),
  };
}

Deno.test("a fallback from TensorRT: one WARN, one record, one alert", () => {
  const facts = { model: "a.onnx", engine: "a.engine", reason: "magic tag" };
  const { records, log } = recorded({ type: "fallback_to_onnx_trt_ep", ...facts });
  assert.deepEqual(records, [
    { kind: "c7.fallback_to_onnx_trt_ep", payload: facts },
    {
      kind: "c8.alert",
      payload: {
        severity: "warning",
        text: "inference: ONNX Runtime instead of TensorRT",
        sent: false,
        reason: "no link",
      },
    },
  ]);
  assert.deepEqual(log, ["warn c7.fallback_to_onnx_trt_ep"]);
});

Deno.test("a fallback to the CPU: one WARN, one record, one alert", () => {
  const facts = { model: "a.onnx", reason: "cuda: not there", providers: ["cpu"] };
  const { records, log } = recorded({ type: "cpu_fallback", ...facts });
  assert.deepEqual(records.map(({ kind }) => kind), ["c7.cpu_fallback", "c8.alert"]);
  assert.deepEqual(records[0].payload, facts);
  // MAVLink's STATUSTEXT has room for 50 characters.
  assert.ok((records[1].payload as { text: string }).text.length <= 50);
  assert.deepEqual(log, ["warn c7.cpu_fallback"]);
});

Deno.test("throttling: WARN when it begins, INFO when it ends, both recorded", () => {
  const state = { ...unmeasured(NOW), telemetryAvailable: true, source: "jetson" as const };
  const begun = recorded({ type: "thermal_transition", state: { ...state, throttled: true } });
  const ended = recorded({ type: "thermal_transition", state });
  assert.deepEqual(begun.log, ["warn c7.thermal_transition"]);
  assert.deepEqual(ended.log, ["info c7.thermal_transition"]);
  assert.deepEqual(begun.records.map(({ kind }) => kind), ["c7.thermal_transition"]);
  assert.equal((ended.records[0].payload as { throttled: boolean }).throttled, false);
});

Deno.test("no telemetry: a WARN, and nothing for the record", () => {
  const { records, log } = recorded({ type: "thermal_unavailable", state: unmeasured(NOW) });
  assert.deepEqual(records, []);
  assert.deepEqual(log, ["warn c7.thermal_unavailable"]);
});
