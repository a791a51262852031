/** How the built executables begin where few files may be open, and where the caller left some open. */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { built } from "./built.ts";

/** Runs a line of bash, in which `%` stands for the executable. */
async function inBash(line: string, folder: string): Promise<{ code: number; err: string }> {
  const { code, stderr } = await new Deno.Command("bash", {
    args: ["-c", line.replaceAll("%", built("airborne"))],
    cwd: folder,
    clearEnv: true,
    env: { GDN_CACHE: `${folder}/cache` },
  }).output();
  return { code, err: new TextDecoder().decode(stderr) };
}

Deno.test("a limit of open files that is too low is told, and a soft one is raised", () =>
  inScratch(async (folder) => {
    const hard = await inBash("ulimit -n 20; exec % --version", folder);
    assert.equal(hard.code, 75, hard.err);
    assert.match(hard.err, /^airborne: only 20 files may be open at once, and 256 are needed/);
    const soft = await inBash("ulimit -S -n 20; exec % --version", folder);
    assert.equal(soft.code, 0, soft.err);
  }));

Deno.test("what the caller left open is closed before the runtime starts", () =>
  inScratch(async (folder) => {
    await Deno.writeTextFile(`${folder}/secret`, "");
    let wasSeen = false;
    // A start is short, and a busy computer may miss all of it.
    for (let tries = 0; tries < 20 && !wasSeen; tries++) wasSeen = await sawItClosed(folder);
    assert.ok(wasSeen);
  }));

/** Starts with two descriptors left open; false where the runtime was not seen. */
async function sawItClosed(folder: string): Promise<boolean> {
  const child = new Deno.Command("bash", {
    args: ["-c", `exec 7<secret 8<secret; exec ${built("airborne")} --help`],
    cwd: folder,
    clearEnv: true,
    env: { GDN_CACHE: `${folder}/cache` },
    stdout: "null",
  }).spawn();
  let hasEnded = false, wasSeen = false;
  void child.status.then(() => hasEnded = true);
  while (!hasEnded) {
    const proc = `/proc/${child.pid}`;
    const read = (path: string) => Deno.readLink(path).catch(() => "");
    if (/\/bin\/deno$/.test(await read(`${proc}/exe`))) {
      wasSeen = true;
      for (const number of [7, 8]) {
        assert.ok(!(await read(`${proc}/fd/${number}`)).endsWith("/secret"));
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return wasSeen;
}
