/**
 * A flight is flown from its own record: the shipped airborne records it, operator makes a recorded
 * flight of the record, airborne flies that, and comes to the very same estimates.
 */
import assert from "node:assert/strict";
import { worldForFile } from "../faults/fixture.ts";
import { run } from "../faults/programs.ts";

const world = worldForFile();

/** What `airborne replay --json` prints, without what the machine's load decides. */
async function fly(flight: string, recorder: string): Promise<Record<string, unknown>[]> {
  const args = ["replay", flight, "--package", world().package, "--json", "--recorder", recorder];
  const { code, out, err } = await run("airborne", args, {
    read: [flight, world().package],
    write: [recorder],
  });
  assert.equal(code, 0, err);
  const lines = out.trim().split("\n").map((line) => JSON.parse(line));
  return lines.filter(({ type }) => type === "frame").map((
    { latencyMs: _, stages: __, ...line },
  ) => line);
}

async function onlyFolder(path: string): Promise<string> {
  const names = (await Array.fromAsync(Deno.readDir(path))).filter((entry) => entry.isDirectory);
  assert.equal(names.length, 1);
  return `${path}/${names[0].name}`;
}

/**
 * A quaternion is normalised once more when it is read again: the last bits may differ. Scores of
 * the matcher are sums in single precision, which show such a bit at 1e-6.
 */
function assertNear(actual: unknown, expected: unknown, path: string): void {
  if (typeof expected === "number") {
    const difference = Math.abs(Number(actual) - expected);
    const tolerance = /\.fix\.(margin|score)$/.test(path) ? 1e-4 : 1e-8;
    assert(
      difference <= tolerance * (1 + Math.abs(expected)),
      `${path}: ${actual}, not ${expected}`,
    );
  } else if (expected !== null && typeof expected === "object") {
    assert(actual !== null && typeof actual === "object", path);
    assert.deepEqual(Object.keys(actual), Object.keys(expected), path);
    for (const [key, value] of Object.entries(expected)) {
      assertNear((actual as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  } else assert.equal(actual, expected, path);
}

Deno.test("a flight that is flown again from its record comes to the same estimates", async () => {
  const { folder, flight } = world();
  const first = await fly(flight, `${folder}/recorded`);
  assert.equal(first.length, 10);
  const record = await onlyFolder(`${folder}/recorded`);
  const again = `${folder}/again`;
  const exported = await run("operator", [
    "fdr",
    "export",
    record,
    "--format",
    "flight",
    "--out",
    again,
  ], {
    read: [record],
    write: [folder],
  });
  assert.equal(exported.code, 0, exported.err);
  for await (const { name } of Deno.readDir(`${flight}/frames`)) {
    await Deno.copyFile(`${flight}/frames/${name}`, `${again}/frames/${name}`);
  }
  assertNear(await fly(again, `${folder}/recorded_again`), first, "frames");
  const info = await run("operator", ["fdr", "info", record, "--json"], { read: [record] });
  assert.equal(info.code, 0, info.err);
  const { kinds } = JSON.parse(info.out) as { kinds: { kind: string; count: number }[] };
  const counted = new Map(kinds.map(({ kind, count }) => [kind, count]));
  assert.equal(counted.get("nav.state"), 10);
  assert.equal(counted.get("frame.meta"), 10);
  assert.equal(counted.get("package.verified"), 1);
  assert((counted.get("sensor.imu") ?? 0) >= 50);
});
