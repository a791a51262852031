/** Half precision from a model to the index: no step of the way makes it single precision. */
import assert from "node:assert/strict";
import { l2Normalise } from "../../src/core/mod.ts";
import { scratchFolder } from "../support/scratch.ts";
import { halfPrecision } from "./inference_models.ts";
import { makeRuntime } from "./inference_rig.ts";

Deno.test("a descriptor of half precision is the product that arithmetic gives, and stays half precision", async () => {
  await using scratch = await scratchFolder();
  await using runtime = makeRuntime();
  const { bytes, inputs: [x], weights } = halfPrecision();
  const path = `${scratch.path}/half.onnx`;
  await Deno.writeFile(path, bytes);
  const [y] = await runtime.infer(await runtime.deserializeEngine({ path }), [x]);
  assert.equal(y.elementType, "float16");
  assert.ok(y.data instanceof Float16Array);
  for (let row = 0; row < 2; row++) {
    for (let column = 0; column < 16; column++) {
      let sum = Number(x.data[16 * row + column]);
      for (let k = 0; k < 16; k++) {
        sum += Number(x.data[16 * row + k]) * Number(weights.data[16 * k + column]);
      }
      const found: number = y.data[16 * row + column];
      // 11 bits of significand, and a product that is rounded before the sum.
      assert.ok(Math.abs(found - sum) <= 2 ** -10 * (1 + Math.abs(sum)), `${found}, not ${sum}`);
      assert.equal(found, Math.f16round(found));
    }
  }
  const unit = l2Normalise(y.data, 16);
  assert.ok(unit instanceof Float16Array);
  const length = Math.hypot(...unit.subarray(0, 16));
  assert.ok(Math.abs(length - 1) < 2 ** -9, `${length}`);
});
