import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { OutputBusyError, OutputTakenError, OutputWriteError } from "../../src/core/mod.ts";
import { readManifest, verifyFiles } from "../../src/flight/flight_package/mod.ts";
import { PackageFolder } from "../../src/workstation/provisioning/package_folder.ts";

const HEAD = {
  format: "gdn-flight-package",
  formatVersion: 1,
  name: "test",
  area: { southDeg: 1, westDeg: 1, northDeg: 2, eastDeg: 2 },
  zoom: 18,
  tileCount: 1,
  groundHeightM: 0,
  mapRegistrationSigmaM: 1,
} as const;

/** What a reader of headers takes for a tile of 256 × 256. */
function tile(size: number, content: number): Uint8Array<ArrayBuffer> {
  const frame = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 1, 0, 1, 0, 1, 1, 0x11, 0];
  return new Uint8Array([...frame, ...new Uint8Array(size).fill(content)]);
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

async function make(out: string, content: number): Promise<string> {
  await using folder = await PackageFolder.begin(out);
  for (let i = 0; i < 40; i++) {
    await folder.write(`tiles/18/${i % 3}/${i}.jpg`, tile(i + 1, content));
  }
  return (await folder.finish(HEAD)).manifestSha256;
}

Deno.test("PackageFolder puts a whole package in place, the same bytes each time", async () => {
  await inScratch(async (folder) => {
    const first = await make(`${folder}/deep/one`, 1);
    const manifest = await readManifest(`${folder}/deep/one`);
    assert.equal(manifest.files.length, 40);
    await verifyFiles(`${folder}/deep/one`, manifest);
    assert.equal(await make(`${folder}/two`, 1), first);
    assert.notEqual(await make(`${folder}/two`, 2), first);
    await verifyFiles(`${folder}/two`, await readManifest(`${folder}/two`));
    assert.deepEqual(await names(folder), ["deep", "two"]);
  });
});

Deno.test("PackageFolder leaves nothing, and the old package, when it is not finished", async () => {
  await inScratch(async (folder) => {
    const out = `${folder}/p`;
    const before = await make(out, 1);
    {
      await using unfinished = await PackageFolder.begin(out);
      await unfinished.write("tiles/18/1/1.jpg", new Uint8Array(10));
    }
    assert.deepEqual(await names(folder), ["p"]);
    await verifyFiles(out, await readManifest(out));
    assert.equal(await make(out, 1), before);
  });
});

Deno.test("PackageFolder takes an empty folder", async () => {
  await inScratch(async (folder) => {
    const out = `${folder}/p`;
    await Deno.mkdir(out);
    await make(out, 1);
    await verifyFiles(out, await readManifest(out));
    assert.deepEqual(await names(folder), ["p"]);
  });
});

Deno.test("PackageFolder.begin() refuses what is no package", async () => {
  await inScratch(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "mine");
    await assert.rejects(PackageFolder.begin(`${folder}/file`), OutputTakenError);
    await assert.rejects(PackageFolder.begin(folder), OutputTakenError);
    await Deno.mkdir(`${folder}/other`);
    await Deno.writeTextFile(`${folder}/other/manifest.json`, "{}");
    await assert.rejects(PackageFolder.begin(`${folder}/other`), OutputTakenError);
    await assert.rejects(PackageFolder.begin(`${folder}/file/p`), OutputWriteError);
    assert.deepEqual(await names(folder), ["file", "other"]);
  });
});

Deno.test("PackageFolder.begin() refuses a second run on the same package", async () => {
  await inScratch(async (folder) => {
    await using _first = await PackageFolder.begin(`${folder}/p`);
    await assert.rejects(PackageFolder.begin(`${folder}/p`), OutputBusyError);
  });
});
