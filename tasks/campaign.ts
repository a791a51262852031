/**
 * `deno task campaign [--seeds N] [--first N] [FILE …]`: the seeded tests again and again, each time
 * with another seed. `deno task test` is the first of these runs. A failure names its seed;
 * `GDN_TEST_SEED=N deno task test FILE` replays it.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { REPOSITORY } from "./executables.ts";

/** What has seeded laws; files of one component may be named instead. */
const DEFAULT_FILES = ["tests/unit"];

if (import.meta.main) Deno.exit(await campaign(Deno.args));

async function campaign(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seeds: { type: "string", default: "20" },
      first: { type: "string", default: "1" },
    },
  });
  const [count, first] = [Number(values.seeds), Number(values.first)];
  if (!Number.isInteger(count) || count < 1 || !Number.isInteger(first)) {
    console.error("campaign: --seeds and --first take whole numbers, --seeds at least 1");
    return 64;
  }
  const files = positionals.length > 0 ? positionals : DEFAULT_FILES;
  const failed: number[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-P=tasks", "tasks/test.ts", "--quiet", ...files],
      cwd: REPOSITORY,
      env: { GDN_TEST_SEED: String(seed), NO_COLOR: "1" },
      stdin: "null",
      stderr: "inherit",
    }).output();
    const text = new TextDecoder().decode(stdout);
    const summary = text.match(/^(ok|FAILED) \|.*$/m)?.[0] ?? "no summary";
    console.log(`seed ${seed}: ${summary}`);
    if (code === 0) continue;
    failed.push(seed);
    console.log(text.slice(text.indexOf(" ERRORS ")));
  }
  console.log(`${count - failed.length} seeds passed, ${failed.length} failed: [${failed}]`);
  return failed.length === 0 ? 0 : 1;
}
