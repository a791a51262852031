/** One sync for a whole file system. */
import assert from "node:assert/strict";
import { FileSystem, openDisk } from "../../src/disk/mod.ts";

Deno.test("FileSystem syncs what was written, is closed once, and counts as closed in native code", async () => {
  using disk = openDisk();
  const folder = await Deno.makeTempDir();
  try {
    const fileSystem = FileSystem.open(disk, folder);
    assert.equal(disk.liveHandles(), 1);
    await Deno.writeTextFile(`${folder}/a`, "a");
    await Promise.all([fileSystem.sync(), fileSystem.sync()]);
    const underWay = fileSystem.sync();
    await fileSystem[Symbol.asyncDispose]();
    await underWay;
    await fileSystem[Symbol.asyncDispose]();
    assert.equal(disk.liveHandles(), 0);
    await assert.rejects(fileSystem.sync(), TypeError);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("FileSystem.open() refuses what is no folder, and a path that is not absolute or has a zero", () => {
  using disk = openDisk();
  for (const path of ["/no/such/folder", "relative", "", "/tmp\0/x"]) {
    assert.throws(() => FileSystem.open(disk, path), { code: "NATIVE" }, path);
  }
  assert.equal(disk.liveHandles(), 0);
});
