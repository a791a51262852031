import assert from "node:assert/strict";
import { seededRandom, tileBounds, tileFromWgs } from "../../src/core/mod.ts";
import { TileMetadataError, tileRange } from "../../src/tiles/tile_contract/mod.ts";

Deno.test("tileRange() of a tile's own bounds is that tile (property)", () => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0];
  const random = seededRandom(seed);
  for (let round = 0; round < 2000; round++) {
    const zoom = random.integer(23);
    const tile = { zoom, x: random.integer(2 ** zoom), y: random.integer(2 ** zoom) };
    assert.deepEqual(
      tileRange(tileBounds(tile), zoom),
      { yMin: tile.y, yMax: tile.y, columns: [{ xMin: tile.x, xMax: tile.x }] },
      `seed ${seed}, tile ${JSON.stringify(tile)}`,
    );
  }
});

Deno.test("tileRange() holds the tile of every point in the box (property)", () => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0];
  const random = seededRandom(seed);
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  for (let round = 0; round < 2000; round++) {
    const zoom = random.integer(23);
    const [southDeg, northDeg] = [between(-84, 84), between(-84, 84)].sort((a, b) => a - b);
    const westDeg = between(-180, 180), eastDeg = between(-180, 180);
    const range = tileRange({ southDeg, westDeg, northDeg, eastDeg }, zoom);
    const widthDeg = (eastDeg - westDeg + 360) % 360;
    let longitudeDeg = westDeg + widthDeg * between(0.001, 0.999);
    if (longitudeDeg > 180) longitudeDeg -= 360;
    const tile = tileFromWgs({ latitudeDeg: between(southDeg, northDeg), longitudeDeg }, zoom);
    const inside = tile.y >= range.yMin && tile.y <= range.yMax &&
      range.columns.some(({ xMin, xMax }) => tile.x >= xMin && tile.x <= xMax);
    assert.ok(inside, `seed ${seed}, round ${round}`);
  }
});

Deno.test("tileRange() cuts off what lies past the slippy map", () => {
  const world = { southDeg: -90, northDeg: 90, westDeg: -180, eastDeg: 180 };
  assert.deepEqual(tileRange(world, 3), { yMin: 0, yMax: 7, columns: [{ xMin: 0, xMax: 7 }] });
  assert.equal(tileRange({ ...world, southDeg: 85 }, 3).yMax, 0);
  // These touch no tile.
  for (const pole of [{ ...world, southDeg: 85.1 }, { ...world, northDeg: -85.1 }]) {
    const { yMin, yMax } = tileRange(pole, 3);
    assert.ok(yMax < yMin);
  }
});

Deno.test("tileRange() states what is wrong with a box", () => {
  const box = { southDeg: 1, northDeg: 0, westDeg: 0, eastDeg: 1 };
  assert.throws(
    () => tileRange(box, 3),
    (error) =>
      error instanceof TileMetadataError && /south must not be greater/.test(error.message),
  );
});
