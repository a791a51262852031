/**
 * What the check of a record costs where it is made, beside the full schema; a record read back,
 * beside JSON alone; a line on its way through the log bridge.
 *
 * @module
 */
import { ManualClock } from "../../src/core/mod.ts";
import {
  checkProduced,
  createLogBridge,
  decodeRecord,
  encodeRecord,
  FDR_KINDS,
  FDR_SCHEMA_VERSION,
  type FdrKind,
} from "../../src/flight/flight_recorder/mod.ts";
import { FDR_FIXTURES } from "../support/flight_recorder_fixtures.ts";

const RECORDS = Object.entries(FDR_FIXTURES) as [FdrKind, object][];

for (const kind of ["nav.state", "sensor.attitude"] as const) {
  const payload = FDR_FIXTURES[kind];
  Deno.bench({ name: "required keys", group: kind, baseline: true }, () => {
    checkProduced(kind, payload);
  });
  Deno.bench({ name: "zod schema", group: kind }, () => {
    FDR_KINDS[kind].parse(payload);
  });
}

let at = 0;
Deno.bench({ name: "required keys", group: "all kinds in turn", baseline: true }, () => {
  const [kind, payload] = RECORDS[at = (at + 1) % RECORDS.length];
  checkProduced(kind, payload);
});
Deno.bench({ name: "zod schema", group: "all kinds in turn" }, () => {
  const [kind, payload] = RECORDS[at = (at + 1) % RECORDS.length];
  FDR_KINDS[kind].parse(payload);
});

for (const kind of ["nav.state", "sensor.attitude"] as const) {
  const message = encodeRecord({
    schemaVersion: FDR_SCHEMA_VERSION,
    kind,
    producerId: "bench",
    timestampNs: 12_345_678_901_234,
    wallTime: "2026-01-01T00:00:12.345Z",
    flightId: "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    payload: { ...FDR_FIXTURES[kind] },
  });
  const decoder = new TextDecoder();
  Deno.bench({ name: "JSON alone", group: `${kind} read`, baseline: true }, () => {
    JSON.parse(decoder.decode(message));
  });
  Deno.bench({ name: "decodeRecord()", group: `${kind} read` }, () => {
    decodeRecord(message);
  });
}

const bridge = createLogBridge({
  sink: { producerId: "log", enqueue: () => "ok" },
  clock: new ManualClock(),
  diagnostics: () => {},
});
const line = { time: "", level: "warn", component: "camera", kind: "camera.late" } as const;
Deno.bench({ name: "a short line", group: "log bridge", baseline: true }, () => {
  bridge.observe({ ...line, message: "a frame came late", fields: { lateMs: 12.5, sequence: 41 } });
});
const long = "x".repeat(20_000);
Deno.bench({ name: "a line that is cut", group: "log bridge" }, () => {
  bridge.observe({ ...line, message: long, fields: { lateMs: 12.5, sequence: 41 } });
});
