import assert from "node:assert/strict";
import { FolderLock, FolderLockedError } from "../../src/core/mod.ts";

async function inFolder(body: (lockPath: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "gdn-lock-" });
  try {
    await body(`${folder}/x.lock`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("FolderLock.alone() names the holder to the next one, and lets it in afterwards", () =>
  inFolder(async (path) => {
    const first = await FolderLock.alone(path);
    await assert.rejects(
      FolderLock.alone(path),
      (error) =>
        error instanceof FolderLockedError && error.exitCode === 75 &&
        error.holder === `process ${Deno.pid}`,
    );
    await assert.rejects(FolderLock.withOthers(path, 60), FolderLockedError);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    using _second = await FolderLock.alone(path);
  }));

Deno.test("FolderLock.withOthers() shares after the first has put things in order", () =>
  inFolder(async (path) => {
    const { lock: first, aloneAtFirst } = await FolderLock.withOthers(path);
    assert.ok(aloneAtFirst);
    const waiting = FolderLock.withOthers(path);
    await first.share();
    const second = await waiting;
    assert.equal(second.aloneAtFirst, false);
    await assert.rejects(FolderLock.alone(path), /another process holds it/);
    first[Symbol.dispose]();
    await assert.rejects(FolderLock.alone(path), FolderLockedError);
    second.lock[Symbol.dispose]();
    using _alone = await FolderLock.alone(path);
  }));

Deno.test("FolderLock says what the file system says of a folder that is not there", async () => {
  await assert.rejects(FolderLock.alone("/nowhere/at/all/x.lock"), Deno.errors.NotFound);
});
