import assert from "node:assert/strict";
import {
  GpuMemoryBudget,
  InferenceConfigSchema,
  OnnxRuntime,
  openTensorRtRuntime,
  TensorRtRuntime,
} from "../../src/navigation/inference/mod.ts";
import { REPOSITORY } from "../support/paths.ts";
import { isRequired, openReference, tensorRtMissing } from "../support/tensorrt.ts";
import { COOL } from "../unit/inference_rig.ts";
import { inferenceRuntimeSuite } from "./inference_runtime_suite.ts";

const parts = () => ({
  thermalState: () => COOL,
  budget: new GpuMemoryBudget(2 ** 30),
  precision: "fp32" as const,
});

inferenceRuntimeSuite("onnx_cpu", () => ({
  runtime: new OnnxRuntime({
    ...parts(),
    config: InferenceConfigSchema.parse({}),
    onEvent: () => {},
  }),
  liveObjects: () => 0,
}), { label: "onnx_cpu" });

// Without a GPU: its CPU provider, behind those that could not load the model.
inferenceRuntimeSuite("onnx_trt_ep", () => ({
  runtime: new OnnxRuntime({
    ...parts(),
    config: InferenceConfigSchema.parse({
      runtime: "onnx_trt_ep",
      ortTrtCacheDir: `${REPOSITORY}/build/ort_cache`,
    }),
    onEvent: () => {},
  }),
  liveObjects: () => 0,
}), { label: "onnx_trt_ep" });

inferenceRuntimeSuite("tensorrt on its CPU double", () => {
  const library = openReference();
  return {
    runtime: new TensorRtRuntime({ ...parts(), library }),
    liveObjects: () => library.liveHandles(),
  };
}, { label: "tensorrt" });

const missing = tensorRtMissing();
inferenceRuntimeSuite(
  missing === undefined ? "tensorrt" : `tensorrt (skipped: ${missing})`,
  () => ({ runtime: openTensorRtRuntime(parts()), liveObjects: () => 0 }),
  { label: "tensorrt", ignore: missing !== undefined },
);

Deno.test("tensorrt is there where REQUIRE_BACKENDS names it", () => {
  if (isRequired("tensorrt")) assert.equal(missing, undefined);
});
