import assert from "node:assert/strict";
import type { Area } from "../../src/tiles/workstation/tile_manager/contract.ts";
import {
  checkTileCount,
  countTiles,
  partsOf,
} from "../../src/tiles/workstation/tile_manager/download/wanted_tiles.ts";

/** 365 × 515 tiles at zoom 17. */
const LARGE: Area = {
  kind: "box",
  box: { southDeg: 50, westDeg: 30, northDeg: 50.9, eastDeg: 31 },
};

Deno.test("partsOf() lists a large area a part at a time, in the order of the cache's folders", () => {
  const wanted = { area: LARGE, zooms: [16, 17] };
  let count = 0, before = -1;
  for (const part of partsOf(wanted)) {
    assert.ok(part.length <= 16_384);
    count += part.length;
    for (const { zoom, x, y } of part) {
      const place = (zoom * 2 ** 17 + x) * 2 ** 17 + y;
      assert.ok(place > before, `${zoom}/${x}/${y}`);
      before = place;
    }
  }
  assert.equal(count, countTiles(wanted));
  assert.ok(count > 200_000, `${count}`);
  checkTileCount(wanted);
  assert.throws(() => checkTileCount({ ...wanted, zooms: [19] }), /at most 1000000/);
});

Deno.test("partsOf() of a list takes each tile once, also where its order is another", () => {
  const only = [[18, 2, 1], [17, 5, 5], [18, 1, 9], [18, 2, 1]].map(([zoom, x, y]) => ({
    ...{ zoom, x, y },
    source: "bing" as const,
  }));
  const [part] = partsOf({ area: LARGE, zooms: [17, 18], only });
  assert.deepEqual(part.map(({ zoom, x, y }) => [zoom, x, y]), [[17, 5, 5], [18, 1, 9], [
    18,
    2,
    1,
  ]]);
});
