import assert from "node:assert/strict";
import {
  channelSchemaName,
  FDR_KINDS,
  FDR_SCHEMA_VERSION,
  fdrJsonSchema,
  type FdrKind,
  foxgloveFields,
  foxgloveSchema,
  REQUIRED_KEYS,
} from "../../src/flight/flight_recorder/mod.ts";
import { FDR_FIXTURES } from "../support/flight_recorder_fixtures.ts";
import { schemaFaults } from "../support/json_schema.ts";

type Json = Record<string, unknown>;
const KINDS = Object.keys(FDR_KINDS) as FdrKind[];
const schemaOf = (kind: FdrKind): Json => JSON.parse(fdrJsonSchema(kind));

/** A message as the writer puts it into the file. */
function message(kind: FdrKind): Json {
  const record = {
    schemaVersion: FDR_SCHEMA_VERSION,
    kind,
    producerId: "test",
    timestampNs: 12_345_678_901_234,
    wallTime: "2026-01-01T00:00:12.345Z",
    flightId: "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    payload: FDR_FIXTURES[kind],
  };
  return JSON.parse(JSON.stringify({ ...record, ...foxgloveFields(kind, record) }));
}

Deno.test("fdrJsonSchema() accepts the message of every fixture, Foxglove's fields included", () => {
  for (const kind of KINDS) {
    const schema = schemaOf(kind);
    assert.equal(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
    assert.equal(schema.title, channelSchemaName(kind));
    assert.deepEqual(schemaFaults(schema, message(kind)), [], kind);
  }
});

Deno.test("fdrJsonSchema() requires what the registry requires, and refuses wrong values", () => {
  for (const kind of KINDS) {
    const schema = schemaOf(kind);
    const payload = (schema.properties as Record<string, Json>).payload;
    assert.deepEqual(
      (payload.required as string[] ?? []).toSorted(),
      REQUIRED_KEYS[kind].toSorted(),
      kind,
    );
    for (const field of Object.keys(message(kind))) {
      const { [field]: _, ...without } = message(kind);
      assert.notDeepEqual(schemaFaults(schema, without), [], `${kind} without ${field}`);
    }
    for (const key of REQUIRED_KEYS[kind]) {
      const whole = message(kind);
      const wrong = { ...whole, payload: { ...whole.payload as Json, [key]: { no: "such" } } };
      // Only a record of words takes any object here.
      if (`${kind} ${key}` !== "flight_header strategies") {
        assert.notDeepEqual(schemaFaults(schema, wrong), [], `${kind} ${key}`);
      }
    }
  }
});

Deno.test("fdrJsonSchema() accepts unknown keys and fields", () => {
  for (const kind of KINDS) {
    const whole = message(kind);
    const later = { ...whole, later: [null], payload: { ...whole.payload as Json, later: {} } };
    assert.deepEqual(schemaFaults(schemaOf(kind), later), [], kind);
  }
});

/**
 * Throws as Foxglove's reader of JSON Schemas does for what it cannot take (and then it shows
 * nothing of the channel): its rules, read in its source in 2023, said again here.
 */
function foxgloveTakes(schema: Json, path: string): void {
  assert.equal(schema.type, "object", path);
  for (const [name, property] of Object.entries(schema.properties as Record<string, Json>)) {
    const at = `${path}.${name}`;
    if (Array.isArray(property.oneOf)) {
      assert.ok(property.oneOf.every((each) => typeof each.const === "number"), at);
      continue;
    }
    const isText = property.type === "string";
    if (isText) assert.ok([undefined, "base64"].includes(property.contentEncoding as string), at);
    else if (property.type === "object") foxgloveTakes(property, at);
    else if (property.type === "array") {
      const items = property.items as Json;
      if (items.type === "object") foxgloveTakes(items, at);
      else assert.ok(["boolean", "string", "number", "integer"].includes(items.type as string), at);
      assert.equal(items.contentEncoding, undefined, at);
    } else assert.ok(["boolean", "number", "integer"].includes(property.type as string), at);
  }
}

Deno.test("fdrJsonSchema() uses only keywords that Foxglove supports", () => {
  for (const kind of KINDS) foxgloveTakes(schemaOf(kind), kind);
});

Deno.test("positions and pictures carry Foxglove's schema names and fields", () => {
  const named = KINDS.filter((kind) => foxgloveSchema(kind) !== null);
  assert.deepEqual(
    Object.fromEntries(named.map((kind) => [kind, channelSchemaName(kind)])),
    {
      failed_tile_thumbnail: "foxglove.CompressedImage",
      "sensor.gps": "foxglove.LocationFix",
      "nav.state": "foxglove.LocationFix",
      "nav.smoothed": "foxglove.LocationFix",
      "c8.position_out": "foxglove.LocationFix",
    },
  );
  const { timestamp, frame_id, latitude, longitude, altitude, ...covariance } = message(
    "nav.state",
  );
  assert.deepEqual(timestamp, { sec: 12_345, nsec: 678_901_234 });
  assert.equal(frame_id, "body");
  assert.deepEqual([latitude, longitude, altitude], [48.137154, 11.576124, 642.5]);
  // The fixture has [east-east, east-north, north-north] = [4.25, -0.5, 3.75] and 2.5 m upwards.
  assert.deepEqual(covariance.position_covariance, [4.25, -0.5, 0, -0.5, 3.75, 0, 0, 0, 6.25]);
  assert.equal(covariance.position_covariance_type, 3);
  const gps = message("sensor.gps");
  assert.deepEqual(gps.position_covariance, [2.25, 0, 0, 0, 2.25, 0, 0, 0, 6.25]);
  assert.equal(gps.position_covariance_type, 2);
  const thumbnail = message("failed_tile_thumbnail");
  assert.equal(thumbnail.data, FDR_FIXTURES.failed_tile_thumbnail.data);
  assert.equal(thumbnail.format, "jpeg");
  assert.equal(foxgloveFields("log", { timestampNs: 1, payload: {} }), null);
});

Deno.test("foxgloveFields() marks the covariance of GPS without a fix as unknown", () => {
  const payload = { ...FDR_FIXTURES["sensor.gps"], fix: "none" };
  const fields = foxgloveFields("sensor.gps", { timestampNs: 1, payload });
  assert.ok(fields !== null && "position_covariance_type" in fields);
  assert.equal(fields.position_covariance_type, 0);
});

Deno.test("foxgloveFields() moves its timestamp to UTC without rounding", () => {
  const payload = FDR_FIXTURES["sensor.gps"];
  const startMs = Date.parse("2026-01-01T00:00:00.900Z");
  const cases = [
    [0, 0, 900_000_000],
    [100_000_000, 1, 0],
    [100_000_001, 1, 1],
    [8_640_000_000_000_007, 8_640_000, 900_000_007],
  ];
  for (const [timestampNs, sec, nsec] of cases) {
    const fields = foxgloveFields("sensor.gps", { timestampNs, payload }, startMs);
    assert.deepEqual(fields?.timestamp, { sec: 1_767_225_600 + sec, nsec });
  }
});
