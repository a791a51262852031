/** Flights of the shipped `airborne replay` with each matcher that is not the default. */
import assert from "node:assert/strict";
import {
  evaluateFlight,
  flightMetrics,
  truthFromCsv,
} from "../../src/workstation/evaluation/mod.ts";
import { FrameLineSchema } from "../../src/airborne/json_lines.ts";
import { worldForFile } from "../faults/fixture.ts";
import { run } from "../faults/programs.ts";
import { sharedData } from "../support/paths.ts";

const world = worldForFile();
const XFEAT = sharedData("models/xfeat.onnx");

async function fly(matcher: string, model?: string) {
  const { folder, flight, package: packagePath } = world();
  const config = `${folder}/${matcher}.yaml`;
  await Deno.writeTextFile(config, `strategies:\n  matcher: ${matcher}\n`);
  const options = [
    ...["replay", flight, "--package", packagePath, "--json", "--strict", "--config", config],
    ...(model === undefined ? [] : ["--model", model]),
  ];
  return await run("airborne", options, {
    read: [flight, packagePath, config, ...(model === undefined ? [] : [model])],
    write: [],
  });
}

/** Fixes, wrong ones and the largest error against the truth. */
async function flown(out: string) {
  const frames = out.trim().split("\n").map((line) => JSON.parse(line))
    .filter(({ type }) => type === "frame").map((line) => FrameLineSchema.parse(line));
  const truth = truthFromCsv(await Deno.readTextFile(`${world().flight}/truth.csv`));
  return flightMetrics(evaluateFlight(frames, null, truth, true));
}

Deno.test("airborne flies with the matcher features: right fixes, no wrong one", async () => {
  const { code, out, err } = await fly("features");
  assert.equal(code, 0, err);
  const { frames, fixes, wrongFixes, worstAcceptedFixM } = await flown(out);
  assert.equal(frames, 10);
  assert.ok(fixes >= 8, `${fixes} fixes`);
  assert.equal(wrongFixes, 0);
  assert.ok(worstAcceptedFixM! < 10, `${worstAcceptedFixM} m`);
});

Deno.test({
  name: "airborne flies with the matcher onnx and XFeat: right fixes, no wrong one",
  ignore: XFEAT === undefined, // needs ../shared/data/models/xfeat.onnx
  fn: async () => {
    const { code, out, err } = await fly("onnx", XFEAT);
    assert.equal(code, 0, err);
    const { frames, fixes, wrongFixes, worstAcceptedFixM } = await flown(out);
    assert.equal(frames, 10);
    assert.ok(fixes >= 5, `${fixes} fixes`);
    assert.equal(wrongFixes, 0);
    assert.ok(worstAcceptedFixM! < 10, `${worstAcceptedFixM} m`);
  },
});

Deno.test("the matcher onnx is refused without a model, and with a file that is none", async () => {
  const without = await fly("onnx");
  assert.equal(without.code, 64, without.err);
  assert.match(without.err, /matcher needs a model: give --model/);
  const path = `${world().folder}/picture.onnx`;
  await Deno.writeTextFile(path, "no model");
  const wrong = await fly("onnx", path);
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.err, /Cannot load picture\.onnx/);
});
