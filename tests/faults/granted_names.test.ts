/** What `--out` lets the program write: the output and OUT.tmp beside it, and nothing else. */
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { grantsFor } from "../../src/core/mod.ts";
import { commands } from "../../src/operator/compose.ts";
import { inScratch } from "../support/scratch.ts";
import { worldForFile } from "./fixture.ts";
import { filesBelow, launch } from "./programs.ts";

const world = worldForFile();

Deno.test("--out grants two names and not the folder that they lie in", () => {
  for (
    const args of [
      ["provision", "--out", "first"],
      ["fdr", "report", "record", "--out", "first"],
      ["cache", "export", "--out", "first"],
      ["simulate", "flight", "--out", "first"],
    ]
  ) {
    const { write = [] } = grantsFor(commands(), args);
    // The cache's own folder, which --data names.
    const named = write.map((path) => resolve(path)).filter((path) => path !== resolve("data"));
    assert.deepEqual(named, [resolve("first"), resolve("first.tmp")]);
  }
});

Deno.test("an output is written, and replaced, in a folder of which no other name is granted", () =>
  inScratch(async (folder) => {
    await Deno.writeTextFile(`${folder}/letters.txt`, "mine");
    const export_ = ["cache", "export", "--data", world().data, "--out", "deep/tiles.mbtiles"];
    const first = await launch("operator", export_, folder);
    assert.equal(first.code, 0, first.err);
    const taken = await launch("operator", export_, folder);
    assert.equal(taken.code, 73, taken.err);
    const forced = await launch("operator", [...export_, "--force"], folder);
    assert.equal(forced.code, 0, forced.err);
    const names = (await filesBelow(folder)).map((line) => line.replace(/ \d+$/, ""));
    assert.deepEqual(names, ["deep/", "deep/tiles.mbtiles", "letters.txt"]);
    // The other outputs: a link where the staging folder would be leads nowhere.
    await Deno.mkdir(`${folder}/victim`);
    await Deno.symlink(`${folder}/victim`, `${folder}/package.tmp`);
    const led = await launch("operator", [
      ...["provision", "--data", world().data, "--footprint", "100", "--out", "package"],
    ], folder);
    assert.equal(led.code, 73, led.err);
    assert.deepEqual(await filesBelow(`${folder}/victim`), []);
  }));
