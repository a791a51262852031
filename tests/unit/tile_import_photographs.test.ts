import assert from "node:assert/strict";
import { LocalFrame, wgsFromWorldPixel } from "../../src/core/mod.ts";
import { importTiles, openImagery } from "../../src/tiles/workstation/tile_import/mod.ts";
import { openVision } from "../../src/native/vision/mod.ts";
import {
  type Ground,
  ORIGIN,
  PHOTO_HEIGHT,
  PHOTO_WIDTH,
  type PhotoPlan,
  texturedGround,
  writePhotograph,
} from "./photographs_fixture.ts";
import { MemoryStore, toolkitOf } from "./tile_import_fixture.ts";

/** Two strips that fly against each other, 60 m high, 30 m apart. */
const PLANS: readonly PhotoPlan[] = [0, 1, 2, 3, 4, 5].map((i) => {
  const back = i >= 3;
  return {
    name: `photo_${i}.jpg`,
    eastM: (back ? 5 - i : i) * 25 - 25,
    northM: back ? 18 : -15,
    heightM: 60,
    yawDeg: 90,
  };
});

interface Imported {
  readonly meanDifference: number;
  readonly notes: readonly string[];
  readonly leftOut: readonly string[];
  readonly covered: number;
  /** What each tile says. */
  readonly registrationErrorM: number | undefined;
}

async function importPhotographs(
  plans: readonly PhotoPlan[],
  headings: "trust" | "search",
): Promise<Imported> {
  using vision = openVision();
  const toolkit = toolkitOf(vision);
  const ground = texturedGround(1400, 0.15);
  const directory = await Deno.makeTempDir();
  try {
    for (const plan of plans) await writePhotograph(vision, ground, plan, directory);
    const opened = await openImagery(directory, toolkit, {
      centre: null,
      gsdM: null,
      stretch: null,
      groundAltitudeM: null,
      headings,
      scratchDirectory: directory,
    });
    assert.equal(opened.kind, "photographs");
    await using imagery = opened.imagery;
    const store = new MemoryStore();
    await importTiles(imagery, store, {
      zoom: 18,
      source: "photographs",
      capturedAt: null,
      attribution: "",
    });
    const difference = await compare(store, ground, toolkit);
    const [{ metadata }] = [...store.tiles.values()];
    const { registrationErrorM } = metadata;
    return { ...difference, notes: imagery.notes, leftOut: opened.leftOut, registrationErrorM };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Mean difference of grey levels between the tiles and the ground that was photographed. */
async function compare(
  store: MemoryStore,
  ground: Ground,
  toolkit: ReturnType<typeof toolkitOf>,
): Promise<{ meanDifference: number; covered: number }> {
  const frame = new LocalFrame(ORIGIN);
  let sum = 0, count = 0;
  for (const { metadata, jpeg } of store.tiles.values()) {
    const { x, y, zoom } = metadata.tileId;
    const { pixels } = await toolkit.decodeJpeg(jpeg, { name: "tile", denominator: 1 });
    for (let row = 2; row < 256; row += 5) {
      for (let column = 2; column < 256; column += 5) {
        const value = pixels[3 * (256 * row + column) + 1];
        if (value < 8) continue;
        const wgs = wgsFromWorldPixel({ x: x * 256 + column + 0.5, y: y * 256 + row + 0.5 }, zoom);
        const [east, north] = frame.localFromWgs({ ...wgs, heightM: 0 });
        const gx = Math.floor(ground.sizePx / 2 + east / ground.gsdM);
        const gy = Math.floor(ground.sizePx / 2 - north / ground.gsdM);
        sum += Math.abs(value - ground.pixels[3 * (gy * ground.sizePx + gx)]);
        count++;
      }
    }
  }
  return { meanDifference: sum / count, covered: count * 25 };
}

Deno.test("photographs with right tags become tiles that show the ground where it is", async () => {
  const { meanDifference, covered, registrationErrorM } = await importPhotographs(PLANS, "trust");
  console.log(`mean difference ${meanDifference.toFixed(2)} grey levels`);
  assert.ok(covered > 20_000);
  assert.ok(meanDifference < 6, `${meanDifference} grey levels`);
  assert.equal(registrationErrorM, 1, "nothing is known of tags without overlaps");
});

Deno.test("a strip that is turned against its heading tags is found, and only it", async () => {
  const turned = PLANS.map((plan, i) => ({ ...plan, ...(i >= 3 ? { taggedYawDeg: -90 } : {}) }));
  const searched = await importPhotographs(turned, "search");
  console.log(searched.notes.join("; "), searched.meanDifference);
  // With these tags trusted it is over 15.
  assert.ok(searched.meanDifference < 7, `${searched.meanDifference} grey levels`);
  assert.match(searched.notes[0], /^3 of 6 photographs are turned.*photo_3.*photo_4.*photo_5/);
});

Deno.test("tags that are wrong by metres and degrees are corrected from the overlaps", async () => {
  const wrong = PLANS.map((plan, i) => ({
    ...plan,
    taggedYawDeg: plan.yawDeg + [9, -6, 3, -9, 6, -3][i],
    taggedEastM: plan.eastM + [4, -4, 3, -3, 3.5, -3.5][i],
    taggedNorthM: plan.northM + [-3.5, 3.5, 2.5, -2.5, -3, 3][i],
  }));
  const searched = await importPhotographs(wrong, "search");
  console.log(searched.notes.join("; "), searched.meanDifference);
  assert.ok(searched.meanDifference < 12, `${searched.meanDifference} grey levels`);
  // Their tags are over three metres off each way: as much may all of them be.
  const errorM = searched.registrationErrorM ?? 0;
  assert.ok(errorM > 2 && errorM < 10, `${errorM} m`);
  assert.match(searched.notes.join(), new RegExp(`may be shifted by ${errorM} m`));
});

Deno.test("a photograph that a program turned or cut is left out by name", async () => {
  const [width, height] = [PHOTO_WIDTH, PHOTO_HEIGHT];
  for (
    const [writtenPx, reason] of [
      [[height, width], /photo_2\.jpg.*turned it by a quarter.*use the camera's own file/],
      [
        [Math.round(1.2 * width), height],
        /photo_2\.jpg.*part was cut out.*use the camera's own file/,
      ],
    ] as const
  ) {
    const plans = PLANS.map((plan, i) => i === 2 ? { ...plan, writtenPx } : plan);
    const { leftOut, notes } = await importPhotographs(plans, "trust");
    assert.equal(leftOut.length, 1);
    assert.match(leftOut[0], reason);
    assert.doesNotMatch(notes.join(), /was turned|a part of/, "told of what is used");
  }
});
