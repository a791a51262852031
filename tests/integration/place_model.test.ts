/** A model describes the places of a package, and the flight looks them up with that model alone. */
import assert from "node:assert/strict";
import { FrameLineSchema } from "../../src/airborne/json_lines.ts";
import { worldForFile } from "../faults/fixture.ts";
import { run } from "../faults/programs.ts";
import { featureModel } from "../support/feature_model.ts";
import { runInProcess } from "../faults/in_process.ts";

const world = worldForFile();

async function provisionWith(model: string, out: string): Promise<void> {
  const { folder, data } = world();
  const { code, err } = await run("operator", [
    ...["provision", "--out", out, "--data", data, "--footprint", "100", "--model", model],
  ], { read: [model], write: [folder] });
  assert.equal(code, 0, err);
}

/** Every frame is looked up: no estimate is good enough, no area small enough. */
async function fly(packagePath: string, strategy: string, model: string, inProcess = false) {
  const { folder, flight } = world();
  const config = `${folder}/${strategy}.yaml`;
  await Deno.writeTextFile(
    config,
    `strategies:\n  placeRecognition: ${strategy}\n` +
      "placeRecognition:\n  priorSigmaMaxM: 0.001\n  exhaustivePixelsMax: 1\n",
  );
  const args = [
    ...["replay", flight, "--package", packagePath, "--json", "--config", config],
    ...["--model", model],
  ];
  // What is refused before it flies needs no process of its own.
  if (inProcess) return await runInProcess("airborne", [...args, "--no-syscall-filter"]);
  return await run("airborne", args, { read: [flight, packagePath, config, model], write: [] });
}

Deno.test("places that a model described are found with it, and with no other model", async () => {
  const { folder, package: plain } = world();
  const model = `${folder}/gradients.onnx`, other = `${folder}/other.onnx`;
  await Deno.writeFile(model, featureModel({ gain: 1, elementType: "float16" }));
  await Deno.writeFile(other, featureModel({ gain: 2, elementType: "float16" }));
  const described = `${folder}/described`;
  await provisionWith(model, described);
  const document = JSON.parse(await Deno.readTextFile(`${described}/place/model.json`));
  assert.equal(document.name, "gradients.onnx");
  assert.equal(document.elementType, "float16");

  const found = await fly(described, "onnx", model);
  assert.equal(found.code, 0, found.err);
  const frames = found.out.trim().split("\n").map((line) => JSON.parse(line))
    .filter(({ type }) => type === "frame").map((line) => FrameLineSchema.parse(line));
  assert.ok(frames.some(({ fix }) => fix.accepted), "a search was confirmed");

  for (
    const [packagePath, strategy, used, message] of [
      [described, "onnx", other, /other\.onnx.*[0-9a-f]{64}|hash/s],
      [described, "adaptive", model, /the model gradients\.onnx described the places/],
      [plain, "onnx", model, /no model described its places/],
    ] as const
  ) {
    const refused = await fly(packagePath, strategy, used, used !== other);
    assert.notEqual(refused.code, 0, `${strategy} with ${used}`);
    assert.match(refused.err, message);
  }
});
