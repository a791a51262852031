import assert from "node:assert/strict";
import { LocalFrame, tileBounds, tileFromWgs } from "../../src/core/mod.ts";
import type { Area, Position } from "../../src/tiles/workstation/tile_manager/contract.ts";
import {
  boxTileCount,
  consideredTileCount,
  tilesOfArea as listTiles,
} from "../../src/tiles/workstation/tile_manager/download/area.ts";
import { property } from "../support/properties.ts";

const tilesOfArea = (area: Area, zoom: number) => [...listTiles(area, zoom)];
const key = ({ zoom, x, y }: { zoom: number; x: number; y: number }) => `${zoom}/${x}/${y}`;

Deno.test("tilesOfArea() of a tile's own box gives only that tile", () => {
  const tile = { zoom: 14, x: 8711, y: 5685 };
  const box = tileBounds(tile);
  assert.deepEqual(tilesOfArea({ kind: "box", box }, 14), [tile]);
  assert.equal(tilesOfArea({ kind: "box", box }, 16).length, 16);
  assert.equal(boxTileCount({ kind: "box", box }, 16), 16);
});

Deno.test("tilesOfArea() crosses the antimeridian", () => {
  const box = { southDeg: -0.01, westDeg: 179.99, northDeg: 0.01, eastDeg: -179.99 };
  const tiles = tilesOfArea({ kind: "box", box }, 10);
  assert.deepEqual(tiles.map(key).sort(), ["10/0/511", "10/0/512", "10/1023/511", "10/1023/512"]);
  const route = [{ latitudeDeg: 0, longitudeDeg: 179.9 }, { latitudeDeg: 0, longitudeDeg: -179.9 }];
  const corridor = tilesOfArea({ kind: "corridor", route, halfWidthM: 100 }, 12);
  assert(corridor.length < 16, `${corridor.length} tiles for 22 km of route`);
});

Deno.test("tilesOfArea() of a polygon contains every point inside, and no tile far outside", () => {
  // A U that opens to the north: the middle of its box lies outside of it.
  const at = (east: number, north: number): Position => ({
    latitudeDeg: 48 + north,
    longitudeDeg: 11 + east,
  });
  const ring = [
    at(0, 0),
    at(0.09, 0),
    at(0.09, 0.09),
    at(0.06, 0.09),
    at(0.06, 0.03),
    at(0.03, 0.03),
    at(0.03, 0.09),
    at(0, 0.09),
  ];
  const tiles = new Set(tilesOfArea({ kind: "polygon", ring }, 15).map(key));
  assert(tiles.has(key(tileFromWgs(at(0.015, 0.08), 15))));
  assert(tiles.has(key(tileFromWgs(at(0.045, 0.015), 15))));
  assert(!tiles.has(key(tileFromWgs(at(0.045, 0.07), 15))), "the gap of the U");
});

Deno.test("tilesOfArea() of a corridor covers everything within its half width", () =>
  property((source) => {
    const random = () => source.uniform();
    const zoom = 13 + Math.floor(random() * 4);
    const start = { latitudeDeg: -60 + 120 * random(), longitudeDeg: -179 + 358 * random() };
    const frame = new LocalFrame({ ...start, heightM: 0 });
    const route: Position[] = [start];
    let [east, north] = [0, 0];
    for (let leg = 0; leg < 3; leg++) {
      east += 4000 * (random() - 0.5);
      north += 4000 * (random() - 0.5);
      route.push(frame.wgsFromLocal([east, north, 0]));
    }
    const halfWidthM = 100 + 900 * random();
    const area: Area = { kind: "corridor", route, halfWidthM };
    const tiles = new Set(tilesOfArea(area, zoom).map(key));
    assert(tiles.size <= boxTileCount(area, zoom));
    const points = route.map((position) => frame.localFromWgs({ ...position, heightM: 0 }));
    for (let i = 0; i + 1 < points.length; i++) {
      for (let sample = 0; sample < 20; sample++) {
        const share = random(),
          angle = 2 * Math.PI * random(),
          reach = 0.98 * halfWidthM * random();
        const x = points[i][0] + share * (points[i + 1][0] - points[i][0]) +
          reach * Math.cos(angle);
        const y = points[i][1] + share * (points[i + 1][1] - points[i][1]) +
          reach * Math.sin(angle);
        const tile = tileFromWgs(frame.wgsFromLocal([x, y, 0]), zoom);
        assert(tiles.has(key(tile)), `${key(tile)} at ${x}, ${y} is missing`);
      }
    }
  }, 60));

Deno.test("a corridor needs a small share of the tiles of its box", () => {
  const route = [{ latitudeDeg: 48, longitudeDeg: 11 }, { latitudeDeg: 48.5, longitudeDeg: 11.8 }];
  const area: Area = { kind: "corridor", route, halfWidthM: 500 };
  const share = tilesOfArea(area, 17).length / boxTileCount(area, 17);
  assert(share < 0.05, `${share}`);
});

Deno.test("tilesOfArea() refuses invalid areas", () => {
  assert.throws(() => tilesOfArea({ kind: "polygon", ring: [] }, 10), /three corners/);
  assert.throws(() => tilesOfArea({ kind: "corridor", route: [], halfWidthM: 1 }, 10), /no point/);
  const box = { southDeg: 1, westDeg: 0, northDeg: 0, eastDeg: 1 };
  assert.throws(() => tilesOfArea({ kind: "box", box }, 10), /not south/);
});

Deno.test("consideredTileCount() is at least the number of tiles, also where they are too many to list", () => {
  const route = [{ latitudeDeg: 50, longitudeDeg: 30 }, { latitudeDeg: 50.2, longitudeDeg: 30.4 }];
  const areas: Area[] = [
    { kind: "box", box: { southDeg: 50, westDeg: 30, northDeg: 50.1, eastDeg: 30.1 } },
    { kind: "polygon", ring: [...route, { latitudeDeg: 50.2, longitudeDeg: 30 }] },
    { kind: "corridor", route, halfWidthM: 1000 },
    { kind: "corridor", route: route.slice(0, 1), halfWidthM: 1000 },
  ];
  for (const area of areas) {
    const there = tilesOfArea(area, 15).length, considered = consideredTileCount(area, 15);
    assert.ok(there <= considered && considered <= 4 * there, `${there}, ${considered}`);
  }
  const box = { southDeg: -85, westDeg: -180, northDeg: 85, eastDeg: 180 };
  assert.ok(consideredTileCount({ kind: "box", box }, 22) > 1e13);
});
