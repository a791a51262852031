import assert from "node:assert/strict";
import { Refused } from "../../src/core/mod.ts";
import { EarlierPictures } from "../../src/workstation/simulated_controller/earlier_pictures.ts";
import { readElsewhere } from "../../src/workstation/simulated_controller/fault_schedule.ts";

Deno.test("EarlierPictures gives the newest picture from far enough back, and none before there is one", () => {
  const earlier = new EarlierPictures();
  const take = (eastM: number) => {
    earlier.keep({ positionLocalM: [eastM, 0, 130], jpeg: Uint8Array.of(eastM / 10) });
    return earlier.newestBeyond(350, [eastM, 0, 130])?.[0];
  };
  for (let eastM = 0; eastM < 350; eastM += 10) assert.equal(take(eastM), undefined);
  assert.equal(take(350), 0);
  assert.equal(take(600), 25);
  assert.equal(take(710), 35);
});

Deno.test("readElsewhere() reads metres and a window, and nothing else", () => {
  assert.deepEqual(readElsewhere("350@30..31.5"), { distanceM: 350, fromS: 30, toS: 31.5 });
  for (const text of ["350", "350@31..30", "@30..31", "-1@30..31"]) {
    assert.ok(readElsewhere(text) instanceof Refused, text);
  }
});
