import assert from "node:assert/strict";
import { seededRandom } from "../../src/core/mod.ts";
import { coverageMap } from "../../src/workstation/provisioning/coverage_map.ts";
import { fittingSides, placeCentres } from "../../src/workstation/provisioning/place_grid.ts";

const bounds = (width: number, height: number) => ({
  eastMinM: -100,
  eastMaxM: -100 + width,
  northMinM: 50,
  northMaxM: 50 + height,
});

Deno.test("placeCentres() leaves no ground farther than a sixth of a side from a place's centre line", () => {
  const random = seededRandom("place grid, seed 1");
  for (let round = 0; round < 100; round++) {
    const sideM = 50 + 400 * random.uniform();
    const width = sideM * (1 + 5 * random.uniform()), height = sideM * (1 + 5 * random.uniform());
    const centres = placeCentres(bounds(width, height), sideM);
    const easts = [...new Set(centres.map(({ eastM }) => eastM))];
    for (let i = 1; i < easts.length; i++) {
      assert.ok(easts[i] - easts[i - 1] <= sideM / 3 + 1e-6);
    }
    assert.ok(Math.abs(easts[0] - (-100 + sideM / 2)) < 1e-6 || easts.length === 1);
    assert.ok(
      Math.abs((easts.at(-1) ?? 0) + sideM / 2 - (width - 100)) < 1e-6 || easts.length === 1,
    );
    assert.ok(centres[0].northM >= (centres.at(-1)?.northM ?? 0), "north comes first");
  }
});

Deno.test("fittingSides() drops sides that the map cannot hold, and falls back to the largest square", () => {
  assert.deepEqual(fittingSides(bounds(600, 700), [512, 128, 128]), [128, 512]);
  assert.deepEqual(fittingSides(bounds(300, 700), [512, 128]), [128]);
  assert.deepEqual(fittingSides(bounds(60, 90), [512, 128]), [60]);
});

Deno.test("coverageMap() draws full, partial and missing tiles, north up", () => {
  const rectangle = { xMin: 10, xMax: 13, yMin: 5, yMax: 7 };
  const tile = (x: number, y: number, coverage = 1) => ({ x, y, coverage });
  const tiles = [tile(10, 5), tile(11, 5, 0.4), tile(10, 6), tile(11, 6), tile(12, 6)];
  assert.deepEqual(coverageMap(rectangle, tiles), ["#+.", "###"]);
});

Deno.test("coverageMap() stays small on a large area and still shows a single hole", () => {
  const rectangle = { xMin: 0, xMax: 500, yMin: 0, yMax: 300 };
  const tiles = [];
  for (let y = 0; y < 300; y++) {
    for (let x = 0; x < 500; x++) if (x !== 250 || y !== 150) tiles.push({ x, y, coverage: 1 });
  }
  const drawn = coverageMap(rectangle, tiles);
  assert.ok(drawn.length <= 24 && drawn.every((line) => line.length <= 64));
  assert.equal(drawn.join("").match(/\+/g)?.length, 1);
});
