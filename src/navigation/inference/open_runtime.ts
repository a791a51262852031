/**
 * The runtime that the configuration names.
 *
 * @module
 */
import { RuntimeNotAvailableError } from "../../core/mod.ts";
import type { InferenceRuntime } from "./contract.ts";
import { FallbackRuntime } from "./fallback_runtime.ts";
import { GpuMemoryBudget } from "./gpu_memory_budget.ts";
import { OnnxRuntime, type OnnxRuntimeOptions } from "./onnx_runtime.ts";

interface OpenRuntimeOptions extends Omit<OnnxRuntimeOptions, "budget" | "startThread"> {
  /**
   * Opens TensorRT with the budget that both runtimes share.
   *
   * @throws RuntimeNotAvailableError where it is not installed: ONNX Runtime takes its place
   */
  readonly openTensorRt: (budget: GpuMemoryBudget) => InferenceRuntime;
}

/** Nothing is loaded before the first model is. */
export function openRuntime(options: OpenRuntimeOptions): InferenceRuntime {
  const { config, onEvent, openTensorRt } = options;
  const budget = new GpuMemoryBudget(config.gpuMemoryBudgetBytes);
  const onnx = new OnnxRuntime({ ...options, budget });
  if (config.runtime !== "tensorrt") return onnx;
  try {
    return new FallbackRuntime({ tensorrt: openTensorRt(budget), onnx, onEvent });
  } catch (error) {
    if (!(error instanceof RuntimeNotAvailableError)) throw error;
    return new FallbackRuntime({ tensorrt: error, onnx, onEvent });
  }
}
