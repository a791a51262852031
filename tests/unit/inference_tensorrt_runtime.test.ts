/** TensorRtRuntime on the CPU double: what is between the contract and the native library. */
import assert from "node:assert/strict";
import { RuntimeNotAvailableError, seededRandom } from "../../src/core/mod.ts";
import {
  EngineBuildError,
  EngineDeserializeError,
  EngineHashMismatchError,
  EngineHostMismatchError,
  EngineSidecarMissingError,
  EngineTruncatedError,
  FallbackRuntime,
  GpuMemoryBudget,
  InferenceConfigSchema,
  type InferenceEvent,
  OnnxRuntime,
  openTensorRtRuntime,
  OutOfMemoryError,
  TensorRtRuntime,
} from "../../src/navigation/inference/mod.ts";
import { scratchFolder } from "../support/scratch.ts";
import { isRequired, openReference, tensorRtMissing } from "../support/tensorrt.ts";
import { COOL } from "./inference_rig.ts";
import { allModels, convolution, matrixProduct, type TestModel } from "./inference_models.ts";

/** A runtime on the double, a folder, and an engine's making; no native handle is left at the end. */
async function bench(budgetBytes = 2 ** 30) {
  const folder = await scratchFolder();
  const library = openReference();
  const budget = new GpuMemoryBudget(budgetBytes);
  const runtime = new TensorRtRuntime({
    library,
    budget,
    precision: "fp32",
    thermalState: () => COOL,
  });
  const write = async ({ name, bytes }: TestModel) => {
    const modelPath = `${folder.path}/${name.replaceAll(/\W+/g, "_")}.onnx`;
    await Deno.writeFile(modelPath, bytes);
    return modelPath;
  };
  const compile = async (model: TestModel, more: object = {}) =>
    await runtime.compileEngine({
      modelPath: await write(model),
      engineFolder: folder.path,
      precision: "fp32",
      ...more,
    });
  return {
    folder: folder.path,
    library,
    budget,
    runtime,
    write,
    compile,
    async [Symbol.asyncDispose]() {
      await runtime[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
      assert.equal(budget.reservedBytes, 0);
    },
  };
}

Deno.test("compileEngine() names the engine after the host, and its sidecar and timing cache stand beside it", async () => {
  await using parts = await bench();
  const entry = await parts.compile(matrixProduct(), { precision: "fp16" });
  assert.equal(
    entry.path,
    `${parts.folder}/matrix_product.sm10.jpnone.trt0.0.1.fp16.engine`,
  );
  const names = [...Deno.readDirSync(parts.folder)].map(({ name }) => name).sort();
  assert.deepEqual(names, [
    "matrix_product.onnx",
    "matrix_product.sm10.jpnone.trt0.0.1.fp16.engine",
    "matrix_product.sm10.jpnone.trt0.0.1.fp16.engine.json",
    "timing.sm10.jpnone.trt0.0.1.cache",
  ]);
});

Deno.test("the gate stands before the runtime: each fault of the files is its own error", async () => {
  await using parts = await bench();
  const entry = await parts.compile(matrixProduct());
  const bytes = await Deno.readFile(entry.path);
  const sidecar = await Deno.readTextFile(`${entry.path}.json`);
  const refuses = async (error: typeof EngineDeserializeError) =>
    await assert.rejects(parts.runtime.deserializeEngine(entry), error);

  await Deno.writeFile(entry.path, bytes.subarray(0, 100));
  await refuses(EngineTruncatedError);
  await Deno.writeFile(entry.path, bytes.with(200, bytes[200] ^ 1));
  await refuses(EngineHashMismatchError);
  await Deno.writeFile(entry.path, bytes);
  await Deno.remove(`${entry.path}.json`);
  await refuses(EngineSidecarMissingError);
  await Deno.writeTextFile(`${entry.path}.json`, sidecar);
  const foreign = `${parts.folder}/matrix_product.sm87.jp6.2.trt10.3.0.fp32.engine`;
  await Deno.copyFile(entry.path, foreign);
  await assert.rejects(
    parts.runtime.deserializeEngine({ path: foreign }),
    EngineHostMismatchError,
  );
  await assert.rejects(
    parts.runtime.deserializeEngine({ ...entry, sha256: "0".repeat(64) }),
    EngineHashMismatchError,
  );
  assert.equal(parts.library.liveHandles(), 0);
  const engine = await parts.runtime.deserializeEngine(entry);
  assert.equal(parts.library.liveHandles(), 1);
  await parts.runtime.releaseEngine(engine);
});

Deno.test("a model's path finds the engine beside it, of this host, precision and model alone", async () => {
  await using parts = await bench();
  const model = matrixProduct();
  const path = await parts.write(model);
  await assert.rejects(
    parts.runtime.deserializeEngine({ path }),
    /no matrix_product\.sm10\.jpnone\.trt0\.0\.1\.fp32\.engine beside it/,
  );
  await parts.compile(model);
  const engine = await parts.runtime.deserializeEngine({ path });
  assert.equal(engine.name, "matrix_product.sm10.jpnone.trt0.0.1.fp32.engine");
  await parts.runtime.releaseEngine(engine);
  await Deno.writeFile(path, convolution().bytes);
  await assert.rejects(parts.runtime.deserializeEngine({ path }), EngineHashMismatchError);
});

Deno.test("the budget is checked before anything is loaded, and given back on release", async () => {
  await using parts = await bench(15_000);
  const entry = await parts.compile(matrixProduct());
  const first = await parts.runtime.deserializeEngine(entry);
  assert.equal(parts.budget.reservedBytes, 10_240, "weights of 8192 bytes, and twice the input");
  await assert.rejects(parts.runtime.deserializeEngine(entry), OutOfMemoryError);
  assert.equal(parts.library.liveHandles(), 1);
  await parts.runtime.releaseEngine(first);
  assert.equal(parts.budget.reservedBytes, 0);
  await parts.runtime.releaseEngine(await parts.runtime.deserializeEngine(entry));
});

Deno.test("what another runtime holds of the budget is not TensorRT's", async () => {
  await using parts = await bench(15_000);
  const entry = await parts.compile(matrixProduct());
  // The file's 8.3 kB would fit, the 10.2 kB of the loaded engine would not: the native side refuses.
  const letGo = parts.budget.reserve(6_000, "another");
  await assert.rejects(parts.runtime.deserializeEngine(entry), OutOfMemoryError);
  letGo();
});

Deno.test("int8: samples give the scales, the cache keeps them, and fp16 is nearer than int8", async () => {
  await using parts = await bench();
  const model = matrixProduct();
  const calibrationSamplesPath = `${parts.folder}/samples.bin`;
  const calibrationCachePath = `${parts.folder}/matrix_product.calibration`;
  const samples = new Uint8Array(model.inputs[0].data.buffer as ArrayBuffer);
  await Deno.writeFile(calibrationSamplesPath, samples);
  await assert.rejects(parts.compile(model, { precision: "int8" }), EngineBuildError);
  const outputs: Record<string, ArrayLike<number>> = {};
  for (const precision of ["fp32", "fp16", "int8", "again"] as const) {
    const entry = await parts.compile(
      model,
      precision === "again"
        ? { precision: "int8", calibrationCachePath }
        : { precision, calibrationCachePath, calibrationSamplesPath },
    );
    const engine = await parts.runtime.deserializeEngine(entry);
    const [y] = await parts.runtime.infer(engine, model.inputs);
    outputs[precision] = Array.from(y.data, Number);
    await parts.runtime.releaseEngine(engine);
  }
  const error = (name: string) =>
    Math.max(...Array.from(outputs[name], (value, i) => Math.abs(value - outputs.fp32[i])));
  assert.ok(error("fp16") > 0 && error("fp16") < 0.01, `${error("fp16")}`);
  assert.ok(error("int8") > error("fp16") && error("int8") < 0.3, `${error("int8")}`);
  assert.deepEqual(outputs.again, outputs.int8);
});

Deno.test("a model that cannot be built is an EngineBuildError that says why", async () => {
  await using parts = await bench();
  await assert.rejects(parts.compile(convolution()), /open axes and no profile/);
  const broken = { ...matrixProduct(), bytes: matrixProduct().bytes.slice(0, 500) };
  await assert.rejects(parts.compile(broken), EngineBuildError);
  const unknown = allModels().find(({ name }) => name === "integer product")!;
  await assert.rejects(parts.compile(unknown), /element type that the reference backend does not/);
  await assert.rejects(
    parts.compile({ ...matrixProduct(), name: "é" }),
    /cannot name an engine: model/,
  );
});

Deno.test("other events run while an engine computes, and answers come in the order of the calls", async () => {
  await using parts = await bench();
  const profile = [1, 1, 1000, 1000];
  const entry = await parts.compile(convolution(), {
    profiles: [{ input: "x", min: [1, 1, 3, 3], optimal: profile, max: profile }],
  });
  const engine = await parts.runtime.deserializeEngine(entry);
  let turns = 0;
  const ticking = setInterval(() => turns++, 1);
  const order: number[] = [];
  const large = convolution(1000, 1000).inputs, small = convolution(5, 5).inputs;
  await Promise.all(
    [large, small].map(async (inputs, i) => {
      await parts.runtime.infer(engine, inputs);
      order.push(i);
    }),
  );
  clearInterval(ticking);
  assert.ok(turns > 5, `${turns} turns of the event loop`);
  assert.deepEqual(order, [0, 1]);
});

Deno.test("an engine that TensorRT does not accept flies on ONNX Runtime, reported once", async () => {
  const parts = await bench();
  const events: InferenceEvent[] = [];
  const config = InferenceConfigSchema.parse({});
  const onnx = new OnnxRuntime({ config, thermalState: () => COOL, onEvent: () => {} });
  const model = matrixProduct();
  const entry = await parts.compile(model);
  await Deno.writeFile(entry.path, (await Deno.readFile(entry.path)).fill(0, 300));
  {
    await using runtime = new FallbackRuntime({
      tensorrt: parts.runtime,
      onnx,
      onEvent: (event) => void events.push(event),
    });
    const engine = await runtime.deserializeEngine(entry);
    for (let i = 0; i < 3; i++) {
      const [y] = await runtime.infer(engine, model.inputs);
      assert.deepEqual([...y.shape], [4, 32]);
    }
    assert.equal(runtime.currentRuntimeLabel(), "onnx_cpu");
  }
  assert.deepEqual(events.map(({ type }) => type), ["fallback_to_onnx_trt_ep"]);
  await parts[Symbol.asyncDispose]();
});

Deno.test("10,000 inferences leave no native handle, and as much memory as before", async () => {
  await using parts = await bench();
  const model = matrixProduct();
  const engine = await parts.runtime.deserializeEngine(await parts.compile(model));
  const run = async (count: number) => {
    for (let i = 0; i < count; i++) await parts.runtime.infer(engine, model.inputs);
  };
  await run(1_000);
  const before = Deno.memoryUsage().rss;
  await run(10_000);
  const grownMiB = (Deno.memoryUsage().rss - before) / 2 ** 20;
  assert.ok(grownMiB < 48, `${grownMiB.toFixed(1)} MiB more`);
  assert.equal(parts.library.liveHandles(), 1);
});

Deno.test("hostile bytes behind a right hash: a typed error or an engine, never a crash", async () => {
  await using parts = await bench(2 ** 22);
  const random = seededRandom(Deno.env.get("GDN_TEST_SEED") ?? "1");
  const { TensorRtEngine, buildPlan } = await import("../../src/native/tensorrt/mod.ts");
  const onnx = matrixProduct().bytes;
  const { engine: plan } = await buildPlan(parts.library, { onnx, precision: "fp32" });
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const bytes = plan.slice(0, random.integer(10) === 0 ? random.integer(plan.length) : undefined);
    for (let change = 0; change <= random.integer(3); change++) {
      // Most of the file is weights: look at its head more often.
      const reach = random.integer(2) === 0 ? 120 : bytes.length;
      const at = 16 + random.integer(Math.max(1, reach - 16));
      if (at < bytes.length) bytes[at] = random.integer(256);
    }
    if (round % 2 === 0 && bytes.length > 16) rehash(bytes);
    try {
      const engine = await TensorRtEngine.load(parts.library, bytes);
      const inputs = engine.tensors.filter(({ isOutput }) => !isOutput);
      await engine.infer(inputs.map(() => ({ shape: [4, 64], bytes: new Uint8Array(1024) })))
        .catch((error) => assert.match(String(error), /NativeError/));
      await engine.close();
    } catch (error) {
      assert.match(String(error), /NativeError/);
      refused++;
    }
  }
  assert.ok(refused > 200, `${refused} of 400 refused`);
  assert.equal(parts.library.liveHandles(), 0);
});

/** FNV-1a over all behind it, as the double's plans have it. */
function rehash(bytes: Uint8Array<ArrayBuffer>): void {
  let hash = 0xcbf29ce484222325n;
  for (let i = 16; i < bytes.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(bytes[i])) * 0x100000001b3n);
  }
  new DataView(bytes.buffer).setBigUint64(8, hash, true);
}

Deno.test({
  name: "without TensorRT the runtime says what to install and how to do without",
  ignore: tensorRtMissing() === undefined || isRequired("tensorrt"),
  fn: () => {
    const open = () =>
      openTensorRtRuntime({
        budget: new GpuMemoryBudget(1),
        precision: "fp16",
        thermalState: () => COOL,
      });
    assert.throws(open, (error) => {
      assert.ok(error instanceof RuntimeNotAvailableError);
      assert.equal(error.exitCode, 69);
      assert.match(error.message, /nvidia-jetpack.*libnvinfer-dev.*deno task build.*onnx_trt_ep/);
      return true;
    });
  },
});
