import assert from "node:assert/strict";
import {
  EngineDeserializeError,
  GpuMemoryBudget,
  InferenceConfigSchema,
  InferenceError,
  OutOfMemoryError,
  tensor,
} from "../../src/navigation/inference/mod.ts";
import { OrtFaultError } from "../../src/navigation/inference/ort_thread.ts";
import { buildProviderArgs } from "../../src/navigation/inference/providers.ts";
import { scratchFolder } from "../support/scratch.ts";
import { matrixProduct } from "./inference_models.ts";
import { makeConfig, makeRecorded, makeRuntime } from "./inference_rig.ts";

const GPU = { runtime: "onnx_trt_ep", ortTrtCacheDir: "/var/cache/engines" } as const;

async function modelFile(folder: string): Promise<string> {
  const path = `${folder}/model.onnx`;
  await Deno.writeFile(path, matrixProduct().bytes);
  return path;
}

Deno.test("buildProviderArgs() names the options of the TensorRT and CUDA providers", () => {
  const settings = makeConfig({ ...GPU, gpuMemoryBudgetBytes: 4_000_000_003, precision: "int8" });
  assert.deepEqual(buildProviderArgs(settings), [
    {
      name: "tensorrt",
      deviceId: 0,
      trt_max_workspace_size: "1000000000",
      trt_fp16_enable: "1",
      trt_int8_enable: "1",
      trt_engine_cache_enable: "1",
      trt_engine_cache_path: "/var/cache/engines",
      trt_timing_cache_enable: "1",
      trt_timing_cache_path: "/var/cache/engines",
    },
    {
      name: "cuda",
      deviceId: 0,
      gpu_mem_limit: "4000000003",
      arena_extend_strategy: "kSameAsRequested",
    },
    { name: "cpu" },
  ]);
  const [tensorrt] = buildProviderArgs(makeConfig({ ...GPU, precision: "fp32" }));
  assert.equal(tensorrt.trt_fp16_enable, "0");
  assert.equal(tensorrt.trt_int8_enable, "0");
  assert.deepEqual(buildProviderArgs(makeConfig(), "cpu"), [{ name: "cpu" }]);
});

Deno.test("the configuration wants a cache folder for the GPU runtimes, as an absolute path", () => {
  for (const runtime of ["tensorrt", "onnx_trt_ep"]) {
    assert.ok(!InferenceConfigSchema.safeParse({ runtime }).success);
    assert.ok(!InferenceConfigSchema.safeParse({ runtime, ortTrtCacheDir: "engines" }).success);
    assert.ok(InferenceConfigSchema.safeParse({ runtime, ortTrtCacheDir: "/engines" }).success);
  }
  assert.ok(InferenceConfigSchema.safeParse({}).success);
});

Deno.test("providers that are missing are left out in order, and the CPU is reported once", async () => {
  await using scratch = await scratchFolder();
  const path = await modelFile(scratch.path);
  const { runtime, thread, events } = makeRecorded(GPU, { absent: ["tensorrt", "cuda"] });
  await runtime.deserializeEngine({ path });
  await runtime.deserializeEngine({ path });
  assert.deepEqual(thread.opened.map(({ providers }) => providers.join()), [
    "tensorrt,cuda,cpu",
    "cuda,cpu",
    "cpu",
    "tensorrt,cuda,cpu",
    "cuda,cpu",
    "cpu",
  ]);
  assert.deepEqual(events, [{
    type: "cpu_fallback",
    model: "model.onnx",
    reason: "tensorrt: tensorrt: Failed to load shared library; " +
      "cuda: cuda: Failed to load shared library",
    providers: ["cpu"],
  }]);
  assert.equal(runtime.currentRuntimeLabel(), "onnx_trt_ep");
});

Deno.test("a GPU provider that loads the model is nothing to report", async () => {
  await using scratch = await scratchFolder();
  const path = await modelFile(scratch.path);
  const { runtime, thread, events } = makeRecorded(GPU, { absent: ["tensorrt"] });
  await runtime.deserializeEngine({ path });
  assert.equal(thread.opened.at(-1)?.providers[0], "cuda");
  assert.deepEqual(events, []);
});

Deno.test("a CPU that was chosen is no fallback", async () => {
  await using scratch = await scratchFolder();
  const { runtime, thread, events } = makeRecorded({ runtime: "onnx_cpu" });
  await runtime.deserializeEngine({ path: await modelFile(scratch.path) });
  assert.deepEqual(thread.opened.map(({ providers }) => providers), [["cpu"]]);
  assert.deepEqual(events, []);
  assert.equal(runtime.currentRuntimeLabel(), "onnx_cpu");
});

