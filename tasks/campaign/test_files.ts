/**
 * Runs test files repeatedly, each time with another seed; `deno task test` is the first run.
 *
 * @module
 */
import { REPOSITORY } from "../executables.ts";
import { type PartHost, type PartResult, seedsOf } from "./part.ts";

export async function repeatTests(
  files: readonly string[],
  env: Readonly<Record<string, string>>,
  host: PartHost,
): Promise<PartResult> {
  const failures: string[] = [];
  let runs = 0;
  for (const seed of seedsOf(host)) {
    runs++;
    const variables = { ...env, GDN_TEST_SEED: String(seed) };
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-P=tasks", "tasks/test.ts", "--quiet", ...files],
      cwd: REPOSITORY,
      env: { ...variables, NO_COLOR: "1" },
      stdin: "null",
      stderr: "inherit",
    }).output();
    const text = new TextDecoder().decode(stdout);
    const summary = text.match(/^(ok|FAILED) \|.*$/m)?.[0] ?? "no summary";
    host.print(`seed ${seed}: ${summary}`);
    // What fuzzers count: "a.mbtiles: seed 7, 300 refused, 20 read".
    for (const [line] of text.matchAll(/^\S+: seed \d+, .*$/gm)) host.print(line);
    if (code === 0) continue;
    const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    failures.push(`${assignments.join(" ")} deno task test ${files.join(" ")}`);
    host.print(text.slice(Math.max(0, text.indexOf(" ERRORS "))));
  }
  return { runs, failures };
}
