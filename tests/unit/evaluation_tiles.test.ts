/** What measures the placing of tiles (criterion N7) measures right itself. */
import assert from "node:assert/strict";
import sharp from "sharp";
import {
  groundSampleDistanceM,
  seededRandom,
  tileFromWgs,
  wgsFromWorldPixel,
} from "../../src/core/mod.ts";
import { PictureGround } from "../../src/workstation/simulation/mod.ts";
import { GroundView } from "../../tasks/evaluate/tiles/ground_view.ts";
import type { MadeTile } from "../../tasks/evaluate/tiles/made_tiles.ts";
import { wgsOfTilePoint } from "../../tasks/evaluate/tiles/mercator_area.ts";
import { displacementByPicture, type TilePlacement } from "../../tasks/evaluate/tiles/placement.ts";
import { type Raster, register } from "../../tasks/evaluate/tiles/registration.ts";
import { missedPlacement, tileMetrics } from "../../tasks/evaluate/tiles/tile_metrics.ts";

const SIDE = 96, REACH = 24;

/** Smooth noise, sampled anywhere. */
function field(seed: string): (x: number, y: number) => number {
  const random = seededRandom(seed);
  const waves = Array.from({ length: 60 }, () => {
    const wavelength = 5 + 40 * random.uniform(), angle = 2 * Math.PI * random.uniform();
    const k = 2 * Math.PI / wavelength;
    return [k * Math.cos(angle), k * Math.sin(angle), 2 * Math.PI * random.uniform()];
  });
  return (x, y) =>
    128 + waves.reduce((sum, [kx, ky, phase]) => sum + 8 * Math.sin(kx * x + ky * y + phase), 0);
}

function raster(sidePx: number, at: (x: number, y: number) => number): Raster {
  const grey = Float32Array.from(
    { length: sidePx * sidePx },
    (_, i) => at(i % sidePx, Math.floor(i / sidePx)),
  );
  return { widthPx: sidePx, heightPx: sidePx, grey };
}

Deno.test("register() finds a displacement to a part of a pixel, whatever gain and offset", () => {
  const ground = field("ground");
  const wide = raster(SIDE + 2 * REACH, (x, y) => ground(x - REACH, y - REACH));
  for (const [dx, dy] of [[0, 0], [1, 0], [-7.3, 11.6], [21.5, -22.25]]) {
    const small = raster(SIDE, (x, y) => 30 + 0.6 * ground(x + dx, y + dy));
    const found = register(small, wide, REACH);
    assert(found !== null && found.score > 0.98 && found.margin > 0.3, JSON.stringify(found));
    assert(Math.abs(found.columnPx - dx) < 0.15, `${found.columnPx} for ${dx}`);
    assert(Math.abs(found.rowPx - dy) < 0.15, `${found.rowPx} for ${dy}`);
  }
});

Deno.test("register() has a small margin for repeating patterns, and no result without contrast", () => {
  const stripes = (x: number, _y: number) => 128 + 60 * Math.sin(2 * Math.PI * x / 20);
  const wide = raster(SIDE + 2 * REACH, stripes);
  const repeating = register(raster(SIDE, stripes), wide, REACH);
  assert(repeating !== null && repeating.margin < 0.05, JSON.stringify(repeating));
  assert.equal(register(raster(SIDE, () => 90), wide, REACH), null);
  const other = register(raster(SIDE, field("another place")), raster(144, field("here")), REACH);
  assert((other?.score ?? 0) < 0.5, JSON.stringify(other));
});

const CENTRE = { latitudeDeg: 30.2672, longitudeDeg: -97.7431, heightM: 0 };
const TILE = tileFromWgs(CENTRE, 20);

Deno.test("wgsOfTilePoint() says what core says by another way", () => {
  for (const [column, row] of [[0, 0], [256, 256], [12.5, 200]] as const) {
    const ours = wgsOfTilePoint(TILE, [column, row]);
    const core = wgsFromWorldPixel({ x: TILE.x * 256 + column, y: TILE.y * 256 + row }, 20);
    assert(Math.abs(ours.latitudeDeg - core.latitudeDeg) < 1e-9);
    assert(Math.abs(ours.longitudeDeg - core.longitudeDeg) < 1e-9);
  }
});

Deno.test("displacementByPicture() sees where a tile's content really lies, east and north", async () => {
  const sidePx = 500, at = field("world");
  const pixels = Uint8Array.from(
    { length: sidePx * sidePx },
    (_, i) => at(i % sidePx, Math.floor(i / sidePx)),
  );
  const picture = { widthPx: sidePx, heightPx: sidePx, channels: 1 as const, pixels };
  const ground = new GroundView(
    new PictureGround({ name: "world", picture, centre: CENTRE, gsdM: 0.5 }),
  );
  const tileM = 256 * groundSampleDistanceM(CENTRE.latitudeDeg, 20);
  for (const [east, south] of [[0, 0], [1, 0], [-2, 1]]) {
    // The ground of a neighbour under this tile's name: it really lies that many tiles away.
    const shown = { ...TILE, x: TILE.x + east, y: TILE.y + south };
    const { widthPx, heightPx, grey } = await ground.around(shown, 0, 1);
    const raw = { width: widthPx, height: heightPx, channels: 1 } as const;
    const jpeg = new Uint8Array(
      await sharp(Uint8Array.from(grey), { raw }).jpeg({ quality: 90 }).toBuffer(),
    );
    const made: MadeTile = { tile: TILE, jpeg, boundM: 1, frameSequence: 0 };
    const { byPictureM, picture } = await displacementByPicture(made, { ground, reachM: 100 });
    assert.equal(picture, "clear");
    const [eastM, northM] = byPictureM ?? [NaN, NaN];
    // The ellipsoid is up to 0.7 % longer than the sphere of the tiles.
    assert(Math.abs(eastM - east * tileM) < 0.1 + 0.007 * tileM * Math.abs(east), `${eastM}`);
    assert(Math.abs(northM + south * tileM) < 0.1 + 0.007 * tileM * Math.abs(south), `${northM}`);
  }
  const beyond: MadeTile = {
    tile: { ...TILE, x: TILE.x + 40 },
    jpeg: new Uint8Array(),
    boundM: 1,
    frameSequence: 0,
  }; // deno-fmt-ignore
  assert.equal(
    (await displacementByPicture(beyond, { ground, reachM: 100 })).picture,
    "beyond the ground",
  );
});

Deno.test("missedPlacement() counts a tile that cannot be measured as lost, and one in a hundred as missed", () => {
  const placed = (byPoseM: number | null): TilePlacement => ({
    made: { tile: TILE, jpeg: new Uint8Array(), boundM: 5, frameSequence: 0 },
    byPoseM,
    centreByPoseM: null,
    byPictureM: null,
    picture: "ambiguous",
    peak: null,
  });
  const good = (count: number) => Array.from({ length: count }, () => placed(1));
  assert.deepEqual(missedPlacement(tileMetrics([])), []);
  assert.deepEqual(missedPlacement(tileMetrics(good(100))), []);
  assert.equal(missedPlacement(tileMetrics([...good(99), placed(31)])).length, 1);
  assert.deepEqual(missedPlacement(tileMetrics([...good(100), placed(31)])), []);
  assert.equal(missedPlacement(tileMetrics([...good(999), placed(101)])).length, 1);
  assert.equal(missedPlacement(tileMetrics([...good(50), placed(null)])).length, 2);
  assert.equal(tileMetrics([...good(3), placed(6)]).withinBound, 0.75);
});
