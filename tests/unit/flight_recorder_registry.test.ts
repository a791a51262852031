import assert from "node:assert/strict";
import * as z from "zod";
import {
  checkProduced,
  decodeRecord,
  encodeRecord,
  enforceOrThrow,
  FDR_KIND_GROUPS,
  FDR_KINDS,
  FDR_KINDS_FORBIDDEN,
  FDR_SCHEMA_VERSION,
  type FdrKind,
  FdrKindError,
  type FdrRecord,
  IMU_BATCH_MAX,
  RawFrameWriteForbiddenError,
  REQUIRED_KEYS,
} from "../../src/flight/flight_recorder/mod.ts";
import { FdrConfigSchema } from "../../src/flight/flight_recorder/config.ts";
import { decodeSlot, RecordEncoder } from "../../src/flight/flight_recorder/record_encoder.ts";
import { joinKinds } from "../../src/flight/flight_recorder/registry/kind_group.ts";
import { FlightDescriptionSchema, STREAM_COLUMNS } from "../../src/flight/replay/mod.ts";
import { FDR_FIXTURES } from "../support/flight_recorder_fixtures.ts";

const KINDS = Object.keys(FDR_KINDS) as FdrKind[];

/** The kinds of the specification, as they stand there. */
const SPECIFIED = `log overrun flight_header flight_footer segment_rollover mid_flight_tile_snapshot
  failed_tile_thumbnail vio.health c5.source_label c5.cold_start_origin.set
  c5.cold_start_origin.unavailable c5.gps_bounded_delta.accept c5.gps_bounded_delta.reject c6.write
  c6.write_failed c6.freshness.rejected c6.freshness.downgraded c6.eviction_batch
  c7.fallback_to_onnx_trt_ep c7.cpu_fallback c7.thermal_transition sensor.imu sensor.attitude
  sensor.baro sensor.gps frame.meta nav.fix nav.state nav.smoothed nav.estimate_gap c8.position_out
  c8.link c8.alert c9.reloc_hint package.verified c11.upload.session.key.public
  c11.upload.session.key.zeroised c11.upload.signature_rejected c11.upload.tile.queued
  c11.upload.tile.rejected c11.upload.batch.complete c11.upload.giveup`.split(/\s+/);

Deno.test("the registry has every kind of the specification, with a description", () => {
  assert.deepEqual(SPECIFIED.filter((kind) => !Object.hasOwn(FDR_KINDS, kind)), []);
  assert.deepEqual(KINDS.filter((kind) => (FDR_KINDS[kind].description ?? "") === ""), []);
  const grouped = Object.values(FDR_KIND_GROUPS).flatMap((group) => Object.keys(group));
  assert.deepEqual(grouped.toSorted(), KINDS.toSorted());
  assert.deepEqual(KINDS.filter((kind) => FDR_KINDS_FORBIDDEN.includes(kind)), []);
});

Deno.test("joinKinds() refuses a kind that is registered twice, and names both", () => {
  const schema = z.looseObject({});
  assert.throws(
    () => joinKinds({ cache: { "c6.write": schema }, other: { "c6.write": schema } }),
    (error) =>
      error instanceof FdrKindError &&
      /"c6\.write": it is registered by cache and by other/.test(error.message),
  );
});

Deno.test("every registered kind has a fixture that survives the round trip", () => {
  assert.deepEqual(Object.keys(FDR_FIXTURES).toSorted(), KINDS.toSorted());
  for (const kind of KINDS) {
    const payload = FDR_FIXTURES[kind];
    checkProduced(kind, payload);
    const record: FdrRecord = {
      schemaVersion: FDR_SCHEMA_VERSION,
      kind,
      producerId: "test",
      timestampNs: 12_345_678_901_234,
      wallTime: "2026-01-01T00:00:12.345Z",
      flightId: "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
      payload: payload as FdrRecord["payload"],
    };
    const read = decodeRecord(encodeRecord(record));
    assert.deepEqual(read, record, kind);
    assert.deepEqual(FDR_KINDS[kind].parse(read.payload), payload, kind);
  }
});

Deno.test("every fixture fits a slot of a ring, the longest IMU batch as well", () => {
  const { slotBytes } = FdrConfigSchema.parse({});
  const encoder = new RecordEncoder(slotBytes);
  for (const kind of KINDS) {
    const timestampNs = Number.MAX_SAFE_INTEGER;
    const slot = decodeSlot(encoder.encode(kind, timestampNs, FDR_FIXTURES[kind]));
    assert.deepEqual(slot, { kind, timestampNs, payload: FDR_FIXTURES[kind] });
  }
  assert.equal(FDR_FIXTURES["sensor.imu"].axMps2.length, IMU_BATCH_MAX);
});

