/** Options that operator commands share. */
import assert from "node:assert/strict";
import { defineCommand, EXIT, type Options, Refused, UsageError } from "../../src/core/mod.ts";
import { FILTER_OPTIONS, TILE_ARGUMENT } from "../../src/operator/commands/cache_options.ts";
import { readGps } from "../../src/operator/commands/simulate.ts";

const parser = (declared: { options?: Options; arguments?: Options }) =>
  defineCommand({
    name: "x",
    summary: "",
    about: "",
    examples: [],
    options: {},
    ...declared,
    run: () => EXIT.ok,
  }).parse as (args: readonly string[]) => Record<string, unknown>;

Deno.test("--source takes a name, or a flight of onboard_ingest", () => {
  const parse = parser({ options: FILTER_OPTIONS });
  const flight = "7D0F2C4E-3f0f-4a9c-8d5e-0f6a3f1b2c4d";
  assert.deepEqual(parse(["--source", "bing"]).source, { source: "bing" });
  assert.deepEqual(parse(["--source", `onboard_ingest/${flight}`]).source, {
    source: "onboard_ingest",
    flightId: flight.toLowerCase(),
  });
  for (const text of ["Bing", "a/b", `bing/${flight}`, "", `onboard_ingest/${flight}/1`]) {
    assert.throws(() => parse(["--source", text]), UsageError, text);
  }
});

Deno.test("TILE is source, zoom and place, or a UUID; anything else says what it must be", () => {
  const parse = parser({ arguments: TILE_ARGUMENT });
  const tile = (text: string) => parse([text]).tile as { tileId: unknown };
  assert.deepEqual(tile("bing/18/77213/106845").tileId, {
    source: "bing",
    zoom: 18,
    x: 77213,
    y: 106845,
  });
  for (const text of ["bing/18/77213", "bing/18/77213/x", "bing/18/1/2/3", "bing/3/8/0", ""]) {
    assert.throws(() => parse([text]), /TILE must be SOURCE\/ZOOM\/X\/Y/, text);
  }
});

Deno.test("--gps windows must end after they begin", () => {
  assert.deepEqual(readGps("jam:60-90,spoof:120-180"), [
    { kind: "jammed", fromS: 60, toS: 90 },
    { kind: "spoofed", fromS: 120, toS: 180 },
  ]);
  assert.deepEqual(readGps("silent-spoof:30-40.5"), [
    { kind: "spoofed_silently", fromS: 30, toS: 40.5 },
  ]);
  assert.deepEqual(readGps("silent-spoof:30-90@0.5,offset:1-9@30,frozen:5-6,replayed:7-8@12"), [
    { kind: "spoofed_silently", fromS: 30, toS: 90, amount: 0.5 },
    { kind: "offset", fromS: 1, toS: 9, amount: 30 },
    { kind: "frozen", fromS: 5, toS: 6 },
    { kind: "replayed", fromS: 7, toS: 8, amount: 12 },
  ]);
  assert.ok(readGps("jam:1-2@3") instanceof Refused);
  assert.deepEqual(readGps("present"), []);
  for (const text of ["off", "jam", "jam:60", "jam:60-60", "jam:90-60", "jam:60-90,", ""]) {
    assert.ok(readGps(text) instanceof Refused, text);
  }
});
