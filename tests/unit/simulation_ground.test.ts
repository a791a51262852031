import assert from "node:assert/strict";
import { LocalFrame, seededRandom, worldPixelFromWgs } from "../../src/core/mod.ts";
import {
  greyOf,
  type GroundSource,
  mapTile,
  type PatchRequest,
  PictureGround,
  ProceduralGround,
  tilesOfBox,
  tilesOfCorridor,
} from "../../src/workstation/simulation/mod.ts";
import type { Picture } from "../../src/native/vision/mod.ts";

const CENTRE = { latitudeDeg: 48.5, longitudeDeg: 35, heightM: 100 };

function procedural(season: "map" | "world", seed = 3): ProceduralGround {
  return new ProceduralGround({ seed, centre: CENTRE, season });
}

function square(westM: number, southM: number, sideM: number, gsdM: number): PatchRequest {
  return { westM, southM, widthPx: sideM / gsdM, heightPx: sideM / gsdM, gsdM };
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** Pearson's correlation of two grey pictures of one size. */
function correlation(a: Picture, b: Picture): number {
  const [ma, mb] = [mean(a.pixels), mean(b.pixels)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.pixels.length; i++) {
    const da = a.pixels[i] - ma, db = b.pixels[i] - mb;
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return ab / Math.sqrt(aa * bb);
}

/** Size of the gradient: what both seasons share. */
function edges(picture: Picture): Picture {
  const { widthPx, heightPx, pixels } = greyOf(picture);
  const out = new Uint8Array(widthPx * heightPx);
  for (let y = 2; y < heightPx - 2; y++) {
    for (let x = 2; x < widthPx - 2; x++) {
      const i = y * widthPx + x;
      const dx = pixels[i + 2] - pixels[i - 2];
      const dy = pixels[i + 2 * widthPx] - pixels[i - 2 * widthPx];
      out[i] = Math.min(60, Math.hypot(dx, dy));
    }
  }
  return { widthPx, heightPx, channels: 1, pixels: out };
}

Deno.test("ProceduralGround paints the same place whatever was looked at before", async () => {
  const fresh = await procedural("world").patch(square(180, 130, 150, 0.5));
  const used = procedural("world");
  await used.patch(square(-2000, 4000, 300, 0.5));
  // The same ground as part of a larger piece that crosses the edges of chunks.
  const large = await used.patch(square(100, 50, 300, 0.5));
  const offX = (fresh.westM - large.westM) / 0.5, offY = (large.northM - fresh.northM) / 0.5;
  for (let y = 0; y < fresh.picture.heightPx; y++) {
    const from = 3 * ((y + offY) * large.picture.widthPx + offX);
    assert.deepEqual(
      fresh.picture.pixels.subarray(3 * y * 300, 3 * (y + 1) * 300),
      large.picture.pixels.subarray(from, from + 900),
      `row ${y}`,
    );
  }
});

Deno.test("ProceduralGround shows no seam where chunks meet", async () => {
  // Neighbouring rows and columns differ as much across a chunk's edge (256 m) as beside it.
  const patch = await procedural("map").patch(square(156, 156, 200, 0.5));
  const { picture } = patch, grey = greyOf(picture).pixels, width = picture.widthPx;
  const edge = Math.round((256 - patch.westM) / 0.5);
  const jump = (column: number) => {
    let sum = 0;
    for (let y = 0; y < picture.heightPx; y++) {
      sum += Math.abs(grey[y * width + column] - grey[y * width + column - 1]);
    }
    return sum / picture.heightPx;
  };
  const beside = [-9, -6, -3, 3, 6, 9].map((off) => jump(edge + off));
  assert.ok(jump(edge) < 1.4 * Math.max(...beside), `${jump(edge)} against ${beside}`);
});

Deno.test("the seasons of ProceduralGround differ in look and agree in structure", async () => {
  const random = seededRandom("seasons");
  let alike = 0, structure = 0, elsewhere = 0;
  const places = 6;
  for (let i = 0; i < places; i++) {
    const request = square(
      20_000 * (random.uniform() - 0.5),
      20_000 * (random.uniform() - 0.5),
      400,
      1,
    );
    const map = (await procedural("map").patch(request)).picture;
    const world = (await procedural("world").patch(request)).picture;
    const away = { ...request, westM: request.westM + 37, southM: request.southM - 23 };
    const other = (await procedural("world").patch(away)).picture;
    alike += correlation(greyOf(map), greyOf(world)) / places;
    structure += correlation(edges(map), edges(world)) / places;
    const size = Math.min(map.widthPx, other.widthPx),
      crop = (picture: Picture): Picture => ({
        ...edges(picture),
        pixels: edges(picture).pixels.slice(0, size * size),
      });
    elsewhere += correlation(crop(map), crop(other)) / places;
  }
  assert.ok(alike < 0.6, `grey levels correlate by ${alike}`);
  assert.ok(structure > 0.2, `edges correlate by ${structure}`);
  assert.ok(elsewhere < structure / 2, `${elsewhere} at a wrong place against ${structure}`);
});

Deno.test("ProceduralGround does not repeat itself, and seeds differ", async () => {
  const here = greyOf((await procedural("map").patch(square(0, 0, 256, 1))).picture);
  for (const [west, south] of [[256, 0], [768, 768], [4096, -8192], [760, 0]]) {
    const there = greyOf((await procedural("map").patch(square(west, south, 256, 1))).picture);
    assert.ok(correlation(here, there) < 0.6, `${west}, ${south} looks like 0, 0`);
  }
  const other = greyOf((await procedural("map", 4).patch(square(0, 0, 256, 1))).picture);
  assert.ok(correlation(here, other) < 0.6);
});

/** Ground with one bright spot, at any resolution. */
function spotGround(eastM: number, northM: number): GroundSource {
  return {
    name: "spot",
    origin: CENTRE,
    box: null,
    gsdM: 0.25,
    patch: ({ westM, southM, widthPx, heightPx, gsdM }) => {
      const pixels = new Uint8Array(widthPx * heightPx);
      const top = southM + heightPx * gsdM;
      for (let y = 0; y < heightPx; y++) {
        for (let x = 0; x < widthPx; x++) {
          const d2 = (westM + (x + 0.5) * gsdM - eastM) ** 2 +
            (top - (y + 0.5) * gsdM - northM) ** 2;
          pixels[y * widthPx + x] = 250 * Math.exp(-d2 / (2 * 2 ** 2));
        }
      }
      const picture: Picture = { widthPx, heightPx, channels: 1, pixels };
      return Promise.resolve({ picture, westM, northM: top, gsdM });
    },
  };
}

Deno.test("mapTile() puts the ground where Web Mercator has it, at every zoom, far from the origin", async () => {
  const frame = new LocalFrame(CENTRE);
  for (const [east, north] of [[0, 0], [9120.5, -7333.25], [-8000, 9500]]) {
    const ground = spotGround(east, north);
    const wgs = frame.wgsFromLocal([east, north, 0]);
    for (const zoom of [16, 17, 18, 19]) {
      const world = worldPixelFromWgs(wgs, zoom);
      const tile = { zoom, x: Math.floor(world.x / 256), y: Math.floor(world.y / 256) };
      const { pixels } = await mapTile(ground, frame, tile);
      const expected = [world.x - 256 * tile.x, world.y - 256 * tile.y];
      if (expected.some((at) => at < 30 || at > 226)) continue;
      let [sum, sx, sy] = [0, 0, 0];
      for (let i = 0; i < pixels.length; i++) {
        sum += pixels[i];
        sx += pixels[i] * ((i % 256) + 0.5);
        sy += pixels[i] * (Math.floor(i / 256) + 0.5);
      }
      const missPx = Math.hypot(sx / sum - expected[0], sy / sum - expected[1]);
      assert.ok(missPx < 0.06, `zoom ${zoom} at ${east}, ${north}: ${missPx} px off`);
    }
  }
});

Deno.test("tilesOfCorridor() covers the route and much less than its bounding box", () => {
  const ground = procedural("map");
  const route = Array.from({ length: 100 }, (_, i) => [90 * i, 90 * i] as const);
  const corridor = tilesOfCorridor(ground, route, { halfWidthM: 500, zoom: 17 });
  const box = { westM: -500, southM: -500, eastM: 9410, northM: 9410 };
  const names = new Set(corridor.map((tile) => `${tile.x}/${tile.y}`));
  assert.equal(names.size, corridor.length, "a tile comes twice");
  for (const [east, north] of route) {
    const near = { westM: east - 400, southM: north - 400, eastM: east + 400, northM: north + 400 };
    for (const tile of tilesOfBox(ground, near, 17)) assert.ok(names.has(`${tile.x}/${tile.y}`));
  }
  assert.ok(corridor.length < 0.4 * tilesOfBox(ground, box, 17).length);
});

Deno.test("PictureGround has its middle at the centre", async () => {
  const picture: Picture = {
    widthPx: 100,
    heightPx: 60,
    channels: 1,
    pixels: new Uint8Array(6000),
  };
  const ground = new PictureGround({ name: "p", picture, centre: CENTRE, gsdM: 0.5 });
  assert.deepEqual(ground.box, { westM: -25, eastM: 25, southM: -15, northM: 15 });
  const patch = await ground.patch();
  assert.deepEqual([patch.westM, patch.northM, patch.gsdM], [-25, 15, 0.5]);
});
