import assert from "node:assert/strict";
import { EXIT } from "../../src/core/mod.ts";
import {
  buildEngineName,
  describeEngine,
  EngineDeserializeError,
  EngineHashMismatchError,
  type EngineHost,
  EngineHostMismatchError,
  EngineSchemaMismatchError,
  EngineSidecarMissingError,
  EngineTruncatedError,
  readEngine,
  sidecarPath,
} from "../../src/navigation/inference/mod.ts";
import { fc } from "../support/properties.ts";
import { scratchFolder } from "../support/scratch.ts";
import { matrixProduct } from "./inference_models.ts";
import { makeRecorded } from "./inference_rig.ts";

const HOST: EngineHost = { sm: 87, jetpack: "6.2", tensorrt: "10.3.0" };
const ENGINE = Uint8Array.from({ length: 5000 }, (_, i) => i * 31 % 256);

interface Written {
  readonly path: string;
  readonly modelPath: string;
}

/** A model, the engine that stands for it, and the engine's sidecar. */
async function written(folder: string, host = HOST): Promise<Written> {
  const file = buildEngineName({ model: "product", precision: "fp16", ...host });
  const [path, modelPath] = [`${folder}/${file}`, `${folder}/product.onnx`];
  const { bytes: model } = matrixProduct();
  await Deno.writeFile(modelPath, model);
  await Deno.writeFile(path, ENGINE);
  await Deno.writeTextFile(
    sidecarPath(path),
    JSON.stringify(describeEngine(file, ENGINE, model)),
  );
  return { path, modelPath };
}

async function changeSidecar(path: string, changes: Record<string, unknown>): Promise<void> {
  const sidecar = JSON.parse(await Deno.readTextFile(sidecarPath(path)));
  await Deno.writeTextFile(sidecarPath(path), JSON.stringify({ ...sidecar, ...changes }));
}

type Refusal = new (...args: never[]) => EngineDeserializeError;

/** Each makes of a good engine one that is refused, and how. */
const REFUSED: readonly [string, Refusal, (engine: Written) => Promise<Partial<Written> | void>][] =
  [
    ["another GPU", EngineHostMismatchError, ({ path }) => renamed(path, { ...HOST, sm: 90 })],
    [
      "another JetPack",
      EngineHostMismatchError,
      ({ path }) => renamed(path, { ...HOST, jetpack: "6.1" }),
    ],
    [
      "another TensorRT",
      EngineHostMismatchError,
      ({ path }) => renamed(path, { ...HOST, tensorrt: "10.3.1" }),
    ],
    ["a name without a host", EngineSchemaMismatchError, async ({ path }) => {
      const plain = path.replace(/[^/]*$/, "product.engine");
      await Deno.rename(path, plain);
      await Deno.rename(sidecarPath(path), sidecarPath(plain));
      return { path: plain };
    }],
    [
      "a missing sidecar",
      EngineSidecarMissingError,
      ({ path }) => Deno.remove(sidecarPath(path)),
    ],
    [
      "a sidecar that is no JSON",
      EngineSchemaMismatchError,
      ({ path }) => Deno.writeTextFile(sidecarPath(path), "{"),
    ],
    [
      "a sidecar of a later schema",
      EngineSchemaMismatchError,
      ({ path }) => changeSidecar(path, { schemaVersion: 2 }),
    ],
    [
      "the sidecar of another engine",
      EngineSchemaMismatchError,
      ({ path }) => changeSidecar(path, { file: "other.sm87.jp6.2.trt10.3.0.fp16.engine" }),
    ],
    [
      "a truncated engine",
      EngineTruncatedError,
      ({ path }) => Deno.writeFile(path, ENGINE.subarray(0, 4096)),
    ],
    ["one flipped bit", EngineHashMismatchError, ({ path }) => {
      const bytes = ENGINE.slice();
      bytes[1234] ^= 1;
      return Deno.writeFile(path, bytes);
    }],
    ["a model that the engine was not built from", EngineHashMismatchError, ({ modelPath }) => {
      const bytes = matrixProduct().bytes;
      bytes[bytes.length - 1] ^= 1;
      return Deno.writeFile(modelPath, bytes);
    }],
    [
      "a sidecar without end",
      EngineDeserializeError,
      ({ path }) => Deno.truncate(sidecarPath(path), 2 ** 33),
    ],
    ["a pipe for an engine", EngineDeserializeError, async ({ path }) => {
      await Deno.remove(path);
      await new Deno.Command("mkfifo", { args: [path] }).output();
    }],
    [
      "a model larger than a model can be",
      EngineDeserializeError,
      ({ modelPath }) => Deno.truncate(modelPath, 2 ** 36),
    ],
    ["an absent engine", EngineDeserializeError, ({ path }) => Deno.remove(path)],
  ];

