/** A model runs in the built executable: its package of ONNX Runtime, its thread, its permissions. */
import assert from "node:assert/strict";
import { findFlight, readRecords } from "../../src/flight/flight_record/mod.ts";
import { worldForFile } from "../faults/fixture.ts";
import { xfeatShaped } from "../support/onnx_model.ts";
import { runBuilt } from "./built.ts";

const world = worldForFile();

Deno.test("the built airborne flies with a model, and falls back to the CPU", async () => {
  const { folder } = world();
  await Deno.writeFile(`${folder}/model.onnx`, xfeatShaped());
  const inference = { runtime: "onnx_trt_ep", ortTrtCacheDir: `${folder}/engines` };
  const config = JSON.stringify({ strategies: { matcher: "onnx" }, inference });
  await Deno.writeTextFile(`${folder}/config.yaml`, config);
  const { code, out, err } = await runBuilt("airborne", [
    ...["replay", "flight", "--package", "package", "--config", "config.yaml"],
    ...["--model", "model.onnx", "--recorder", "home", "--json"],
  ], { cwd: folder });
  // The model finds nothing: a flight without any fix.
  assert.equal(code, 3, err);
  const summary = JSON.parse(out.trim().split("\n").at(-1)!);
  assert.equal(summary.frames, 10);
  const [flight] = [...Deno.readDirSync(`${folder}/home`)].filter((entry) => entry.isDirectory);
  const records = readRecords(await findFlight(`${folder}/home/${flight.name}`));
  const kinds = (await Array.fromAsync(records)).map(({ kind }) => kind);
  assert.equal(kinds.filter((kind) => kind === "c7.cpu_fallback").length, 1);
});

Deno.test("the executables hold ONNX Runtime for their own machine alone", async () => {
  const { folder } = world();
  const into = `${folder}/extracted`;
  const { code, err } = await runBuilt("airborne", ["--extract", into], { cwd: folder });
  assert.equal(code, 0, err);
  const libraries = `${into}/node_modules/onnxruntime-node/bin`;
  const machine = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  const held = [...Deno.readDirSync(`${libraries}/napi-v6`)].map(({ name }) => name);
  assert.deepEqual(held, ["linux"]);
  const machines = [...Deno.readDirSync(`${libraries}/napi-v6/linux`)].map(({ name }) => name);
  assert.deepEqual(machines, [machine]);
});
