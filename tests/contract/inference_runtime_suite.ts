/**
 * What every `InferenceRuntime` does, whatever runs the models.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type Engine,
  EngineDeserializeError,
  InferenceError,
  type InferenceRuntime,
  type RuntimeLabel,
  type Tensor,
  tensor,
} from "../../src/navigation/inference/mod.ts";
import { scratchFolder } from "../support/scratch.ts";
import {
  convolution,
  halfPrecision,
  matrixProduct,
  type TestModel,
} from "../unit/inference_models.ts";

interface RuntimeUnderTest {
  readonly runtime: InferenceRuntime;
  /** Native objects that are alive; a runtime that cannot tell says 0. */
  liveObjects(): number;
}

interface Supports {
  readonly label: RuntimeLabel;
  readonly ignore?: boolean;
}

const OPEN_AXES = [
  { input: "x", min: [1, 1, 3, 3], optimal: [1, 1, 24, 17], max: [1, 1, 64, 64] },
];

/** y = x · w by hand, in double. */
function product({ inputs: [x] }: TestModel, w: (i: number) => number): number[] {
  const [rows, inner] = x.shape, columns = 32;
  return Array.from({ length: rows * columns }, (_, at) => {
    const row = Math.floor(at / columns), column = at % columns;
    let sum = 0;
    for (let i = 0; i < inner; i++) {
      sum += Number(x.data[row * inner + i]) * Math.fround(w(i * columns + column));
    }
    return sum;
  });
}

const wave = (i: number) => Math.sin(0.7 * i) + 0.1 * Math.cos(3 * i);

interface Loading extends RuntimeUnderTest {
  /** Compiles a model for the runtime and loads it. */
  load(model: TestModel): Promise<Engine>;
}
type TestOf = (what: string, body: (parts: Loading) => Promise<void>) => void;

/** Runs the suite; `make` gives a runtime of its own to each test. */
export function inferenceRuntimeSuite(
  name: string,
  make: () => RuntimeUnderTest,
  { label, ignore = false }: Supports,
): void {
  const test: TestOf = (what, body) =>
    Deno.test(`${name}: ${what}`, { ignore }, async () => {
      await using folder = await scratchFolder();
      const parts = make();
      try {
        const load = (model: TestModel) => compileAndLoad(parts.runtime, folder.path, model);
        await body({ ...parts, load });
      } finally {
        await parts.runtime[Symbol.asyncDispose]();
      }
    });
  answers(test, label);
  overlaps(test);
  refusals(test);
}

async function compileAndLoad(
  runtime: InferenceRuntime,
  folder: string,
  { name, bytes }: TestModel,
): Promise<Engine> {
  const modelPath = `${folder}/${name.replaceAll(/\W+/g, "_")}.onnx`;
  await Deno.writeFile(modelPath, bytes);
  const entry = await runtime.compileEngine({
    modelPath,
    engineFolder: folder,
    precision: "fp32",
    ...(name.includes("open axes") ? { profiles: OPEN_AXES } : {}),
  });
  return await runtime.deserializeEngine(entry);
}

