/** Models of other sizes and kinds than XFeat's own file, made here. */
import assert from "node:assert/strict";
import { DataError, monotonicNs, seededRandom } from "../../src/core/mod.ts";
import {
  InferenceConfigSchema,
  InferenceError,
  OnnxRuntime,
  tensor,
  unmeasured,
} from "../../src/navigation/inference/mod.ts";
import { OnnxMatcherConfigSchema, XfeatExtractor } from "../../src/navigation/matcher/mod.ts";
import { ModelDescriber } from "../../src/navigation/place_recognition/mod.ts";
import { onnxModel } from "../support/onnx_model.ts";

const CONFIG = OnnxMatcherConfigSchema.parse({});

/** A filter of 8 × 8 pixels for each channel of each output, every `strides` pixels; pictures of any size. */
function model(
  outputs: Readonly<Record<string, number>>,
  strides: readonly [number, number] = [8, 8],
): Uint8Array<ArrayBuffer> {
  const random = seededRandom("small model");
  const names = Object.entries(outputs);
  return onnxModel({
    nodes: names.map(([name]) => ({
      type: "Conv",
      inputs: ["image", `${name}_filters`],
      outputs: [name],
      attributes: { kernel_shape: [8, 8], strides },
    })),
    inputs: [{ name: "image", elementType: "float32", shape: [1, 1, null, null] }],
    outputs: names.map(([name, channels]) => ({
      name,
      elementType: "float32",
      shape: [1, channels, null, null],
    })),
    constants: names.map(([name, channels]) =>
      tensor(
        `${name}_filters`,
        "float32",
        [channels, 1, 8, 8],
        Float32Array.from({ length: channels * 64 }, () => 0.3 * random.normal()).buffer,
      )
    ),
  });
}

async function withModel(
  bytes: Uint8Array<ArrayBuffer>,
  body: (runtime: OnnxRuntime, path: string) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".onnx" });
  try {
    await Deno.writeFile(path, bytes);
    await using runtime = new OnnxRuntime({
      config: InferenceConfigSchema.parse({}),
      thermalState: () => unmeasured(monotonicNs(0)),
      onEvent: () => {},
    });
    await body(runtime, path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("a model of open size gets smaller pictures while the computer throttles", async () => {
  await withModel(model({ feats: 64, keypoints: 65, heatmap: 1 }), async (runtime, path) => {
    let scale = 1;
    const options = { runtime, model: { path }, config: CONFIG, inputScale: () => scale };
    await using extractor = await XfeatExtractor.open(options);
    assert.deepEqual(extractor.pictureSize(), { widthPx: 640, heightPx: 480 });
    scale = 0.5;
    const size = extractor.pictureSize();
    assert.deepEqual(size, { widthPx: 320, heightPx: 224 });
    const random = seededRandom("picture");
    const pixels = Uint8Array.from({ length: 200 * 150 }, () => random.integer(256));
    const picture = { widthPx: 200, heightPx: 150, pixels };
    const found = await extractor.extract(picture, size);
    assert.ok(found.count > 0 && found.descriptors.length === 64 * found.count);
    assert.deepEqual(await extractor.extract(picture, size), found);
    await assert.rejects(
      extractor.extract({ ...picture, widthPx: 400, heightPx: 75 }, size),
      RangeError,
    );
  });
});

Deno.test("a model of another kind is refused by name", async () => {
  await withModel(model({ feats: 64, heatmap: 1 }), async (runtime, path) => {
    const options = { runtime, model: { path }, config: CONFIG, inputScale: () => 1 };
    await assert.rejects(XfeatExtractor.open(options), (error) => {
      assert.ok(error instanceof DataError && error.path === path);
      assert.match(error.message, /none of its outputs is float32 of 1 × 65/);
      return true;
    });
  });
  await withModel(model({ feats: 16 }), async (runtime, path) => {
    await assert.rejects(ModelDescriber.open(runtime, { path }), (error) => {
      assert.ok(error instanceof DataError && error.path === path);
      assert.match(error.message, /no grid of 64 to 128 features/);
      return true;
    });
  });
});

Deno.test("a model of open size with cells of other sides is refused at its first picture", async () => {
  const pixels = new Uint8Array(160 * 160).map((_, i) => i * 7 % 256);
  const picture = { widthPx: 160, heightPx: 160, pixels };
  await withModel(model({ f: 64, k: 65, h: 1 }, [8, 16]), async (runtime, path) => {
    const options = { runtime, model: { path }, config: CONFIG, inputScale: () => 1 };
    await using extractor = await XfeatExtractor.open(options);
    await assert.rejects(
      extractor.extract(picture, { widthPx: 160, heightPx: 160 }),
      (error) => error instanceof InferenceError && /has 20 × 10 cells/.test(error.message),
    );
    await using describer = await ModelDescriber.open(runtime, { path });
    await assert.rejects(
      describer.describe(picture),
      (error) =>
        error instanceof InferenceError && /20 × 10 features .* square/.test(error.message),
    );
  });
});