Deno.test("checkProduced() names each key that a payload lacks, and no optional one", () => {
  for (const kind of KINDS) {
    for (const key of REQUIRED_KEYS[kind]) {
      const payload: Record<string, unknown> = { ...FDR_FIXTURES[kind], [key]: undefined };
      assert.throws(
        () => checkProduced(kind, payload),
        (error) =>
          error instanceof FdrKindError && error.message.includes(`lacks the key "${key}"`),
        `${kind} ${key}`,
      );
      assert.equal(FDR_KINDS[kind].safeParse(payload).success, false, `${kind} ${key}`);
    }
    const bare = Object.fromEntries(
      Object.entries(FDR_FIXTURES[kind]).filter(([key]) => REQUIRED_KEYS[kind].includes(key)),
    );
    checkProduced(kind, bare);
    assert.equal(FDR_KINDS[kind].safeParse(bare).success, true, kind);
  }
});

Deno.test("checkProduced() refuses kinds that are not registered or forbidden, and no object", () => {
  for (const kind of ["no.such.kind", "toString", "__proto__", ""]) {
    assert.throws(() => checkProduced(kind, {}), FdrKindError, kind);
  }
  for (const kind of FDR_KINDS_FORBIDDEN) {
    assert.throws(() => checkProduced(kind, {}), RawFrameWriteForbiddenError, kind);
    assert.throws(() => enforceOrThrow(kind), RawFrameWriteForbiddenError, kind);
  }
  enforceOrThrow("nav.state");
  for (const payload of [null, undefined, 7, "text"]) {
    assert.throws(() => checkProduced("overrun", payload as never), FdrKindError);
  }
});

Deno.test("sensor.imu refuses columns of different lengths and batches over the limit", () => {
  const batch = FDR_FIXTURES["sensor.imu"];
  const shorter = { ...batch, gzRps: batch.gzRps.slice(1) };
  assert.equal(FDR_KINDS["sensor.imu"].safeParse(shorter).success, false);
  const longer = Object.fromEntries(
    Object.entries(batch).map(([name, column]) => [name, [...column as number[], 0]]),
  );
  assert.equal(FDR_KINDS["sensor.imu"].safeParse(longer).success, false);
});

Deno.test("the sensor kinds hold every column of a recorded flight but its picture's name", () => {
  // "vn_mps" is element 1 of velocityEnuMps, and so on: one column, the key that carries it.
  const carriedBy = (file: keyof typeof STREAM_COLUMNS) =>
    STREAM_COLUMNS[file].map((column) =>
      column.replace(/^v[enu]_mps$/, "velocity_enu_mps").replace(/^q[wxyz]$/, "local_from_body")
        .replace(/^v[xyz]_mps$/, "velocity_body_mps").replace(/^c[xyz]{2}_m2ps2$/, "covariance")
        .replace("sigma_h_m", "sigma_horizontal_m").replace("sigma_v_m", "sigma_vertical_m")
        .replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    );
  const pairs = [
    ["imu.csv", "sensor.imu"],
    ["attitude.csv", "sensor.attitude"],
    ["baro.csv", "sensor.baro"],
    ["gps.csv", "sensor.gps"],
    ["velocity.csv", "sensor.velocity"],
    ["frames.csv", "frame.meta"],
  ] as const;
  for (const [file, kind] of pairs) {
    const missing = carriedBy(file).filter((key) => !REQUIRED_KEYS[kind].includes(key));
    assert.deepEqual(missing, kind === "frame.meta" ? ["file"] : [], kind);
  }
});

Deno.test("flight_header holds all of a recorded flight's description", () => {
  const header = FDR_KINDS.flight_header;
  const { format: _format, formatVersion: _version, ...keys } = FlightDescriptionSchema.shape;
  assert.deepEqual(Object.keys(keys).filter((key) => !Object.hasOwn(header.shape, key)), []);
  const { software: _software, packageName: _package, strategies: _strategies, ...rest } =
    FDR_FIXTURES.flight_header;
  const description = { format: "gdn-recorded-flight", formatVersion: 1, ...rest };
  assert.deepEqual(FlightDescriptionSchema.parse(description), description);
  assert.equal(header.safeParse({ ...FDR_FIXTURES.flight_header, takeoff: null }).success, true);
});
