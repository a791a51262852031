import assert from "node:assert/strict";
import { UsageError } from "../../src/core/mod.ts";
import { evaluateCommand } from "../../tasks/evaluate.ts";
import { evaluateOptions as optionsOf } from "../../tasks/evaluate/options.ts";
import { groundCase, suite } from "../../tasks/evaluate/cases.ts";
import { metricsTable, resultLine } from "../../tasks/evaluate/results.ts";
import { replayLine } from "../../tasks/evaluate/replay.ts";
import { evaluateFlight, flightMetrics, TruthTrack } from "../../src/workstation/evaluation/mod.ts";

const evaluateOptions = (args: readonly string[]) => optionsOf(evaluateCommand.parse(args));

const GROUND = ["--map", "m.png", "--world", "w.jpg", "--centre", "-33.9,151.2", "--gsd", "0.5"];

Deno.test("evaluateOptions() takes a ground and a flight, and a centre with a minus", () => {
  const options = evaluateOptions([...GROUND, "--aircraft", "multirotor", "--no-prior", "--json"]);
  assert.deepEqual(options.ground, {
    map: "m.png",
    world: "w.jpg",
    centre: "-33.9,151.2",
    gsdM: 0.5,
  });
  assert.deepEqual(options.flight, {
    aircraft: "multirotor",
    aglM: 130,
    fovDeg: 60,
    distanceM: 3000,
    seed: 1,
    prior: false,
  });
  assert.equal(groundCase(options).name, "m_multirotor_no_prior");
  assert.equal(evaluateOptions([]).ground, null);
  assert.deepEqual([[], ["--tiles"]].map((args) => evaluateOptions(args).tiles), [false, true]);
});

Deno.test("evaluateOptions() takes several matchers, and a model for the one that needs it", () => {
  assert.equal(evaluateOptions([]).matchers, null);
  const options = evaluateOptions(["--matcher", "structural, onnx", "--model", "m.onnx"]);
  assert.deepEqual(options.matchers, ["structural", "onnx"]);
  assert.equal(options.model, "m.onnx");
});

const WRONG: Record<string, readonly string[]> = {
  "an unknown option": ["--wrold", "x"],
  "a positional": ["map.png"],
  "half a ground": ["--map", "m.png", "--world", "w.png"],
  "a flight option without a ground": ["--agl", "100"],
  "a centre that is none": [...GROUND.slice(0, 4), "--centre", "north", "--gsd", "0.5"],
  "a centre off the map": [...GROUND.slice(0, 4), "--centre", "89,0", "--gsd", "0.5"],
  "a resolution of zero": [...GROUND.slice(0, 6), "--gsd", "0"],
  "an unknown aircraft": [...GROUND, "--aircraft", "balloon"],
  "a height that is no number": [...GROUND, "--agl", "high"],
  "an empty number": [...GROUND, "--agl", ""],
  "a matcher that is no name": ["--matcher", "one,,two"],
  "an estimator that is no name": ["--estimator", "eskf,-"],
  "a matcher without its model": ["--matcher", "onnx"],
  "half a seed": [...GROUND, "--seed", "1.5"],
  "a broken pattern": ["--only", "("],
  "a pattern beside a ground": [...GROUND, "--only", "x"],
};
for (const [name, args] of Object.entries(WRONG)) {
  Deno.test(`evaluateOptions() refuses ${name}`, () => {
    assert.throws(() => evaluateOptions(args), (error) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.exitCode, 64);
      return true;
    });
  });
}

Deno.test("suite() names every case once", () => {
  const names = suite("data").map((each) => each.name);
  assert.equal(new Set(names).size, names.length);
  assert.equal(names.filter((name) => name.startsWith("two_dates")).length, 9);
});

Deno.test("resultLine() is one JSON object, with null for what could not be measured", () => {
  const truth = new TruthTrack([{
    timeNs: 0,
    position: { latitudeDeg: 1, longitudeDeg: 1, heightM: 0 },
  }]);
  const flight = evaluateFlight([], null, truth, true);
  const line = resultLine({
    status: "ok",
    name: "x",
    flownWith: { matcher: null, estimator: null },
    flight,
    missed: [],
    about: { seed: 1 },
  });
  const json = JSON.parse(line ?? "");
  const keys = "frames fixes errorMP50 errorMP95 errorMMax within5 within20 within50 " +
    "worstAcceptedFixM wrongFixes driftPercent neesMean consistent95 registrationVo latencyMsP50 " +
    "latencyMsP95 latencyMsP99 cpuMsMean stageCpuMs timeToFirstFixS realTimeFactor rssMb name";
  for (const key of keys.split(" ")) assert.ok(key in json, key);
  assert.equal(resultLine({ status: "skipped", name: "x", reason: "no data" }), null);
  const table = metricsTable([{ name: "x", metrics: flightMetrics(flight) }]);
  assert.equal(table.length, 2);
  assert.equal(table[0].length, table[1].length);
});

Deno.test("replayLine() refuses what is neither frame nor summary", () => {
  assert.throws(() => replayLine("nonsense"), /neither frame nor summary/);
  assert.throws(() => replayLine('{"type":"frame"}'), /neither frame nor summary/);
});
