/** What `deno task test` makes of the files and of what `deno test` prints. */
import assert from "node:assert/strict";
import { batchesOf, testFiles } from "../../tasks/test/files.ts";
import { countsOf, TestOutput, totalLine } from "../../tasks/test/output.ts";
import { type Batch, runSideBySide } from "../../tasks/test/side_by_side.ts";

Deno.test("testFiles() finds every test below a folder and nothing else", async () => {
  const unit = await testFiles(["tests/unit"]);
  assert.ok(unit.includes("tests/unit/tasks_test.test.ts"));
  assert.ok(!unit.includes("tests/unit/pose_scene.ts"));
  assert.deepEqual(await testFiles(["tests/unit/pose_scene.ts"]), ["tests/unit/pose_scene.ts"]);
  await assert.rejects(testFiles(["tests/absent"]), Deno.errors.NotFound);
});

Deno.test("batchesOf() deals every file out once, the slow ones first and alone", async () => {
  const files = await testFiles(["tests"]);
  const batches = batchesOf(files);
  assert.deepEqual(batches.flat().sort(), files);
  assert.equal(batches[0].length, 1);
});

Deno.test("TestOutput prints whole blocks, and keeps counts, times and failures", () => {
  const printed: string[] = [];
  const output = new TestOutput((text) => printed.push(text));
  let now = 0;
  const lines = [
    "running 2 tests from ./tests/a.test.ts",
    "one ... ok (3ms)",
    "running 1 test from ./tests/b.test.ts",
    "two ... FAILED (4ms)",
    " ERRORS ",
    "two => ./tests/b.test.ts:3:6",
    " FAILURES ",
    "two => ./tests/b.test.ts:3:6",
    "FAILED | 2 passed (1 step) | 1 failed | 3 ignored (7ms)",
    "error: Test failed",
  ];
  for (const line of lines) output.add(line, now += 1000);
  output.end(now);
  assert.deepEqual(output.counts, { passed: 2, failed: 1, ignored: 3 });
  assert.deepEqual(output.failures, ["two => ./tests/b.test.ts:3:6"]);
  assert.deepEqual(output.times, [{ file: "tests/a.test.ts", seconds: 2 }, {
    file: "tests/b.test.ts",
    seconds: 2,
  }]);
  assert.ok(printed.includes(lines.slice(0, 2).join("\n")));
  assert.ok(!printed.some((text) => text.includes("FAILED |")), "counts follow in one line");
});

Deno.test("totalLine() is a line that countsOf() reads", () => {
  const counts = { passed: 514, failed: 0, ignored: 2 };
  assert.equal(totalLine(counts, 372.4), "ok | 514 passed | 0 failed | 2 ignored (6m12s)");
  assert.deepEqual(countsOf(totalLine(counts, 1)), counts);
  assert.match(totalLine({ ...counts, failed: 1 }, 1), /^FAILED \| 514 passed \| 1 failed/);
});

Deno.test("runSideBySide() is red for a failed test and for a process without counts", async () => {
  const folder = await Deno.makeTempDir();
  const batch = async (name: string, text: string): Promise<Batch> => {
    await Deno.writeTextFile(`${folder}/${name}.test.ts`, text);
    return { name, args: ["test", "-q", "--no-check", `${folder}/${name}.test.ts`], counted: true };
  };
  const log = console.log;
  let printed = "";
  console.log = (text: string) => void (printed += `${text}\n`);
  try {
    const good = await batch("good", 'Deno.test("good", () => {});');
    assert.equal(await runSideBySide([good, good], {}), 0);
    assert.match(printed, /^ok \| 2 passed \| 0 failed \(0m\ds\)$/m);
    const bad = await batch("bad", 'Deno.test("bad", () => { throw new Error("no"); });');
    printed = "";
    assert.equal(await runSideBySide([good, bad], {}), 1);
    assert.match(printed, /^FAILED \| 1 passed \| 1 failed/m);
    const killed = await batch("killed", 'Deno.test("x", () => Deno.kill(Deno.pid, "SIGKILL"));');
    printed = "";
    assert.equal(await runSideBySide([good, killed], {}), 1);
    assert.match(printed, /killed ended with SIGKILL and without its counts/);
    assert.match(printed, /^FAILED \| 1 passed \| 1 failed/m);
    const types: Batch = { name: "types", args: ["check", `${folder}/absent.ts`], counted: false };
    assert.equal(await runSideBySide([good, types], {}), 1);
  } finally {
    console.log = log;
    await Deno.remove(folder, { recursive: true });
  }
});
