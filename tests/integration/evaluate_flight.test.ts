import assert from "node:assert/strict";
import { REPOSITORY } from "../../tasks/executables.ts";

async function evaluate(args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=tasks", "tasks/evaluate.ts", ...args],
    cwd: REPOSITORY,
    env: { NO_COLOR: "1" },
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test("tasks/evaluate.ts ends with 64 for a wrong command line and 66 for a missing picture", async () => {
  const wrong = await evaluate(["--map", "only.png"]);
  assert.equal(wrong.code, 64);
  assert.match(wrong.stderr, /--map needs --world, --centre, --gsd/);
  const missing = await evaluate(
    ["--map", "none.png", "--world", "none.png", "--centre", "30,-97", "--gsd", "0.5", "--json"],
  );
  assert.equal(missing.code, 66);
  assert.match(missing.stderr, /none\.png/);
});
