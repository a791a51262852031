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
    env: { GDN_CACHE: `${folder}/cache`, PATH: "/usr/bin:/bin" },
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

/** Looks at the runtime while it runs: tests themselves may not read /proc. */
const WATCH = `
(exec 7<secret 8<secret; exec % --help >/dev/null) & child=$!
while kill -0 $child 2>/dev/null; do
  case "$(readlink /proc/$child/exe)" in
    */bin/deno) echo "seen $(readlink /proc/$child/fd/7) $(readlink /proc/$child/fd/8)" >&2 ;;
  esac
done`;

Deno.test("what the caller left open is closed before the runtime starts", () =>
  inScratch(async (folder) => {
    await Deno.writeTextFile(`${folder}/secret`, "");
    let seen = "";
    // A start is short, and a busy computer may miss all of it.
    for (let tries = 0; tries < 20 && !seen.includes("seen"); tries++) {
      seen = (await inBash(WATCH, folder)).err;
    }
    assert.match(seen, /^seen/m);
    assert.ok(!seen.includes("/secret"), seen);
  }));

Deno.test("of what the caller left open an input that the command line names stays, and nothing that can be written", () =>
  inScratch(async (folder) => {
    await Deno.writeTextFile(`${folder}/secret`, "a passphrase of a test\n");
    const create = (name: string, open: string) => {
      const line = `%/operator keys create ${name} --passphrase-fd 5 ${open} 6<secret`;
      const program = built("operator");
      return inBash(line.replaceAll("%/operator", program), folder);
    };
    assert.equal((await create("piped", "5< <(cat secret)")).code, 0);
    assert.equal((await create("file", "5<secret")).code, 0);
    const written = await create("written", "5<>secret");
    assert.equal(written.code, 64, written.err);
  }));
