import assert from "node:assert/strict";
import * as z from "zod";
import { AirborneConfigSchema } from "../../src/airborne/config.ts";
import { ConfigurationError, readConfiguration } from "../../src/core/mod.ts";
import {
  ManifestSchema,
  PackageTileSchema,
  PlaceSchema,
} from "../../src/flight/flight_package/mod.ts";
import { FlightDescriptionSchema } from "../../src/flight/replay/mod.ts";
import { CameraCalibrationSchema } from "../../src/navigation/camera/mod.ts";
import { TileMetadataSchema } from "../../src/tiles/tile_contract/mod.ts";
import { TileManagerConfigSchema } from "../../src/tiles/workstation/tile_manager/mod.ts";

const BORDERS: Readonly<Record<string, z.ZodType>> = {
  configuration: AirborneConfigSchema,
  flight: FlightDescriptionSchema,
  camera: CameraCalibrationSchema,
  manifest: ManifestSchema,
  packageTile: PackageTileSchema,
  place: PlaceSchema,
  tile: TileMetadataSchema,
  tileManager: TileManagerConfigSchema,
};
/** A word that is written as a number. */
const WITHOUT_UNIT = ["flight.seed.0"];

/** Every number of a schema, with where it stands. */
function* numbersOf(schema: unknown, path: string): Generator<[string, z.ZodNumber]> {
  if (schema instanceof z.ZodNumber) yield [path, schema];
  else if (schema instanceof z.ZodObject) {
    for (const [key, child] of Object.entries(schema.shape)) {
      yield* numbersOf(child, `${path}.${key}`);
    }
  } else if (schema instanceof z.ZodArray) yield* numbersOf(schema.element, `${path}[]`);
  else {
    const { def } = schema as { def: Record<string, unknown> };
    for (const key of ["innerType", "in", "valueType"]) {
      if (def[key] !== undefined) yield* numbersOf(def[key], path);
    }
    for (const key of ["options", "items"]) {
      for (const [i, child] of Object.entries((def[key] ?? []) as unknown[])) {
        yield* numbersOf(child, `${path}.${i}`);
      }
    }
  }
}

Deno.test("every number that comes from outside has a range, and the square of its ends is finite", () => {
  const numbers = Object.entries(BORDERS).flatMap(([name, schema]) => [...numbersOf(schema, name)]);
  assert.ok(numbers.length > 200, `${numbers.length} numbers`);
  const open = numbers.filter(([path, { minValue, maxValue }]) =>
    !WITHOUT_UNIT.includes(path) &&
    ![minValue, maxValue].every((value) => value !== null && Number.isFinite(value ** 2))
  );
  assert.deepEqual(open.map(([path]) => path), []);
});

Deno.test("readConfiguration() refuses numbers out of range, aliases without end and a parser's work", () => {
  const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
  for (const [i, name] of [..."bcdefghi"].entries()) {
    const before = "abcdefgh"[i];
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(",")}]`);
  }
  const texts: Readonly<Record<string, RegExp>> = {
    "eskf: { anchor: { mapLocalSigmaM: 1e300 } }": /eskf\.anchor\.mapLocalSigmaM/,
    "eskf: { anchor: { mapLocalSigmaM: 1e-300 } }": /eskf\.anchor\.mapLocalSigmaM/,
    "structural: { headingStepDeg: 1e-9 }": /structural\.headingStepDeg/,
    [bomb.join("\n")]: /cannot be read as YAML: Excessive alias count/,
    [`a: ${"[".repeat(100_000)}`]: /has 100003 characters, more than 65536 are not read/,
  };
  for (const [text, says] of Object.entries(texts)) {
    const files = { file: { text, name: "settings.yaml" } };
    const environment = { GDN_MODEL_PATH: text };
    assert.throws(
      () => readConfiguration(AirborneConfigSchema, files),
      (error) => error instanceof ConfigurationError && says.test(error.message),
    );
    assert.throws(
      () => readConfiguration(AirborneConfigSchema, { environment }),
      ConfigurationError,
    );
  }
});
