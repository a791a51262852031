/** What a person types: `deno task operator …` in any folder, with names of files and folders there. */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { PLACE, worldForFile } from "./fixture.ts";
import { launch } from "./programs.ts";

const world = worldForFile();

Deno.test("deno task operator provision --out some/new/folder just works", async () => {
  await inScratch(async (folder) => {
    const args = ["provision", "--out", "some/new/folder", "--data", world().data];
    const { code, err } = await launch("operator", [...args, "--footprint", "100"], folder);
    assert.equal(code, 0, err);
    const entries = [...Deno.readDirSync(`${folder}/some/new`)].map(({ name }) => name);
    assert.deepEqual(entries, ["folder"], "nothing is left beside the package");
    const verified = await launch("operator", ["package", "verify", "some/new/folder"], folder);
    assert.equal(verified.code, 0, verified.err);
  });
});

Deno.test("deno task operator simulate flight --out some/new/flight, and airborne replays it", async () => {
  await inScratch(async (folder) => {
    const flown = await launch("operator", [
      ...["simulate", "flight", "--out", "some/new/flight", "--image", world().ground, ...PLACE],
      ...["--aircraft", "multirotor", "--duration", "3", "--frame-rate", "1"],
    ], folder);
    assert.equal(flown.code, 0, flown.err);
    const args = ["replay", "some/new/flight", "--package", world().package];
    const replayed = await launch("airborne", [...args, "--recorder", "new/records"], folder);
    assert.equal(replayed.code, 0, replayed.err);
    assert.match(replayed.out, /recorder +new\/records\/[0-9a-f-]{36}: \d+ records, 0 lost/);
  });
});
