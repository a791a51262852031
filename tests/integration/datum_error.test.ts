/**
 * What the datum of imagery may shift a map by, from `operator tiles import` to the package of a flight. It takes
 * ten seconds: `deno task campaign --only provision` sets GDN_DATUM_CHAIN; the two halves are held by
 * provision.test.ts and tile_import_tiff.test.ts.
 */
import assert from "node:assert/strict";
import { writeArrayBuffer } from "geotiff";
import { seededRandom } from "../../src/core/mod.ts";
import { openFlightPackage } from "../../src/flight/flight_package/mod.ts";
import { emptyCache } from "../support/empty_cache.ts";
import { inScratch } from "../support/scratch.ts";
import { operate } from "./operator_cache_fixture.ts";

const SIDE = 340, GSD_M = 0.5, MAP_SIGMA_M = 1.5;
/** As EPSG states it: the shift itself is a hundred metres. */
const ERROR_M = 2;

/** Roofs and fields. */
function ground(): Uint8Array {
  const random = seededRandom("datum error"), pixels = new Uint8Array(SIDE * SIDE * 3).fill(90);
  for (let i = 0; i < 200; i++) {
    const [w, h] = [6 + random.integer(50), 6 + random.integer(50)];
    const [x0, y0] = [random.integer(SIDE - w), random.integer(SIDE - h)];
    const grey = 20 + random.integer(220);
    for (let y = y0; y < y0 + h; y++) {
      pixels.fill(grey, 3 * (y * SIDE + x0), 3 * (y * SIDE + x0 + w));
    }
  }
  return pixels;
}

async function writeGeotiff(path: string, code: number, x: number, y: number): Promise<void> {
  const write = writeArrayBuffer as (values: unknown, metadata: unknown) => ArrayBuffer;
  const tiff = await write(ground(), {
    width: SIDE,
    height: SIDE,
    SamplesPerPixel: 3,
    BitsPerSample: [8, 8, 8],
    PhotometricInterpretation: 2,
    ModelPixelScale: [GSD_M, GSD_M, 0],
    ModelTiepoint: [0, 0, 0, x, y, 0],
    GTModelTypeGeoKey: 1,
    ProjectedCSTypeGeoKey: code,
    GTRasterTypeGeoKey: 1,
  });
  await Deno.writeFile(path, new Uint8Array(tiff));
}

Deno.test({
  name: "the error of a datum (OSGB36) is in mapRegistrationSigmaM of the package",
  ignore: Deno.env.get("GDN_DATUM_CHAIN") === undefined,
  fn: () =>
    inScratch(async (folder) => {
      const data = await emptyCache(`${folder}/data`), picture = `${folder}/a.tif`;
      await writeGeotiff(picture, 27_700, 530_000, 180_000);
      const imported = await operate(["tiles", "import", picture, "--data", data, "--json"]);
      assert.equal(imported.code, 0, imported.err);
      const notes = JSON.parse(imported.out).notes.join();
      const told = Number(/wrong by up to about ([\d.]+) m/.exec(notes)?.[1]);
      assert.equal(told, ERROR_M, notes);
      const out = `${folder}/package`;
      const provisioned = await operate([
        ...["provision", "--data", data, "--out", out, "--json"],
        ...["--map-sigma", `${MAP_SIGMA_M}`, "--footprint", "150"],
      ]);
      assert.equal(provisioned.code, 0, provisioned.err);
      const summary = JSON.parse(provisioned.out);
      assert.equal(summary.registrationErrorM, ERROR_M);
      const flightPackage = await openFlightPackage(out);
      assert.equal(flightPackage.manifest.mapRegistrationSigmaM, MAP_SIGMA_M + ERROR_M);
    }),
});