function answers(test: TestOf, label: RuntimeLabel): void {
  test("runs a model and gives what its mathematics says", async ({ runtime, load }) => {
    const model = matrixProduct();
    const engine = await load(model);
    assert.deepEqual(engine.inputs.map(({ name, shape }) => ({ name, shape: [...shape] })), [
      { name: "x", shape: [4, 64] },
    ]);
    const [y] = await runtime.infer(engine, model.inputs);
    assert.deepEqual([y.name, y.elementType, [...y.shape]], ["y", "float32", [4, 32]]);
    for (const [i, expected] of product(model, wave).entries()) {
      assert.ok(Math.abs(Number(y.data[i]) - expected) < 1e-4, `${i}: ${y.data[i]}, ${expected}`);
    }
    assert.equal(runtime.currentRuntimeLabel(), label);
  });

  test("open axes: outputs follow the inputs' shapes", async ({ runtime, load }) => {
    const engine = await load(convolution());
    for (const [rows, columns] of [[24, 17], [5, 9], [64, 64]]) {
      const [y] = await runtime.infer(engine, convolution(rows, columns).inputs);
      assert.deepEqual([...y.shape], [1, 8, rows, columns]);
      assert.equal(y.data.length, 8 * rows * columns);
    }
  });

  test("half precision stays half precision", async ({ runtime, load }) => {
    const model = halfPrecision();
    const [y] = await runtime.infer(await load(model), model.inputs);
    assert.equal(y.elementType, "float16");
    assert.ok(y.data instanceof Float16Array);
    assert.ok(y.data.some((value) => Number(value) !== 0));
  });

  test("writes into the tensor that the caller gives", async ({ runtime, load }) => {
    const model = matrixProduct();
    const engine = await load(model);
    const [expected] = await runtime.infer(engine, model.inputs);
    const own = tensor("y", "float32", [4, 32]);
    const [y] = await runtime.infer(engine, model.inputs, [own]);
    assert.equal(y.data, own.data);
    assert.deepEqual(own.data, expected.data);
  });
}

function overlaps(test: TestOf): void {
  test("inferences overlap, each with its own answer, and inputs may be changed at once", async ({ runtime, load }) => {
    const model = matrixProduct();
    const engine = await load(model);
    const scaled = (factor: number): Tensor => {
      const x = tensor("x", "float32", [4, 64]);
      x.data.set((model.inputs[0].data as Float32Array).map((value) => value * factor));
      return x;
    };
    const [one] = await runtime.infer(engine, model.inputs);
    const running = [1, 2, 3, 4].map((factor) => {
      const x = scaled(factor);
      const answer = runtime.infer(engine, [x]);
      (x.data as Float32Array).fill(NaN);
      return answer;
    });
    for (const [i, [y]] of (await Promise.all(running)).entries()) {
      for (let at = 0; at < y.data.length; at++) {
        assert.ok(Math.abs(Number(y.data[at]) - (i + 1) * Number(one.data[at])) < 1e-4);
      }
    }
  });
}

function refusals(test: TestOf): void {
  test("tensors that do not fit are refused, and the engine runs on", async ({ runtime, load }) => {
    const model = matrixProduct();
    const engine = await load(model);
    const wrong: readonly (readonly Tensor[])[] = [
      [],
      [tensor("z", "float32", [4, 64])],
      [tensor("x", "float32", [4, 63])],
      [tensor("x", "float16", [4, 64])],
      [...model.inputs, ...model.inputs],
    ];
    for (const inputs of wrong) {
      await assert.rejects(runtime.infer(engine, inputs), InferenceError);
    }
    await assert.rejects(
      runtime.infer(engine, model.inputs, [tensor("y", "float32", [4, 31])]),
      InferenceError,
    );
    assert.equal((await runtime.infer(engine, model.inputs)).length, 1);
  });

  test("a released engine is refused; releasing again does nothing", async ({ runtime, load, liveObjects }) => {
    const model = matrixProduct();
    const engine = await load(model), other = await load(model);
    const running = runtime.infer(engine, model.inputs);
    await runtime.releaseEngine(engine);
    await runtime.releaseEngine(engine);
    assert.equal((await running).length, 1, "what was asked for before is answered");
    await assert.rejects(runtime.infer(engine, model.inputs), InferenceError);
    assert.equal((await runtime.infer(other, model.inputs)).length, 1);
    await runtime.releaseEngine(other);
    assert.equal(liveObjects(), 0);
  });

  test("a file that is not there, or no model, is refused", async ({ runtime }) => {
    await using folder = await scratchFolder();
    const path = `${folder.path}/nothing.onnx`;
    await assert.rejects(runtime.deserializeEngine({ path }), EngineDeserializeError);
    await Deno.writeTextFile(path, "no model");
    await assert.rejects(runtime.deserializeEngine({ path }), EngineDeserializeError);
  });
}