Deno.test("ortDisallowCpuFallback refuses before the CPU is asked", async () => {
  await using scratch = await scratchFolder();
  const path = await modelFile(scratch.path);
  const { runtime, thread, events } = makeRecorded(
    { ...GPU, ortDisallowCpuFallback: true },
    { absent: ["tensorrt", "cuda"] },
  );
  await assert.rejects(
    runtime.deserializeEngine({ path }),
    (error) =>
      error instanceof EngineDeserializeError && /only the CPU could run it/.test(error.message),
  );
  assert.equal(thread.opened.length, 2);
  assert.deepEqual(events, []);
});

Deno.test("the real ONNX Runtime of this package falls back to the CPU, and still computes", async () => {
  await using scratch = await scratchFolder();
  const events: unknown[] = [];
  await using runtime = makeRuntime(
    { ...GPU, ortTrtCacheDir: scratch.path },
    { onEvent: (event) => events.push(event) },
  );
  const model = matrixProduct();
  const engine = await runtime.deserializeEngine({ path: await modelFile(scratch.path) });
  assert.equal((await runtime.infer(engine, model.inputs)).length, 1);
  const last = events.at(-1) as { readonly type: string; readonly reason: string } | undefined;
  // A host with ONNX Runtime's GPU libraries has nothing to report.
  if (last !== undefined) {
    assert.equal(events.length, 1);
    assert.equal(last.type, "cpu_fallback");
    assert.match(last.reason, /^tensorrt: .*; cuda: /);
  }
});

Deno.test("one warm-up run follows a load; open axes need shapes for it", async () => {
  await using scratch = await scratchFolder();
  const { runtime, thread } = makeRecorded({});
  await runtime.deserializeEngine({ path: await modelFile(scratch.path) });
  assert.deepEqual(thread.calls, ["open", "run"]);
});

Deno.test("a provider that fails its warm-up is closed and left out", async () => {
  await using scratch = await scratchFolder();
  const { runtime, thread } = makeRecorded(GPU);
  thread.runFault = new OrtFaultError("failed", "CUDA driver version is insufficient");
  await runtime.deserializeEngine({ path: await modelFile(scratch.path) });
  assert.deepEqual(thread.calls, ["open", "run", "close", "open", "run"]);
  assert.equal(thread.opened[1].providers[0], "cuda");
});

Deno.test("the budget of GPU memory is checked before anything reaches the runtime", async () => {
  await using scratch = await scratchFolder();
  const path = await modelFile(scratch.path);
  const { size } = await Deno.stat(path);
  // A quarter for the workspace and the model itself: three fit, the fourth does not.
  const budget = new GpuMemoryBudget(12 * size);
  const { runtime, thread } = makeRecorded(GPU, { budget });
  const engines = [];
  for (let i = 0; i < 3; i++) engines.push(await runtime.deserializeEngine({ path }));
  const before = thread.calls.length;
  await assert.rejects(runtime.deserializeEngine({ path }), OutOfMemoryError);
  assert.equal(thread.calls.length, before);
  await runtime.releaseEngine(engines[0]);
  await runtime.releaseEngine(engines[0]);
  assert.equal(budget.reservedBytes, 2 * 4 * size);
  await runtime.deserializeEngine({ path });
  await runtime.releaseEngine(engines[1]);
  await runtime.releaseEngine(engines[2]);
});

Deno.test("models on the CPU take nothing of the GPU's budget", async () => {
  await using scratch = await scratchFolder();
  const path = await modelFile(scratch.path);
  const budget = new GpuMemoryBudget(1);
  const { runtime } = makeRecorded({}, { budget });
  await runtime.deserializeEngine({ path });
  assert.equal(budget.reservedBytes, 0);
});

Deno.test("what the runtime throws comes out as a typed error with its cause", async () => {
  await using scratch = await scratchFolder();
  const { runtime, thread } = makeRecorded({});
  const engine = await runtime.deserializeEngine({ path: await modelFile(scratch.path) });
  const x = tensor("x", "float32", [2]);
  for (
    const [text, type] of [
      ["Non-zero status code returned while running Conv node", InferenceError],
      ["BFCArena::AllocateRawInternal Failed to allocate memory", OutOfMemoryError],
      ["CUDA failure 2: out of memory", OutOfMemoryError],
    ] as const
  ) {
    const fault = new OrtFaultError("failed", text);
    thread.runFault = fault;
    await assert.rejects(
      runtime.infer(engine, [x]),
      (error) => error instanceof type && error.cause === fault && error.message.includes(text),
    );
  }
});
