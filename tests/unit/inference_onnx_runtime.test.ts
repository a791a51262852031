import assert from "node:assert/strict";
import * as ort from "onnxruntime-node";
import {
  EngineDeserializeError,
  InferenceError,
  type Tensor,
  tensor,
} from "../../src/navigation/inference/mod.ts";
import { OrtThread } from "../../src/navigation/inference/ort_thread.ts";
import { scratchFolder } from "../support/scratch.ts";
import {
  allModels,
  convolution,
  greatest,
  matrixProduct,
  type TestModel,
} from "./inference_models.ts";
import { makeRuntime } from "./inference_rig.ts";

async function written(folder: string, { name, bytes }: TestModel): Promise<string> {
  const path = `${folder}/${name.replaceAll(/\W+/g, "_")}.onnx`;
  await Deno.writeFile(path, bytes);
  return path;
}

/** What onnxruntime-node gives without anything of ours in between. */
async function plainOutputs({ bytes, inputs }: TestModel): Promise<readonly Tensor[]> {
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ["cpu"] });
  const feeds = Object.fromEntries(
    inputs.map(({ name, elementType, data, shape }) => [
      name,
      elementType === "float16"
        // The library's class would make a Float16Array of it, which Deno 2.9 hands on as empty.
        ? {
          type: "float16",
          dims: shape,
          location: "cpu",
          data: new Uint16Array(data.buffer),
        } as never
        : new ort.Tensor(elementType, data as never, shape),
    ]),
  );
  const results = await session.run(feeds);
  const outputs = session.outputNames.map((name) => {
    const { type, dims, data } = results[name];
    return { name, elementType: type, shape: [...dims], data } as unknown as Tensor;
  });
  await session.release();
  return outputs;
}

function assertSame(found: readonly Tensor[], expected: readonly Tensor[], within: number): void {
  assert.deepEqual(
    found.map(({ name, elementType, shape }) => ({ name, elementType, shape })),
    expected.map(({ name, elementType, shape }) => ({ name, elementType, shape })),
  );
  for (const [index, { name, data }] of expected.entries()) {
    assert.equal(found[index].data.length, data.length, name);
    for (let i = 0; i < data.length; i++) {
      const off = Math.abs(Number(found[index].data[i]) - Number(data[i]));
      assert.ok(off <= within, `${name}[${i}] is off by ${off}`);
    }
  }
}

for (const model of allModels()) {
  Deno.test(`OnnxRuntime gives what a plain session gives: ${model.name}`, async () => {
    await using scratch = await scratchFolder();
    const folder = scratch.path;
    await using runtime = makeRuntime();
    const engine = await runtime.deserializeEngine({ path: await written(folder, model) });
    const before = structuredClone(model.inputs);
    const outputs = await runtime.infer(engine, model.inputs);
    assertSame(outputs, await plainOutputs(model), 1e-6);
    assert.deepEqual(model.inputs, before, "the caller's inputs are as they were");
    // The second run fills buffers that the first one used.
    assertSame(await runtime.infer(engine, model.inputs), outputs, 0);
  });
}

Deno.test("infer() fills the caller's buffers and returns other outputs in new ones", async () => {
  await using scratch = await scratchFolder();
  const folder = scratch.path;
  await using runtime = makeRuntime();
  const model = greatest();
  const engine = await runtime.deserializeEngine({ path: await written(folder, model) });
  const place = tensor("place", "int64", [2, 5]);
  const [value, filled] = await runtime.infer(engine, model.inputs, [place]);
  assert.equal(filled, place);
  const [expectedValue, expectedPlace] = await plainOutputs(model);
  assert.deepEqual([...value.data], [...expectedValue.data]);
  assert.deepEqual([...place.data], [...expectedPlace.data]);
  assert.ok(place.data.some((each) => each !== 0n));
});

Deno.test("infer() keeps apart what is asked for at the same time", async () => {
  await using scratch = await scratchFolder();
  const folder = scratch.path;
  await using runtime = makeRuntime();
  const one = convolution(24, 17), other = convolution(9, 40), product = matrixProduct();
  const convolve = await runtime.deserializeEngine({ path: await written(folder, one) });
  const multiply = await runtime.deserializeEngine({ path: await written(folder, product) });
  const found = await Promise.all([
    runtime.infer(convolve, one.inputs),
    runtime.infer(multiply, product.inputs),
    runtime.infer(convolve, other.inputs),
  ]);
  assertSame(found[0], await plainOutputs(one), 1e-6);
  assertSame(found[1], await plainOutputs(product), 1e-6);
  assertSame(found[2], await plainOutputs(other), 1e-6);
});

