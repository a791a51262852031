/**
 * Execution providers of ONNX Runtime, and their options.
 *
 * @module
 */
import type { InferenceConfig } from "./config.ts";

/** In order of preference. */
const ORT_PROVIDERS = ["tensorrt", "cuda", "cpu"] as const;
export type OrtProvider = (typeof ORT_PROVIDERS)[number];

/** As onnxruntime-node takes them: the provider's own options are strings. */
export interface ProviderArgs {
  readonly name: OrtProvider;
  readonly deviceId?: number;
  readonly [option: string]: string | number | undefined;
}

type ProviderSettings = Pick<
  InferenceConfig,
  "gpuMemoryBudgetBytes" | "ortTrtCacheDir" | "precision"
>;

/** What TensorRT may take for its workspace: a quarter of the budget, for engines stand beside it. */
export function workspaceBytes(gpuMemoryBudgetBytes: number): number {
  return Math.floor(gpuMemoryBudgetBytes / 4);
}

/**
 * The providers from `first` on with their options. The one place that knows the names of the options:
 * those of the TensorRT and CUDA execution providers of ONNX Runtime 1.30 (`trt_…` of
 * `OrtTensorRTProviderOptionsV2`, `gpu_mem_limit` and others of `OrtCUDAProviderOptionsV2`).
 *
 * The binding of the npm package 1.30 passes on `deviceId` alone; the others reach a provider
 * through a binding that passes on all of them.
 */
export function buildProviderArgs(
  settings: ProviderSettings,
  first: OrtProvider = "tensorrt",
): ProviderArgs[] {
  const { gpuMemoryBudgetBytes, ortTrtCacheDir, precision } = settings;
  const all: Record<OrtProvider, ProviderArgs> = {
    tensorrt: {
      name: "tensorrt",
      deviceId: 0,
      trt_max_workspace_size: String(workspaceBytes(gpuMemoryBudgetBytes)),
      trt_fp16_enable: precision === "fp32" ? "0" : "1",
      trt_int8_enable: precision === "int8" ? "1" : "0",
      trt_engine_cache_enable: "1",
      trt_engine_cache_path: ortTrtCacheDir ?? "",
      trt_timing_cache_enable: "1",
      trt_timing_cache_path: ortTrtCacheDir ?? "",
    },
    cuda: {
      name: "cuda",
      deviceId: 0,
      gpu_mem_limit: String(gpuMemoryBudgetBytes),
      arena_extend_strategy: "kSameAsRequested",
    },
    cpu: { name: "cpu" },
  };
  return ORT_PROVIDERS.slice(ORT_PROVIDERS.indexOf(first)).map((name) => all[name]);
}
