/**
 * The runtime that the configuration names.
 *
 * @module
 */
import { RuntimeNotAvailableError } from "../../core/mod.ts";
import type { InferenceRuntime } from "./contract.ts";
import type { EngineHost } from "./engine_name.ts";
import { FallbackRuntime } from "./fallback_runtime.ts";
import { GpuMemoryBudget } from "./gpu_memory_budget.ts";
import { OnnxRuntime, type OnnxRuntimeOptions } from "./onnx_runtime.ts";
import { openTensorRtRuntime, type TensorRtRuntime } from "./tensorrt_runtime.ts";

type OpenRuntimeOptions = Pick<OnnxRuntimeOptions, "config" | "thermalState" | "onEvent">;

/** ONNX Runtime is loaded by the first model; where TensorRT is not installed it takes its place. */
export function openRuntime(options: OpenRuntimeOptions): InferenceRuntime {
  const { config, onEvent, thermalState } = options;
  const budget = new GpuMemoryBudget(config.gpuMemoryBudgetBytes);
  const host = () => hostOf({ budget, thermalState, precision: config.precision });
  const onnx = new OnnxRuntime({ ...options, budget, host });
  if (config.runtime !== "tensorrt") return onnx;
  return new FallbackRuntime({
    tensorrt: openOrError({ budget, thermalState, precision: config.precision }),
    onnx,
    onEvent,
  });
}

type TensorRtParts = Parameters<typeof openTensorRtRuntime>[0];

function openOrError(parts: TensorRtParts): TensorRtRuntime | RuntimeNotAvailableError {
  try {
    return openTensorRtRuntime(parts);
  } catch (error) {
    if (error instanceof RuntimeNotAvailableError) return error;
    throw error;
  }
}

/** What engines must have been built for; null where TensorRT is not installed. */
async function hostOf(parts: TensorRtParts): Promise<EngineHost | null> {
  const tensorrt = openOrError(parts);
  if (tensorrt instanceof RuntimeNotAvailableError) return null;
  await using opened = tensorrt;
  return await opened.host();
}
