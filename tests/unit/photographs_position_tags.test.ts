/** Positions that photographs' tags give: what is refused by name, and what of them is believed how far. */
import assert from "node:assert/strict";
import { DataError } from "../../src/core/mod.ts";
import { tagErrorM } from "../../src/tiles/workstation/tile_import/align_photographs.ts";
import {
  type PhotographSet,
  readPhotographSet,
} from "../../src/tiles/workstation/tile_import/photograph_set.ts";
import { inScratch } from "../support/scratch.ts";
import { PHOTO_HEIGHT, PHOTO_WIDTH, type PhotoPlan, tagged } from "./photographs_fixture.ts";

const GREY = new Uint8Array(3 * PHOTO_WIDTH * PHOTO_HEIGHT).fill(128);
const PLANS: readonly PhotoPlan[] = Array.from({ length: 5 }, (_, i) => ({
  name: `photo_${i}.jpg`,
  eastM: 20 * i,
  northM: 0,
  heightM: 60,
  yawDeg: 90,
}));

type Changes = (index: number) => Partial<PhotoPlan>;

async function setOf(changes: Changes): Promise<PhotographSet> {
  let set: PhotographSet | undefined;
  await inScratch(async (folder) => {
    for (const [i, plan] of PLANS.entries()) {
      const photograph = { ...plan, ...changes(i) };
      await Deno.writeFile(`${folder}/${plan.name}`, await tagged(GREY, photograph));
    }
    set = await readPhotographSet(folder, { groundAltitudeM: null });
  });
  assert.ok(set !== undefined);
  return set;
}

const third = (tags: Partial<PhotoPlan>): Changes => (index) => index === 2 ? tags : {};
const all = (tags: Partial<PhotoPlan>): Changes => () => tags;

for (
  const [what, changes, said] of [
    ["no hemispheres", third({ hasNoRefs: true }), /photo_2\.jpg.*GPSLatitudeRef/],
    ["a position of 0,0", third({ taggedPlaceDeg: [0, 0] }), /photo_2\.jpg.*0,0/],
    ["positions of 0,0 alone", all({ taggedPlaceDeg: [0, 0] }), /photo_\d\.jpg.*0,0/],
    ["one far away", third({ taggedPlaceDeg: [46.84, -90.5] }), /photo_2\.jpg.*11\d\.\d km/],
  ] as const satisfies readonly (readonly [string, Changes, RegExp])[]
) {
  Deno.test(`photographs with ${what} are refused by name`, async () => {
    await assert.rejects(
      setOf(changes),
      (error) => error instanceof DataError && said.test(error.message),
    );
  });
}

Deno.test("what an RTK receiver says of its positions is the least error of the map, where all say it", async () => {
  const set = await setOf(all({ rtkSigmaM: 0.12 }));
  assert.equal(tagErrorM(set, null), 0.12);
  assert.equal(tagErrorM(set, 0.1), 0.12);
  assert.equal(tagErrorM(set, 1.665), 1, "the overlaps know better");
  assert.equal(tagErrorM(await setOf(third({ rtkSigmaM: 0.12 })), null), 1);
});
