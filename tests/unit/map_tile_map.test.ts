import assert from "node:assert/strict";
import {
  groundSampleDistanceM,
  LocalFrame,
  seededRandom,
  TILE_SIZE_PX,
  wgsFromWorldPixel,
  worldPixelFromWgs,
} from "../../src/core/mod.ts";
import { TileMap } from "../../src/navigation/map/mod.ts";
import { encodeJpeg, openVision, type VisionLibrary } from "../../src/native/vision/mod.ts";
import { MemoryTiles, ORIGIN } from "./vision_scene.ts";

const ZOOM = 18;
const FRAME = new LocalFrame(ORIGIN);

function bounds(tilesAside: number) {
  const { x, y } = worldPixelFromWgs(ORIGIN, ZOOM);
  const tileX = Math.floor(x / TILE_SIZE_PX), tileY = Math.floor(y / TILE_SIZE_PX);
  const half = Math.floor(tilesAside / 2);
  return {
    xMin: tileX - half,
    xMax: tileX - half + tilesAside,
    yMin: tileY - half,
    yMax: tileY - half + tilesAside,
  };
}

/** A grey tile with one bright spot, sigma 6 pixels, at (x, y) of the tile's own world pixels. */
async function spotTile(vision: VisionLibrary, x: number, y: number) {
  const pixels = new Uint8Array(TILE_SIZE_PX ** 2).map((_, i) => {
    const dx = (i % TILE_SIZE_PX) + 0.5 - x, dy = Math.floor(i / TILE_SIZE_PX) + 0.5 - y;
    return 60 + 180 * Math.exp(-(dx * dx + dy * dy) / (2 * 6 ** 2));
  });
  const picture = { widthPx: TILE_SIZE_PX, heightPx: TILE_SIZE_PX, channels: 1 as const, pixels };
  return await encodeJpeg(vision, picture, 95);
}

async function uniformTiles(vision: VisionLibrary, tilesAside: number, grey = 100) {
  const pixels = new Uint8Array(TILE_SIZE_PX ** 2).fill(grey);
  const picture = { widthPx: TILE_SIZE_PX, heightPx: TILE_SIZE_PX, channels: 1 as const, pixels };
  return MemoryTiles.uniform(await encodeJpeg(vision, picture), ZOOM, bounds(tilesAside));
}

Deno.test("window() shows a spot of a tile where slippy mathematics puts it, at every shrinking", async () => {
  const seed = "window geometry", random = seededRandom(seed);
  using vision = openVision();
  const spotX = 100.3, spotY = 160.8;
  const tiles = MemoryTiles.uniform(await spotTile(vision, spotX, spotY), ZOOM, bounds(9));
  const map = new TileMap(vision, tiles, FRAME);
  const expectedGsdM = groundSampleDistanceM(ORIGIN.latitudeDeg, ZOOM);
  assert.ok(Math.abs(map.gsdM - expectedGsdM) < 1e-12);
  for (const shrink of [1, 2, 4]) {
    const eastM = 60 * random.normal(), northM = 60 * random.normal();
    const window = await map.window(eastM, northM, 120, shrink * map.gsdM);
    assert.ok(window !== null);
    assert.equal(window.originEastM, eastM);
    const { mosaic } = window;
    const a = mosaic.pixelFromLocal;
    const scale = Math.sqrt(Math.abs(a[0] * a[4] - a[1] * a[3]));
    assert.ok(Math.abs(scale * map.gsdM * shrink - 1) < 0.01, "pixels are of the size asked for");
    let seen = 0;
    for (let x = tiles.tileBounds.xMin; x < tiles.tileBounds.xMax; x++) {
      for (let y = tiles.tileBounds.yMin; y < tiles.tileBounds.yMax; y++) {
        const wgs = wgsFromWorldPixel(
          { x: x * TILE_SIZE_PX + spotX, y: y * TILE_SIZE_PX + spotY },
          ZOOM,
        );
        const [east, north] = FRAME.localFromWgs({ ...wgs, heightM: ORIGIN.heightM });
        const e = east - eastM, n = north - northM;
        if (Math.max(Math.abs(e), Math.abs(n)) > 110) continue;
        const u = a[0] * e + a[1] * n + a[2], v = a[3] * e + a[4] * n + a[5];
        const found = spotNear(mosaic, u, v, Math.ceil(28 / shrink));
        const missPx = Math.hypot(found[0] - u, found[1] - v);
        assert.ok(missPx < 0.1, `seed "${seed}", 1/${shrink}: ${missPx.toFixed(3)} px off`);
        seen++;
      }
    }
    assert.ok(seen >= 2, `${seen} spots were in the window`);
  }
});

