import assert from "node:assert/strict";
import { seededRandom, worldPixelFromWgs } from "../../src/core/mod.ts";
import {
  centredReference,
  type GeoReference,
  importTiles,
  openRaster,
  projectedReference,
  RasterImagery,
  readRasterHeader,
} from "../../src/tiles/workstation/tile_import/mod.ts";
import { systemFromEpsg } from "../../src/tiles/workstation/tile_import/projection/coordinate_system.ts";
import { openVision } from "../../src/native/vision/mod.ts";
import {
  type Blob,
  blobCentre,
  blobPicture,
  MemoryStore,
  mosaicReader,
  toolkitOf,
  writePng,
} from "./tile_import_fixture.ts";

const WIDTH = 700, HEIGHT = 620;

/** Imports a picture of blobs and returns the mean and greatest error of their places, map pixels. */
async function placementError(
  reference: GeoReference,
  zoom: number | null,
  sigmaPx: number,
  reachPx = 12,
): Promise<{ meanPx: number; maxPx: number; biasPx: number; count: number }> {
  using vision = openVision();
  const toolkit = toolkitOf(vision);
  const random = seededRandom("tile import geometry");
  const blobs: Blob[] = [];
  const spacing = Math.max(70, 9 * sigmaPx);
  for (let y = spacing; y < HEIGHT - spacing; y += spacing) {
    for (let x = spacing; x < WIDTH - spacing; x += spacing) {
      blobs.push({ xPx: x + random.uniform(), yPx: y + random.uniform() });
    }
  }
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/blobs.png`;
    await writePng(path, blobPicture(WIDTH, HEIGHT, blobs, sigmaPx), WIDTH, HEIGHT);
    const raster = await openRaster(await readRasterHeader(path), { scratchDirectory: directory });
    await using imagery = new RasterImagery(raster, reference, toolkit);
    const store = new MemoryStore();
    const summary = await importTiles(imagery, store, {
      zoom,
      source: "local_import",
      capturedAt: null,
      attribution: "",
    });
    const pixel = await mosaicReader(store, toolkit);
    let sumX = 0, sumY = 0, sum = 0, maxPx = 0;
    for (const blob of blobs) {
      const expected = worldPixelFromWgs(reference.wgsFromPixel(blob.xPx, blob.yPx), summary.zoom);
      const found = blobCentre(pixel, { xPx: expected.x, yPx: expected.y }, reachPx);
      const dx = found.xPx - expected.x, dy = found.yPx - expected.y;
      sumX += dx;
      sumY += dy;
      sum += Math.hypot(dx, dy);
      maxPx = Math.max(maxPx, Math.hypot(dx, dy));
    }
    const count = blobs.length;
    return { meanPx: sum / count, maxPx, biasPx: Math.hypot(sumX, sumY) / count, count };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const references: [string, GeoReference, number | null][] = [
  [
    "centre and ground sample distance",
    centredReference({
      widthPx: WIDTH,
      heightPx: HEIGHT,
      latitudeDeg: 30.2672,
      longitudeDeg: -97.7431,
      gsdM: 0.5,
    }),
    null,
  ],
  ...([
    ["UTM 14 north", 32614, { a: 620_800, b: 0.5, c: 0, d: 3_349_300, e: 0, f: -0.5 }],
    ["UTM 36 south", 32736, { a: 500_000, b: 0.5, c: 0, d: 9_000_000, e: 0, f: -0.5 }],
    ["Web Mercator", 3857, { a: 3_400_000, b: 0.7, c: 0, d: 6_000_000, e: 0, f: -0.7 }],
    ["degrees", 4326, { a: 30.1, b: 6e-6, c: 0, d: 47.2, e: 0, f: -5e-6 }],
    ["a turned raster", 32636, { a: 500_000, b: 0.45, c: 0.2, d: 5_000_000, e: 0.2, f: -0.45 }],
  ] as const).map(([name, epsg, transform]) =>
    [
      name,
      projectedReference({
        name,
        projection: systemFromEpsg(epsg)?.definition ?? "",
        transform,
        widthPx: WIDTH,
        heightPx: HEIGHT,
      }),
      null,
    ] as [string, GeoReference, null]
  ),
];

for (const [name, reference, zoom] of references) {
  Deno.test(`importTiles() puts pixels within a tenth of a pixel when given ${name}`, async () => {
    const error = await placementError(reference, zoom, 3);
    console.log(`${name}: ${JSON.stringify(error)}`);
    assert.ok(error.count >= 20);
    assert.ok(error.meanPx < 0.1, `mean ${error.meanPx} pixels`);
    assert.ok(error.biasPx < 0.03, `bias ${error.biasPx} pixels`);
  });
}

Deno.test("importTiles() keeps places when it shrinks eightfold", async () => {
  const error = await placementError(references[0][1], 15, 14, 6);
  console.log(JSON.stringify(error));
  assert.ok(error.meanPx < 0.1, `mean ${error.meanPx} pixels`);
});
