/** Which pixels of a tile are ground survives import, export and import again, in all formats. */
import assert from "node:assert/strict";
import { jpegHeaderSize, sha256Hex } from "../../src/core/mod.ts";
import { decodeJpeg, openVision, type VisionLibrary } from "../../src/native/vision/mod.ts";
import { coverageMaskOf, withCoverageMask } from "../../src/tiles/tile_contract/mod.ts";
import {
  exportFolder,
  exportGeotiff,
  exportMbtiles,
  exportPmtiles,
} from "../../src/tiles/workstation/tile_export/mod.ts";
import {
  importArchive,
  importTiles,
  openArchive,
} from "../../src/tiles/workstation/tile_import/mod.ts";
import { imageryAsItIs } from "../support/imagery.ts";
import { hasGdal, pixelsByGdal } from "../support/gdal.ts";
import { inScratch } from "../support/scratch.ts";
import { makePicture, MemoryTiles } from "./tile_export_fixture.ts";
import { MemoryStore, toolkitOf } from "./tile_import_fixture.ts";

const ZOOM = 17, X = 70_000, Y = 45_000, SIDE = 256;
const ERROR_M = 5;

/** A slanted edge with a hole behind it. */
function slantedMask(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
    const x = i % SIDE, y = Math.floor(i / SIDE);
    return x + 2 * y > 200 && Math.hypot(x - 180, y - 180) > 30 ? 255 : 0;
  });
}

/** A tile that is wholly covered, and one that is not. */
async function twoTiles(mask: Uint8Array): Promise<MemoryTiles> {
  const tiles = new MemoryTiles();
  const place = { zoom: ZOOM, x: X, y: Y };
  tiles.add(place, await makePicture(1), { registrationErrorM: ERROR_M });
  const jpeg = withCoverageMask(await makePicture(2), mask);
  const coverage = mask.filter((value) => value > 0).length / mask.length;
  tiles.add({ ...place, x: X + 1 }, jpeg, { registrationErrorM: 2, coverage });
  return tiles;
}

async function importedFrom(path: string, vision: VisionLibrary, scratchDirectory: string) {
  const store = new MemoryStore(), toolkit = toolkitOf(vision);
  const request = { zoom: ZOOM, source: "a", capturedAt: null, attribution: "" };
  await using archive = await openArchive(path, ZOOM);
  if (archive !== null) await importArchive(archive, store, toolkit, request);
  else {
    const imagery = await imageryAsItIs(path, toolkit, scratchDirectory);
    await using _imagery = imagery;
    await importTiles(imagery, store, request);
  }
  return store;
}

Deno.test("coverageMaskOf() gives back the mask, decoders do not see it, damage is no mask", async () => {
  using vision = openVision();
  const jpeg = await makePicture(3), mask = slantedMask();
  assert.equal(coverageMaskOf(jpeg), null);
  const masked = withCoverageMask(jpeg, mask);
  assert.deepEqual(coverageMaskOf(masked), mask);
  assert.deepEqual(jpegHeaderSize(masked), { widthPx: SIDE, heightPx: SIDE });
  const decode = (bytes: Uint8Array<ArrayBuffer>) =>
    decodeJpeg(vision, bytes, { name: "a", channels: 3 });
  assert.deepEqual((await decode(masked)).pixels, (await decode(jpeg)).pixels);
  for (let at = 2; at < masked.length - jpeg.length + 30; at++) {
    const found = coverageMaskOf(masked.with(at, masked[at] ^ 0x55));
    assert.ok(found === null || found.length === SIDE * SIDE);
  }
  assert.equal(coverageMaskOf(masked.subarray(0, 60)), null);
});

Deno.test("coverage and the error of the datum survive export and import in every format", async () => {
  using vision = openVision();
  const mask = slantedMask(), tiles = await twoTiles(mask);
  const selection = { source: "bing" }, force = false, name = "a";
  await inScratch(async (folder) => {
    const request = (out: string) => ({ selection, out: `${folder}/${out}`, force, name });
    await exportMbtiles(tiles, request("a.mbtiles"));
    await exportPmtiles(tiles, request("a.pmtiles"));
    await exportFolder(tiles, request("a"));
    const decoder = toolkitOf(vision);
    const range = { zoom: ZOOM, xMin: X, yMin: Y, columns: 2, rows: 1 };
    await exportGeotiff(tiles, decoder, { ...request("a.tif"), range });
    for (const out of ["a.mbtiles", "a.pmtiles", "a", "a.tif"]) {
      const store = await importedFrom(`${folder}/${out}`, vision, folder);
      assert.equal(store.tiles.size, 2, out);
      const [whole, part] = [X, X + 1].map((x) => store.tiles.get(`a/${ZOOM}/${x}/${Y}`));
      assert.ok(whole && part);
      assert.equal(whole.metadata.coverage, 1, out);
      assert.deepEqual(coverageMaskOf(part.jpeg), mask, `${out}: another mask`);
      assert.equal(part.metadata.coverage, mask.filter((value) => value > 0).length / mask.length);
      if (out === "a.tif") continue; // TIFF has no tag for it.
      assert.equal(part.metadata.registrationErrorM, ERROR_M, `${out}: the larger one counts`);
      const original = tiles.tiles.get(`${ZOOM}/${X}/${Y}`);
      assert.equal(sha256Hex(whole.jpeg), original?.metadata.contentSha256, out);
    }
  });
});

Deno.test({
  name: "exported coverage is alpha to GDAL: MBTiles and GeoTIFF",
  ignore: !hasGdal,
  fn: async () => {
    using vision = openVision();
    const mask = slantedMask(), tiles = await twoTiles(mask);
    const selection = { source: "bing" }, force = false, name = "a";
    await inScratch(async (folder) => {
      const range = { zoom: ZOOM, xMin: X, yMin: Y, columns: 2, rows: 1 };
      const tiff = { selection, out: `${folder}/a.tif`, force, name, range };
      await exportGeotiff(tiles, toolkitOf(vision), tiff);
      await exportMbtiles(tiles, { selection, out: `${folder}/a.mbtiles`, force, name });
      for (const out of ["a.tif", "a.mbtiles"]) {
        const window = ["-srcwin", `${SIDE}`, "0", `${SIDE}`, `${SIDE}`];
        const alpha = await pixelsByGdal(`${folder}/${out}`, folder, [4], window);
        assert.deepEqual(new Uint8Array(alpha), mask, out);
      }
    });
  },
});
