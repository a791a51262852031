/** Two builds of one state of the sources, in two folders, are the same bytes: native libraries included. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { REPOSITORY } from "../support/paths.ts";
import { inScratch } from "../support/scratch.ts";
import { built } from "./built.ts";

Deno.test("a copy of the checkout in a folder of another depth builds the same executables", () =>
  inScratch(async (folder) => {
    const copy = `${folder}/a/longer/way/to/the/checkout`;
    await Deno.mkdir(copy, { recursive: true });
    const without = ["build", "dist", "data", "node_modules", "packages", "flights", "maps"];
    await run(folder, "sh", [
      "-c",
      `tar -c -C "$0" ${without.map((each) => `--exclude=./${each}`).join(" ")} . | tar -x -C "$1"`,
      await Deno.realPath(REPOSITORY),
      copy,
    ]);
    // In a worktree `.git` is a file that names the repository: both builds read the same commit from it.
    const task = ["run", "-q", "-P=tasks"];
    await run(copy, Deno.execPath(), [...task, "tasks/compile.ts"]);
    for (const program of ["airborne", "operator"] as const) {
      const [here, there] = await Promise.all([
        sha256(built(program)),
        sha256(`${copy}/dist/${program}`),
      ]);
      assert.equal(there, here, `${program} differs: compare both with diffoscope`);
    }
  }));

async function run(cwd: string, command: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args: [...args], cwd }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

async function sha256(path: string): Promise<string> {
  return createHash("sha256").update(await Deno.readFile(path)).digest("hex");
}