async function renamed(path: string, host: EngineHost): Promise<Partial<Written>> {
  const file = buildEngineName({ model: "product", precision: "fp16", ...host });
  const to = path.replace(/[^/]*$/, file);
  await Deno.rename(path, to);
  await Deno.rename(sidecarPath(path), sidecarPath(to));
  await changeSidecar(to, { file });
  return { path: to };
}

for (const [what, type, spoil] of REFUSED) {
  Deno.test(`the gate refuses ${what}, before any byte reaches the runtime`, async () => {
    await using scratch = await scratchFolder();
    const good = await written(scratch.path);
    const engine = { ...good, ...await spoil(good) };
    const { runtime, thread } = makeRecorded({
      runtime: "onnx_trt_ep",
      ortTrtCacheDir: `${scratch.path}/cache`,
    }, { host: () => Promise.resolve(HOST) });
    await assert.rejects(runtime.deserializeEngine(engine), (error) => {
      assert.ok(error instanceof EngineDeserializeError);
      assert.equal(error.constructor, type, String(error));
      return true;
    });
    assert.deepEqual(thread.calls, []);
    assert.ok(!await Deno.stat(`${scratch.path}/cache`).then(() => true, () => false));
  });
}

Deno.test("an engine that passes the gate is staged, and its model is loaded", async () => {
  await using scratch = await scratchFolder();
  const engine = await written(scratch.path);
  const cache = `${scratch.path}/cache`;
  const { runtime, thread } = makeRecorded({
    runtime: "onnx_trt_ep",
    ortTrtCacheDir: cache,
  }, { host: () => Promise.resolve(HOST) });
  const staged = `${cache}/${engine.path.split("/").at(-1)}`;
  // A stale file of that name is replaced, and the same one left alone.
  await Deno.mkdir(cache);
  await Deno.writeTextFile(staged, "stale");
  for (let i = 0; i < 2; i++) {
    await runtime.deserializeEngine(engine);
    assert.deepEqual(await Deno.readFile(staged), ENGINE);
  }
  assert.equal(thread.opened[0].bytes, matrixProduct().bytes.length);
  assert.equal((await Deno.stat(staged)).ino, (await Deno.stat(engine.path)).ino, "a link");
});

Deno.test("a model that is not there: exit code 66, and its name", async () => {
  await using scratch = await scratchFolder();
  const { runtime } = makeRecorded({});
  await assert.rejects(
    runtime.deserializeEngine({ path: `${scratch.path}/absent.onnx` }),
    (error) => {
      assert.ok(error instanceof EngineDeserializeError);
      assert.equal(error.exitCode, EXIT.noInput);
      assert.match(error.message, /^Cannot load absent\.onnx: /);
      return true;
    },
  );
});

Deno.test("without TensorRT on the host no engine is read", async () => {
  await using scratch = await scratchFolder();
  const engine = await written(scratch.path);
  const { runtime, thread } = makeRecorded({});
  await assert.rejects(runtime.deserializeEngine(engine), EngineHostMismatchError);
  assert.deepEqual(thread.calls, []);
});

Deno.test("the flight package's hash must agree with engine and model", async () => {
  await using scratch = await scratchFolder();
  const { path, modelPath } = await written(scratch.path);
  const sha256 = "0".repeat(64);
  await assert.rejects(readEngine({ path, sha256 }, HOST), EngineHashMismatchError);
  const { sidecar } = await readEngine({ path }, HOST);
  await readEngine({ path, sha256: sidecar.sha256 }, HOST);
  const { runtime, thread } = makeRecorded({});
  await assert.rejects(
    runtime.deserializeEngine({ path: modelPath, sha256 }),
    EngineHashMismatchError,
  );
  assert.deepEqual(thread.calls, []);
  await runtime.deserializeEngine({ path: modelPath, sha256: sidecar.modelSha256 });
});

Deno.test("damage anywhere in engine, sidecar or model: a typed refusal, and nothing reaches the runtime", async () => {
  await using scratch = await scratchFolder();
  const good = await written(scratch.path);
  const files = [good.path, sidecarPath(good.path), good.modelPath];
  const originals = await Promise.all(files.map((file) => Deno.readFile(file)));
  const damage = fc.record({
    file: fc.nat(files.length - 1),
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    flip: fc.integer({ min: 1, max: 255 }),
    cut: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ file, at, flip, cut }) => {
      const original = originals[file];
      const place = Math.floor(at * original.length);
      const bytes = cut ? original.slice(0, place) : original.slice();
      if (!cut) bytes[place] ^= flip;
      await Deno.writeFile(files[file], bytes);
      const { runtime, thread } = makeRecorded({}, { host: () => Promise.resolve(HOST) });
      const refused = await runtime.deserializeEngine(good).then(() => null, (error) => error);
      await Deno.writeFile(files[file], original);
      assert.ok(refused instanceof EngineDeserializeError, `${refused}`);
      assert.deepEqual(thread.calls, []);
    }),
    { numRuns: 150 },
  );
});
