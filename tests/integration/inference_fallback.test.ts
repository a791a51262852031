/**
 * The shipped airborne flies with a model on a computer without TensorRT and CUDA: what runs it instead is in
 * the record, once, with its alert. The model has XFeat's inputs and outputs, and finds nothing.
 */
import assert from "node:assert/strict";
import { findFlight, readRecords } from "../../src/flight/flight_record/mod.ts";
import { worldForFile } from "../faults/fixture.ts";
import { run } from "../faults/programs.ts";
import { xfeatShaped } from "../support/onnx_model.ts";

const world = worldForFile();

/** Exit code of a flight without any fix: the model finds nothing. */
const NO_FIX = 3;

async function fly(name: string, inference: Record<string, unknown>) {
  const { folder, flight } = world();
  const model = `${folder}/model.onnx`, config = `${folder}/${name}.yaml`;
  const recorder = `${folder}/recorder-${name}`;
  await Deno.writeFile(model, xfeatShaped());
  await Deno.writeTextFile(config, JSON.stringify({ strategies: { matcher: "onnx" }, inference }));
  const args = ["replay", flight, "--package", world().package, "--config", config];
  const outcome = await run("airborne", [...args, "--model", model, "--recorder", recorder], {
    read: [flight, world().package, config, model],
    write: [recorder],
  });
  return { ...outcome, kinds: outcome.code === NO_FIX ? await kindsOf(recorder) : [] };
}

/** What inference recorded, logged and alerted, sorted. */
async function kindsOf(recorder: string): Promise<string[]> {
  const kinds: string[] = [];
  for await (const { name } of Deno.readDir(recorder)) {
    for await (const record of readRecords(await findFlight(`${recorder}/${name}`))) {
      const { kind, payload } = record as { kind: string; payload: Record<string, unknown> };
      if (/^c7|^c8/.test(kind)) kinds.push(kind);
      if (kind === "log" && /^c7/.test(String(payload.kind))) {
        kinds.push(`${payload.level} ${payload.kind}`);
      }
    }
  }
  return kinds.sort();
}

Deno.test("a computer without GPU libraries flies on the CPU, and says so once", async () => {
  const { code, err, kinds } = await fly("gpu", {
    runtime: "onnx_trt_ep",
    ortTrtCacheDir: `${world().folder}/engines`,
  });
  assert.equal(code, NO_FIX, err);
  assert.match(err, /model\.onnx runs on the CPU, slower: tensorrt: .*; cuda: /);
  assert.deepEqual(kinds, ["WARN c7.cpu_fallback", "c7.cpu_fallback", "c8.alert"]);
});

Deno.test("with ortDisallowCpuFallback it does not take off, and says why", async () => {
  const { code, err } = await fly("refused", {
    runtime: "onnx_trt_ep",
    ortTrtCacheDir: `${world().folder}/engines`,
    ortDisallowCpuFallback: true,
  });
  assert.equal(code, 65);
  assert.match(err, /only the CPU could run it, and inference\.ortDisallowCpuFallback is set/);
});
