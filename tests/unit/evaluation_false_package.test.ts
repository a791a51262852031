import assert from "node:assert/strict";
import sharp from "sharp";
import { groundSampleDistanceM, TILE_SIZE_PX, wgsFromWorldPixel } from "../../src/core/mod.ts";
import { openFlightPackage, packageTilePath } from "../../src/flight/flight_package/mod.ts";
import { writeFalsePackage } from "../../tasks/evaluate/hostile/false_package.ts";
import type { FlightRows } from "../../tasks/evaluate/hostile/flight_rows.ts";
import { HOSTILE_INPUTS } from "../../tasks/evaluate/hostile/inputs.ts";
import { TILES, writePackage, ZOOM } from "./flight_package_fixture.ts";

/** About 48° north. */
const ROW_PX = 2.3e7;

/** What `input` does to the tiles under a flight whose truth is `truth`. */
async function tileLie(input: string, truth: readonly string[][] = []) {
  const flight = { streams: { "truth.csv": truth } } as unknown as FlightRows;
  const span = { fromS: 0, toS: Infinity };
  await HOSTILE_INPUTS.find(({ name }) => name === input)!
    .inject(flight, { span } as Parameters<typeof HOSTILE_INPUTS[0]["inject"]>[1]);
  return flight.tileLie!;
}

Deno.test("writeFalsePackage() writes a package that opens, with other tiles; the given one stays", async () => {
  const work = await Deno.makeTempDir({ prefix: "gdn-false-package-" });
  try {
    await writePackage(`${work}/given`);
    const path = packageTilePath({ zoom: ZOOM, ...TILES[0] });
    const before = await Deno.readFile(`${work}/given/${path}`);
    const beside = packageTilePath({ zoom: ZOOM, ...TILES[1] });
    await writeFalsePackage(`${work}/given`, `${work}/false`, await tileLie("map.tiles_exchanged"));
    const { tiles } = await openFlightPackage(`${work}/false`);
    assert.deepEqual(
      await tiles.readTileJpeg(TILES[0].x, TILES[0].y),
      await Deno.readFile(`${work}/given/${beside}`),
    );
    // It has no neighbour.
    const alone = packageTilePath({ zoom: ZOOM, ...TILES[2] });
    assert.deepEqual(
      await tiles.readTileJpeg(TILES[2].x, TILES[2].y),
      await Deno.readFile(`${work}/given/${alone}`),
    );
    assert.deepEqual(await Deno.readFile(`${work}/given/${path}`), before);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
});

const grey = (level: number) =>
  sharp({
    create: {
      width: TILE_SIZE_PX,
      height: TILE_SIZE_PX,
      channels: 3,
      background: { r: level, g: level, b: level },
    },
  }).jpeg().toBuffer();

Deno.test("a map of which one half is shifted is so beyond the aircraft's place alone, by tiles beside", async () => {
  const at = (x: number, timeS: number) => {
    const { latitudeDeg, longitudeDeg } = wgsFromWorldPixel({ x, y: ROW_PX }, ZOOM);
    return [String(timeS * 1e9), String(latitudeDeg), String(longitudeDeg)];
  };
  const tile = 100 * TILE_SIZE_PX;
  const truth = [at(tile - 1000, 0), at(tile, 15), at(tile + 1000, 30)];
  const lie = await tileLie("map.half_shifted_20", truth);
  const dark = await grey(0), bright = await grey(255);
  const read = (x: number) => Promise.resolve(new Uint8Array(x === 100 ? dark : bright));
  const row = Math.floor(ROW_PX / TILE_SIZE_PX);
  const before = await lie({ zoom: ZOOM, x: 99, y: row }, read);
  assert.deepEqual(before, new Uint8Array(bright));
  const beyond = await lie({ zoom: ZOOM, x: 100, y: row }, read);
  const { data, info } = await sharp(beyond).greyscale().raw().toBuffer({
    resolveWithObject: true,
  });
  const metresPx = groundSampleDistanceM(Number(truth[1][1]), ZOOM);
  const shiftPx = Math.round(20 / metresPx), middle = 128 * info.width;
  assert.equal(info.width, TILE_SIZE_PX);
  assert.ok(data[middle + shiftPx - 9] > 200, "the tile beside comes in");
  assert.ok(data[middle + shiftPx + 9] < 50, "and its own is behind");
});
