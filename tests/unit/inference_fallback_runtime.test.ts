import assert from "node:assert/strict";
import { RuntimeNotAvailableError } from "../../src/core/mod.ts";
import {
  type Engine,
  EngineDeserializeError,
  EngineHashMismatchError,
  FallbackRuntime,
  InferenceError,
  type InferenceEvent,
  type InferenceRuntime,
  OutOfMemoryError,
  tensor,
} from "../../src/navigation/inference/mod.ts";
import { scratchFolder } from "../support/scratch.ts";
import { matrixProduct } from "./inference_models.ts";
import { COOL, makeRecorded } from "./inference_rig.ts";

const GPU = { runtime: "tensorrt", ortTrtCacheDir: "/var/cache/engines" } as const;
const X = tensor("x", "float32", [2]);

/** Stands for TensorRT: loads everything, or refuses everything. */
class FakeTensorRt implements InferenceRuntime {
  readonly calls: string[] = [];
  refusal: Error | null = null;

  compileEngine = () => Promise.resolve({ path: "/engines/a.engine" });
  deserializeEngine = ({ path }: { path: string }): Promise<Engine> => {
    this.calls.push("deserialize");
    if (this.refusal !== null) return Promise.reject(this.refusal);
    return Promise.resolve({ name: path, inputs: [], outputs: [] });
  };
  infer = () => {
    this.calls.push("infer");
    return Promise.resolve([]);
  };
  releaseEngine = () => {
    this.calls.push("release");
    return Promise.resolve();
  };
  thermalState = () => COOL;
  currentRuntimeLabel = () => "tensorrt" as const;
  [Symbol.asyncDispose] = () => Promise.resolve();
}

async function rig(refusal: Error | null) {
  const scratch = await scratchFolder();
  const modelPath = `${scratch.path}/product.onnx`;
  await Deno.writeFile(modelPath, matrixProduct().bytes);
  const tensorrt = new FakeTensorRt();
  tensorrt.refusal = refusal;
  const { runtime: onnx, thread } = makeRecorded(GPU);
  const events: InferenceEvent[] = [];
  const runtime = new FallbackRuntime({
    tensorrt: refusal instanceof RuntimeNotAvailableError ? refusal : tensorrt,
    onnx,
    onEvent: (event) => events.push(event),
  });
  const entry = { path: `${scratch.path}/product.engine`, modelPath };
  return {
    runtime,
    tensorrt,
    thread,
    events,
    entry,
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}

for (
  const refusal of [
    new EngineDeserializeError("magic tag does not match"),
    new EngineHashMismatchError("its SHA-256 is another"),
    new RuntimeNotAvailableError("libnvinfer.so.10 is not installed"),
  ]
) {
  Deno.test(`${refusal.name}: ONNX Runtime runs the model, reported at the first inference`, async () => {
    await using all = await rig(refusal);
    const { runtime, thread, events, entry } = all;
    const engine = await runtime.deserializeEngine(entry);
    const other = await runtime.deserializeEngine(entry);
    assert.deepEqual(events, [], "nothing runs yet");
    assert.equal(runtime.currentRuntimeLabel(), "onnx_trt_ep");
    for (let i = 0; i < 3; i++) {
      assert.equal((await runtime.infer(engine, [X])).length, 1);
      await runtime.infer(other, [X]);
    }
    assert.deepEqual(events, [{
      type: "fallback_to_onnx_trt_ep",
      model: "product.onnx",
      engine: "product.engine",
      reason: refusal.message,
    }]);
    await runtime.releaseEngine(engine);
    assert.equal(thread.calls.at(-1), "close");
  });
}

Deno.test("an engine that TensorRT runs stays with it", async () => {
  await using all = await rig(null);
  const { runtime, tensorrt, thread, events, entry } = all;
  const engine = await runtime.deserializeEngine(entry);
  await runtime.infer(engine, [X]);
  await runtime.releaseEngine(engine);
  assert.deepEqual(tensorrt.calls, ["deserialize", "infer", "release"]);
  assert.deepEqual(thread.calls, []);
  assert.deepEqual(events, []);
  assert.equal(runtime.currentRuntimeLabel(), "tensorrt");
});

Deno.test("no fallback: memory is short, or there is no model to fall back to", async () => {
  await using short = await rig(new OutOfMemoryError("the budget"));
  await assert.rejects(short.runtime.deserializeEngine(short.entry), OutOfMemoryError);
  await using refused = await rig(new EngineDeserializeError("no"));
  const { path } = refused.entry;
  await assert.rejects(refused.runtime.deserializeEngine({ path }), EngineDeserializeError);
  assert.deepEqual([...short.thread.calls, ...refused.thread.calls], []);
});

Deno.test("a model that ONNX Runtime was chosen for is no fallback", async () => {
  await using scratch = await scratchFolder();
  const path = `${scratch.path}/product.onnx`;
  await Deno.writeFile(path, matrixProduct().bytes);
  const { runtime, events } = makeRecorded({ ...GPU, runtime: "onnx_trt_ep" });
  await runtime.infer(await runtime.deserializeEngine({ path }), [X]);
  assert.deepEqual(events, []);
});

Deno.test("an engine of another runtime is refused", async () => {
  await using all = await rig(null);
  const foreign: Engine = { name: "foreign", inputs: [], outputs: [] };
  await assert.rejects(all.runtime.infer(foreign, []), InferenceError);
  await all.runtime.releaseEngine(foreign);
});