function spotNear(
  mosaic: { widthPx: number; pixels: Uint8Array },
  u: number,
  v: number,
  reach: number,
): [number, number] {
  let sum = 0, x = 0, y = 0;
  for (let row = Math.round(v) - reach; row <= Math.round(v) + reach; row++) {
    for (let column = Math.round(u) - reach; column <= Math.round(u) + reach; column++) {
      const weight = Math.max(0, mosaic.pixels[row * mosaic.widthPx + column] - 66);
      sum += weight;
      x += weight * column;
      y += weight * row;
    }
  }
  return [x / sum, y / sum];
}

Deno.test("window() marks holes and black edges as no map, and is null where there is no tile", async () => {
  using vision = openVision();
  const tiles = await uniformTiles(vision, 5);
  const { xMin, yMin } = tiles.tileBounds;
  const pixels = new Uint8Array(TILE_SIZE_PX ** 2).map((_, i) => i % TILE_SIZE_PX < 128 ? 0 : 90);
  const half = { widthPx: TILE_SIZE_PX, heightPx: TILE_SIZE_PX, channels: 1 as const, pixels };
  tiles.jpegs.delete(`${xMin + 2}/${yMin + 2}`);
  tiles.jpegs.set(`${xMin + 1}/${yMin + 2}`, await encodeJpeg(vision, half, 95));
  const map = new TileMap(vision, tiles, FRAME);
  const window = await map.window(0, 0, 1000, map.gsdM);
  assert.ok(window !== null);
  assert.equal(window.coverage, 24 / 25);
  const { mosaic } = window;
  const valid = (x: number, y: number) => mosaic.valid[y * mosaic.widthPx + x];
  assert.equal(mosaic.widthPx, 5 * TILE_SIZE_PX);
  const row = 2 * TILE_SIZE_PX + 100;
  assert.equal(valid(2 * TILE_SIZE_PX + 100, row), 0, "the hole");
  assert.equal(valid(TILE_SIZE_PX + 20, row), 0, "the black half of its neighbour");
  assert.equal(valid(TILE_SIZE_PX + 200, row), 255);
  assert.equal(valid(20, row), 255);
  assert.equal(await map.window(50_000, 0, 100, map.gsdM), null);
});

Deno.test("bounds of the map are those of its tiles", async () => {
  using vision = openVision();
  const tiles = await uniformTiles(vision, 4);
  const map = new TileMap(vision, tiles, FRAME);
  const { eastMinM, eastMaxM, northMinM, northMaxM } = map.bounds;
  const sideM = 4 * TILE_SIZE_PX * map.gsdM;
  // Spherical tiles on an ellipsoid: up to 0.7 %.
  assert.ok(Math.abs((eastMaxM - eastMinM) / sideM - 1) < 0.01);
  assert.ok(Math.abs((northMaxM - northMinM) / sideM - 1) < 0.01);
  const inside = await map.window((eastMinM + eastMaxM) / 2, (northMinM + northMaxM) / 2, 10, 1);
  assert.equal(inside?.coverage, 1);
});

Deno.test("window() reads a tile once while it is kept, and does not keep all of a large map", async () => {
  using vision = openVision();
  const tiles = await uniformTiles(vision, 33);
  const map = new TileMap(vision, tiles, FRAME);
  const start = await map.window(0, 0, 20, map.gsdM);
  const first = tiles.reads.length;
  assert.ok(first >= 1 && first <= 4);
  await map.window(0, 0, 20, map.gsdM);
  assert.equal(tiles.reads.length, first, "kept");
  // A window of more tiles than are kept pushes the first ones out.
  const large = await map.window(0, 0, 33 * 128 * map.gsdM, 8 * map.gsdM);
  assert.ok(large !== null && large.mosaic.widthPx === 33 * TILE_SIZE_PX / 8);
  const before = tiles.reads.length;
  const again = await map.window(0, 0, 20, map.gsdM);
  assert.equal(tiles.reads.length, before, "the cut is kept apart from its tiles");
  assert.deepEqual(again?.mosaic, start?.mosaic);
  const wider = await map.window(0, 0, 150, map.gsdM);
  assert.ok(wider !== null && wider.mosaic.widthPx > again!.mosaic.widthPx);
  const tileCount = wider.mosaic.pixels.length / TILE_SIZE_PX ** 2;
  assert.equal(tiles.reads.length, before + tileCount, "pushed out, read again");
});

Deno.test("window() tries a tile again after it could not be read", async () => {
  using vision = openVision();
  const tiles = await uniformTiles(vision, 3);
  const { xMin, yMin } = tiles.tileBounds;
  const key = `${xMin + 1}/${yMin + 1}`;
  const good = tiles.jpegs.get(key)!;
  tiles.jpegs.set(key, good.slice(0, 30));
  const map = new TileMap(vision, tiles, FRAME);
  await assert.rejects(map.window(0, 0, 20, map.gsdM), new RegExp(`tile ${ZOOM}/${key}`));
  tiles.jpegs.set(key, good);
  const window = await map.window(0, 0, 20, map.gsdM);
  assert.ok(window !== null);
});
