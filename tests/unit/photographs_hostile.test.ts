import assert from "node:assert/strict";
import { DataError, seededRandom } from "../../src/core/mod.ts";
import {
  heightAboveGroundM,
  readPhotograph,
  readPhotographFolder,
} from "../../src/flight/photographs/mod.ts";
import { openVision } from "../../src/native/vision/mod.ts";
import { inScratch } from "../support/scratch.ts";
import { texturedGround, writePhotograph } from "./photographs_fixture.ts";

const SEED = "hostile photographs";

async function photographBytes(): Promise<Uint8Array<ArrayBuffer>> {
  using vision = openVision();
  const directory = await Deno.makeTempDir();
  try {
    const plan = { name: "a.jpg", eastM: 3, northM: -4, heightM: 60, yawDeg: 30 };
    await writePhotograph(vision, texturedGround(200, 1), plan, directory);
    return await Deno.readFile(`${directory}/a.jpg`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test(`readPhotograph() answers or throws DataError whatever the bytes are (seed ${SEED})`, async () => {
  const good = await photographBytes();
  const whole = await readPhotograph(good, "a.jpg");
  assert.equal(whole.gimbal?.yawDeg, 30);
  assert.equal(heightAboveGroundM(whole), 60);
  const random = seededRandom(SEED);
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const bytes = good.slice(0, random.uniform() < 0.2 ? random.integer(2000) : good.length);
    // The tags lie in the first bytes.
    for (let k = 0; k < 1 + random.integer(12); k++) {
      bytes[random.integer(Math.min(1800, bytes.length))] = random.integer(256);
    }
    try {
      const { positionTag, calibration } = await readPhotograph(bytes, "bad.jpg");
      const { latitudeDeg, longitudeDeg } = positionTag!;
      assert.ok(Math.abs(latitudeDeg) <= 90 && Math.abs(longitudeDeg) <= 180);
      assert.ok(Number.isFinite(calibration.fxPx));
    } catch (error) {
      assert.ok(error instanceof DataError, `round ${round}: ${error}`);
      assert.match(error.message, /bad\.jpg/);
      refused++;
    }
  }
  console.log(`${refused} of 400 were refused`);
  assert.ok(refused > 100);
});

Deno.test("readPhotograph() names the tag that is out of range", async () => {
  const bytes = await photographBytes();
  const text = new TextDecoder("latin1").decode(bytes);
  for (
    const [from, to, tag] of [
      ['RelativeAltitude="+60"', 'RelativeAltitude="NaN"', "RelativeAltitude"],
      ['GimbalYawDegree="30"', 'GimbalYawDegree="9e"', "GimbalYawDegree"],
    ]
  ) {
    const at = text.indexOf(from);
    assert.ok(at > 0, `the fixture has ${from}`);
    const altered = bytes.slice();
    altered.set(new TextEncoder().encode(to), at);
    await assert.rejects(
      readPhotograph(altered, "altered.jpg"),
      new RegExp(`altered\\.jpg.*${tag}`, "s"),
    );
  }
});

Deno.test("readPhotographFolder() tells of the folders in a folder, which it does not look into", async () => {
  await inScratch(async (folder) => {
    const bytes = await photographBytes();
    await Deno.mkdir(`${folder}/flight/101MEDIA`, { recursive: true });
    await Deno.writeFile(`${folder}/flight/101MEDIA/b.jpg`, bytes);
    await assert.rejects(
      readPhotographFolder(`${folder}/flight`),
      /no photographs \(\*\.jpg\): give one of the 1 folders \(101MEDIA\) in it/,
    );
    await Deno.writeFile(`${folder}/flight/a photograph.JPG`, bytes);
    const notes: string[] = [];
    const read = await readPhotographFolder(`${folder}/flight`, {
      onNote: (note) => notes.push(note),
    });
    assert.equal(read.length, 1);
    assert.match(notes.join("\n"), /folders in the folder: 1 folders \(101MEDIA\)/);
  });
});
