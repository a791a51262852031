import assert from "node:assert/strict";
import {
  checkTile,
  groundSampleDistanceM,
  LocalFrame,
  MERCATOR_LATITUDE_MAX_DEG,
  TILE_SIZE_PX,
  tileBounds,
  tileFromWgs,
  WgsConversionError,
  wgsFromWorldPixel,
  worldPixelFromWgs,
  ZOOM_MAX,
  zoomForGsd,
} from "../../src/core/mod.ts";
import { fc, real } from "../support/properties.ts";

/** On an edge the rounding decides: 0.1 mm. */
const EDGE_DEG = 1e-9;
const ZOOM = fc.nat(ZOOM_MAX);
const POSITION = fc.record({ latitudeDeg: real(-85, 85), longitudeDeg: real(-180, 179.999999) });

/** The formula of the OpenStreetMap wiki. */
function tileByFormula(latitudeDeg: number, longitudeDeg: number, zoom: number) {
  const latitude = latitudeDeg * Math.PI / 180;
  const count = 2 ** zoom;
  return {
    zoom,
    x: Math.floor((longitudeDeg + 180) / 360 * count),
    y: Math.floor(
      (1 - Math.log(Math.tan(latitude) + 1 / Math.cos(latitude)) / Math.PI) / 2 * count,
    ),
  };
}

Deno.test("tileFromWgs() gives known tiles", () => {
  // OpenStreetMap wiki and the maps of Kyiv and Berlin.
  const known: [number, number, number, number, number][] = [
    [0, 0, 1, 1, 1],
    [51.51202, 0.02435, 17, 65544, 43582],
    [50.4501, 30.5234, 18, 153298, 88392],
  ];
  for (const [latitudeDeg, longitudeDeg, zoom, x, y] of known) {
    assert.deepEqual(tileFromWgs({ latitudeDeg, longitudeDeg }, zoom), { zoom, x, y });
  }
});

Deno.test("tileFromWgs() agrees with the closed formula", () => {
  fc.assert(fc.property(POSITION, ZOOM, (position, zoom) => {
    const { latitudeDeg, longitudeDeg } = position;
    assert.deepEqual(tileFromWgs(position, zoom), tileByFormula(latitudeDeg, longitudeDeg, zoom));
  }));
});

Deno.test("wgsFromWorldPixel() undoes worldPixelFromWgs() to a thousandth of a pixel", () => {
  fc.assert(fc.property(POSITION, ZOOM, (position, zoom) => {
    const pixel = worldPixelFromWgs(position, zoom);
    const again = worldPixelFromWgs(wgsFromWorldPixel(pixel, zoom), zoom);
    assert.ok(Math.hypot(again.x - pixel.x, again.y - pixel.y) < 1e-3);
  }));
});

Deno.test("tileBounds() holds every position of the tile, and neighbours share an edge", () => {
  fc.assert(fc.property(POSITION, ZOOM, (position, zoom) => {
    const tile = tileFromWgs(position, zoom);
    const bounds = tileBounds(tile);
    const { latitudeDeg, longitudeDeg } = position;
    assert.ok(
      bounds.southDeg - EDGE_DEG <= latitudeDeg && latitudeDeg <= bounds.northDeg + EDGE_DEG,
    );
    assert.ok(
      bounds.westDeg - EDGE_DEG <= longitudeDeg && longitudeDeg <= bounds.eastDeg + EDGE_DEG,
    );
    if (tile.x + 1 < 2 ** zoom) {
      assert.equal(tileBounds({ ...tile, x: tile.x + 1 }).westDeg, bounds.eastDeg);
    }
    if (tile.y + 1 < 2 ** zoom) {
      assert.equal(tileBounds({ ...tile, y: tile.y + 1 }).northDeg, bounds.southDeg);
    }
  }));
});

Deno.test("groundSampleDistanceM() is within 0.7 % of the ellipsoid's", () => {
  fc.assert(fc.property(real(-70, 70), (latitudeDeg) => {
    const origin = { latitudeDeg, longitudeDeg: 30, heightM: 0 };
    const pixel = worldPixelFromWgs(origin, 18);
    const east = wgsFromWorldPixel({ x: pixel.x + 100, y: pixel.y }, 18);
    const [eastM] = new LocalFrame(origin).localFromWgs({ ...east, heightM: 0 });
    assert.ok(Math.abs(groundSampleDistanceM(latitudeDeg, 18) / (eastM / 100) - 1) < 0.007);
  }));
});

Deno.test("zoomForGsd() gives the nearest zoom in octaves", () => {
  fc.assert(fc.property(real(-70, 70), ZOOM, real(-0.49, 0.49), (latitudeDeg, zoom, octaves) => {
    const gsdM = groundSampleDistanceM(latitudeDeg, zoom) * 2 ** octaves;
    assert.equal(zoomForGsd(latitudeDeg, gsdM), zoom);
  }));
  assert.equal(zoomForGsd(0, 1e-9), ZOOM_MAX);
  assert.equal(zoomForGsd(0, 1e12), 0);
});

Deno.test("the slippy functions refuse what no map has by WgsConversionError", () => {
  const kyiv = { latitudeDeg: 50, longitudeDeg: 30 };
  for (const zoom of [-1, 1.5, 23, NaN]) {
    assert.throws(() => worldPixelFromWgs(kyiv, zoom), WgsConversionError);
    assert.throws(() => groundSampleDistanceM(50, zoom), WgsConversionError);
  }
  for (const latitudeDeg of [MERCATOR_LATITUDE_MAX_DEG + 0.001, -90, NaN]) {
    assert.throws(() => tileFromWgs({ latitudeDeg, longitudeDeg: 0 }, 5), WgsConversionError);
  }
  assert.throws(() => tileFromWgs({ latitudeDeg: 0, longitudeDeg: 181 }, 5), WgsConversionError);
  for (const tile of [{ x: 32, y: 0 }, { x: 0, y: -1 }, { x: 0.5, y: 0 }, { x: NaN, y: 0 }]) {
    assert.throws(() => checkTile({ zoom: 5, ...tile }), WgsConversionError);
  }
  const outside = { x: TILE_SIZE_PX * 40, y: 0 };
  assert.throws(() => wgsFromWorldPixel(outside, 5), WgsConversionError);
  for (const gsdM of [0, -1, NaN]) assert.throws(() => zoomForGsd(0, gsdM), WgsConversionError);
});