Deno.test("infer() refuses tensors that do not fit, before anything runs", async () => {
  await using scratch = await scratchFolder();
  const folder = scratch.path;
  await using runtime = makeRuntime();
  const engine = await runtime.deserializeEngine({ path: await written(folder, matrixProduct()) });
  const x = tensor("x", "float32", [4, 64]);
  const refused: [RegExp, Tensor[], Tensor[]?][] = [
    [/"x" was given 0 times/, []],
    [/"x" was given 2 times/, [x, x]],
    [/no input "z"/, [x, tensor("z", "float32", [1])]],
    [/float32 \[4, 63\], the model declares float32 \[4, 64\]/, [tensor("x", "float32", [4, 63])]],
    [/is int8 \[4, 64\]/, [tensor("x", "int8", [4, 64])]],
    [/over 3 elements/, [{ ...x, data: new Float32Array(3) }]],
    [/of Float64Array/, [{ ...x, data: new Float64Array(256) } as unknown as Tensor]],
    [/no output "z"/, [x], [tensor("z", "float32", [4, 32])]],
    [/"y" is float32 \[4, 31\]/, [x], [tensor("y", "float32", [4, 31])]],
  ];
  for (const [message, inputs, outputs] of refused) {
    await assert.rejects(
      runtime.infer(engine, inputs, outputs),
      (error) => error instanceof InferenceError && message.test(error.message),
    );
  }
});

Deno.test("deserializeEngine() refuses what is no model, with a typed error", async () => {
  await using scratch = await scratchFolder();
  const folder = scratch.path;
  await using runtime = makeRuntime();
  await Deno.writeTextFile(`${folder}/text.onnx`, "not a model");
  await assert.rejects(
    runtime.deserializeEngine({ path: `${folder}/text.onnx` }),
    EngineDeserializeError,
  );
  await assert.rejects(
    runtime.deserializeEngine({ path: `${folder}/absent.onnx` }),
    EngineDeserializeError,
  );
});

Deno.test("releaseEngine() is idempotent, and a released engine runs no more", async () => {
  await using scratch = await scratchFolder();
  const folder = scratch.path;
  await using runtime = makeRuntime();
  const model = matrixProduct();
  const engine = await runtime.deserializeEngine({ path: await written(folder, model) });
  const running = runtime.infer(engine, model.inputs);
  await runtime.releaseEngine(engine);
  await runtime.releaseEngine(engine);
  assert.equal((await running).length, 1, "what was asked for before is done");
  await assert.rejects(runtime.infer(engine, model.inputs), InferenceError);
  const again = await runtime.deserializeEngine({ path: await written(folder, model) });
  assert.equal((await runtime.infer(again, model.inputs)).length, 1);
});

Deno.test("a thread that ends by itself costs one inference: the next one runs on another thread", async () => {
  await using scratch = await scratchFolder();
  const folder = scratch.path;
  const threads: OrtThread[] = [];
  await using runtime = makeRuntime({}, {
    startThread: () => {
      threads.push(new OrtThread());
      return threads.at(-1)!;
    },
  });
  const released = convolution(9, 40), model = matrixProduct(), other = greatest();
  const first = await runtime.deserializeEngine({ path: await written(folder, released) });
  const engine = await runtime.deserializeEngine({ path: await written(folder, model) });
  const second = await runtime.deserializeEngine({ path: await written(folder, other) });
  await runtime.releaseEngine(first);
  const running = [runtime.infer(engine, model.inputs), runtime.infer(second, other.inputs)];
  threads[0].terminate();
  for (const { status, reason } of await Promise.allSettled(running) as PromiseRejectedResult[]) {
    assert.equal(status, "rejected");
    assert.ok(reason instanceof InferenceError, `${reason}`);
    assert.match(reason.message, /the inference thread has ended .*; the next inference starts/);
  }
  const again = await Promise.all([
    runtime.infer(engine, model.inputs),
    runtime.infer(second, other.inputs),
  ]);
  assertSame(again[0], await plainOutputs(model), 1e-6);
  assertSame(again[1], await plainOutputs(other), 1e-6);
  assert.equal(threads.length, 2, "one for both");
  threads[1].terminate();
  await runtime.releaseEngine(engine);
  assert.equal((await runtime.infer(second, other.inputs)).length, 2, "the release noticed it");
});
