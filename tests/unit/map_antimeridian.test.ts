import assert from "node:assert/strict";
import { LocalFrame, TILE_SIZE_PX, worldPixelFromWgs } from "../../src/core/mod.ts";
import { TileMap } from "../../src/navigation/map/mod.ts";
import { encodeJpeg, openVision } from "../../src/native/vision/mod.ts";

const ZOOM = 18, SIDE = 3;
/** 106 m west of the antimeridian, south of the equator. */
const ORIGIN = { latitudeDeg: -17, longitudeDeg: 179.999, heightM: 0 };

Deno.test("window() keeps its scale where it reaches over the antimeridian", async () => {
  using vision = openVision();
  const pixels = new Uint8Array(TILE_SIZE_PX ** 2).fill(100);
  const jpeg = await encodeJpeg(vision, {
    widthPx: TILE_SIZE_PX,
    heightPx: TILE_SIZE_PX,
    channels: 1,
    pixels,
  });
  const row = Math.floor(worldPixelFromWgs(ORIGIN, ZOOM).y / TILE_SIZE_PX);
  const tileBounds = { xMin: 2 ** ZOOM - 9, xMax: 2 ** ZOOM, yMin: row - SIDE, yMax: row + SIDE };
  const tiles = {
    zoom: ZOOM,
    tileBounds,
    hasTile: () => true,
    readTileJpeg: () => Promise.resolve(jpeg),
  };
  const map = new TileMap(vision, tiles, new LocalFrame(ORIGIN));
  for (const eastM of [-300, 0, 60, 105, 200]) {
    const window = await map.window(eastM, 0, 150, 0.6);
    assert.ok(window !== null, `no map ${eastM} m east`);
    const { mosaic: { widthPx, pixelFromLocal: [a, , u] } } = window;
    assert.ok(Math.abs(a * map.gsdM - 1) < 0.01, `scale ${a} px/m at ${eastM} m east`);
    assert.ok(widthPx <= 4 * TILE_SIZE_PX, `${widthPx} px for 300 m`);
    assert.ok(Math.abs(u) < 1024, `the place asked for is at column ${u}`);
  }
});
