/**
 * The shipped programs end with the exit codes that the table promises, also where a signal, a pipe
 * that nobody reads, or a full disk behind stdout ends them; each leaves nothing half-written.
 */
import assert from "node:assert/strict";
import { operatorCommand } from "../../tasks/executables.ts";
import { EXIT_CODES } from "../../src/core/mod.ts";
import { inScratch } from "../support/scratch.ts";
import { filesBelow, type Outcome, run } from "./programs.ts";

/** In bash, `%` stands for the program. */
async function inShell(line: string, folder: string): Promise<Outcome> {
  const { command, args } = operatorCommand([], { read: [folder], write: [folder] });
  const quoted = [command, ...args].map((word) => `'${word}'`).join(" ");
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", `set -o pipefail; ${line.replaceAll("%", quoted)}`],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

const meaningOf = (code: number) => EXIT_CODES.find((one) => one.code === code)?.meaning;

Deno.test("each command ends with the code whose meaning fits what happened", () =>
  inScratch(async (folder) => {
    await Deno.writeTextFile(`${folder}/text.txt`, "hello\n");
    await Deno.writeTextFile(`${folder}/wrong.yaml`, "nothing: 1\n");
    const there = await filesBelow(folder);
    const cases: readonly (readonly [number, "operator" | "airborne", string, string])[] = [
      [0, "operator", "done", "--version"],
      [1, "operator", "nothing can be read", "fdr info text.txt"],
      [64, "operator", "wrong command line", "cache ls --zoom 99"],
      [65, "operator", "wrong data", "tiles import text.txt"],
      [66, "operator", "no such file", "package show none"],
      [73, "operator", "exists already", "demo ."],
      [78, "airborne", "wrong configuration", "replay . --package . --config wrong.yaml"],
    ];
    for (const [code, program, meaning, line] of cases) {
      const outcome = await run(program, line.split(" "), {
        cwd: folder,
        read: [folder],
        write: [folder],
      });
      assert.equal(outcome.code, code, `${line}: ${outcome.err}`);
      assert.ok(meaningOf(code)?.includes(meaning), `${code}: ${meaningOf(code)}`);
      assert.equal(outcome.err === "", code === 0, `${line}: ${outcome.err}`);
      assert.deepEqual(await filesBelow(folder), there);
    }
    // What its permissions do not reach.
    const refused = await run("operator", ["tiles", "import", `${folder}/text.txt`]);
    assert.equal(refused.code, 77, refused.err);
  }));

Deno.test("a reader that goes away ends the program with 141 and in silence, a full disk and a file that grows too large with 74", () =>
  inScratch(async (folder) => {
    const gone = await inShell("% completion bash | true", folder);
    assert.deepEqual([gone.code, gone.err], [141, ""]);
    const full = await inShell("% --help > /dev/full", folder);
    assert.equal(full.code, 74);
    assert.match(full.err, /^operator: .*the disk is full/);
    // As on a card whose files have at most 4 GiB.
    const large = await inShell("trap '' XFSZ; ulimit -f 1; % completion bash > script", folder);
    assert.equal(large.code, 74);
    assert.match(large.err, /^operator completion: it would be too large/);
  }));

Deno.test("SIGINT ends long work with 130, says so, and leaves nothing", () =>
  inScratch(async (folder) => {
    const { command, args } = operatorCommand(
      ["demo", "first", "--distance", "20000"],
      { read: [folder], write: [folder] },
    );
    const child = new Deno.Command(command, {
      args,
      cwd: folder,
      env: { NO_COLOR: "1" },
      stdout: "null",
      stderr: "piped",
    }).spawn();
    let said = "";
    let isStopped = false;
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
      said += chunk;
      // The first command of the demo has begun.
      if (isStopped || !said.includes("$ operator simulate flight")) continue;
      isStopped = true;
      while (!(await filesBelow(folder)).some((name) => name.includes("frames"))) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      child.kill("SIGINT");
    }
    assert.equal((await child.status).code, 130, said);
    assert.match(said, /operator demo: stopped\n$/);
    assert.deepEqual(await filesBelow(folder), []);
  }));
