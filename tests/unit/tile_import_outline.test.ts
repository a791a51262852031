/** Pictures over the antimeridian, around a pole and of the whole world: which tiles lie under them. */
import assert from "node:assert/strict";
import { GdnError, tileFromWgs } from "../../src/core/mod.ts";
import { besideReference } from "../../src/tiles/workstation/tile_import/projection/geotiff_reference.ts";
import { RasterImagery } from "../../src/tiles/workstation/tile_import/raster_imagery.ts";
import type { TileToolkit } from "../../src/tiles/workstation/tile_import/mod.ts";

const DEGREES = 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],' +
  'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]';
const coded = (code: number) => `PROJCS["a",${DEGREES},AUTHORITY["EPSG","${code}"]]`;

/** A picture of square pixels from its upper left corner. */
function imageryOf(
  wkt: string,
  [x, y, pixel]: readonly number[],
  [widthPx, heightPx]: readonly number[],
  toolkit = {} as TileToolkit,
) {
  const world = { a: x, b: pixel, c: 0, d: y, e: 0, f: -pixel };
  const beside = { auxiliary: { transform: null, wkt: null }, world, wkt };
  const found = besideReference("a.png", beside, { widthPx, heightPx });
  assert.ok(found);
  const raster = {
    widthPx,
    heightPx,
    read: ({ widthPx, heightPx }: { widthPx: number; heightPx: number }) =>
      Promise.resolve({
        widthPx,
        heightPx,
        pixels: new Uint8Array(3 * widthPx * heightPx),
        mask: null,
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return new RasterImagery(raster, found.reference, toolkit);
}

const columnsOf = (imagery: RasterImagery, zoom: number) => [
  ...new Set(imagery.tiles(zoom).map(({ x }) => x)),
];

Deno.test("a picture over the antimeridian lies at both ends of the map", () => {
  const last = 2 ** 10 - 1;
  // From 179.5° to 180.5°, in degrees, UTM 60 and web mercator.
  assert.deepEqual(columnsOf(imageryOf(DEGREES, [179.5, -16, 0.01], [100, 50]), 10), [
    1022,
    last,
    0,
    1,
  ]);
  assert.deepEqual(columnsOf(imageryOf(DEGREES, [-180.5, -16, 0.01], [100, 50]), 10), [
    1022,
    last,
    0,
    1,
  ]);
  const utm = imageryOf(coded(32_760), [767_000, 8_230_000, 1000], [100, 50]);
  assert.deepEqual(columnsOf(utm, 10), [1022, last, 0, 1]);
  const mercator = imageryOf(coded(3857), [19_981_848, -1_800_000, 1000], [112, 50]);
  assert.deepEqual(columnsOf(mercator, 10), [1022, last, 0, 1]);
});

Deno.test("a picture around a pole lies under all columns, up to the end of the map", () => {
  const tiles = imageryOf(coded(3413), [-1_000_000, 600_000, 10_000], [200, 200]).tiles(5);
  assert.equal(new Set(tiles.map(({ x }) => x)).size, 32);
  const south = tileFromWgs({ latitudeDeg: 74, longitudeDeg: 0 }, 5).y;
  assert.deepEqual([...new Set(tiles.map(({ y }) => y))].slice(0, 2), [0, 1]);
  assert.ok(tiles.every(({ y }) => y <= south));
});

Deno.test("the whole world, also in few pixels and from 0° to 360°", () => {
  for (const [west, widthPx] of [[-180, 320], [0, 320], [-180, 720], [0, 4000]]) {
    const imagery = imageryOf(DEGREES, [west, 90, 360 / widthPx], [widthPx, widthPx / 2]);
    assert.equal(imagery.tiles(2).length, 16, `${west}, ${widthPx}`);
  }
});

Deno.test("what has its middle at a pole, or leaves the Earth, is refused for that", () => {
  for (
    const [make, words] of [
      [
        () => imageryOf(coded(3413), [-1_000_000, 1_000_000, 10_000], [200, 200]),
        /middle lies at a pole/,
      ],
      [() => imageryOf(DEGREES, [10, 120, 1], [100, 50]), /its numbers are no places in EPSG:4326/],
      [() => imageryOf(DEGREES, [10, 95, 1], [100, 50]).tiles(5), /outside of slippy maps/],
    ] as const
  ) {
    assert.throws(make, (error) => error instanceof GdnError && words.test(error.message));
  }
});

Deno.test("the map's last tiles are painted up to its edge, at every zoom", async () => {
  let knots = new Float64Array();
  const toolkit = {
    warp: (_: unknown, { sourcePx }: { sourcePx: Float64Array<ArrayBuffer> }) => {
      knots = sourcePx;
      return Promise.reject(new Error("painted"));
    },
  } as unknown as TileToolkit;
  // The second one ends at 0°: there its last column of tiles is half way around.
  for (const [west, zoom] of [[-180, 0], [-180, 1], [-180, 5], [0, 1], [0, 5]]) {
    const imagery = imageryOf(DEGREES, [west, 90, 360 / 512], [512, 256], toolkit);
    const last = 2 ** zoom - 1;
    const x = west === 0 ? 2 ** (zoom - 1) - 1 : last;
    await assert.rejects(imagery.paint({ zoom, x, y: last }), /painted/);
    const columns = Math.sqrt(knots.length / 2);
    // Two knots of the first row are as far apart as the last two.
    const [first, second] = [knots[0], knots[2]], end = 2 * (columns - 1);
    assert.ok(
      Math.abs(knots[end] - knots[end - 2] - (second - first)) < 1e-6,
      `${west}, zoom ${zoom}`,
    );
  }
});
