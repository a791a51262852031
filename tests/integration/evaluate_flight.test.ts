import assert from "node:assert/strict";
import { flightMetrics } from "../../src/workstation/evaluation/mod.ts";
import type { FlightCase } from "../../tasks/evaluate/cases.ts";
import { runCase } from "../../tasks/evaluate/run_case.ts";
import { REPOSITORY } from "../../tasks/executables.ts";

/** A few seconds of flight: everything in it is real, and runs under the shipped permission sets. */
const SHORT_FLIGHT: FlightCase = {
  kind: "flight",
  name: "short",
  ground: { kind: "procedural", seed: 5, centre: "48.2,11.5", zoom: 18 },
  flight: {
    aircraft: "multirotor",
    aglM: 130,
    fovDeg: 60,
    distanceM: 80,
    seed: 5,
    prior: true,
  },
  bars: [],
};

Deno.test("runCase() flies from painted ground to a position with the shipped entry points", async () => {
  await Deno.mkdir(`${REPOSITORY}/build`, { recursive: true });
  const work = await Deno.makeTempDir({ dir: `${REPOSITORY}/build`, prefix: "test-flight-" });
  try {
    const flight = await runCase(SHORT_FLIGHT, new Map(), {
      work,
      signal: new AbortController().signal,
      note: () => {},
    });
    const metrics = flightMetrics(flight);
    assert.ok(metrics.frames >= 20, `${metrics.frames} frames`);
    assert.ok(metrics.fixes >= metrics.frames / 2, `${metrics.fixes} fixes`);
    assert.equal(metrics.within20, 1);
    assert.ok((metrics.worstAcceptedFixM ?? Infinity) < 15);
    const records = [];
    for await (const { name, isDirectory } of Deno.readDir(`${work}/short/recorder`)) {
      if (isDirectory) records.push(name);
    }
    assert.equal(records.length, 1, "one flight in the recorder's folder");
  } finally {
    await Deno.remove(work, { recursive: true });
  }
});

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
