/**
 * Settings of inference. Everything has a default with which no model is needed.
 *
 * @module
 */
import { isAbsolute } from "node:path";
import * as z from "zod";
import { quantity } from "../../core/mod.ts";

export const InferenceConfigSchema = z.strictObject({
  /** What runs models. `onnx_trt_ep`: TensorRT, CUDA or the CPU, whichever ONNX Runtime finds first. */
  runtime: z.enum(["tensorrt", "onnx_trt_ep", "onnx_cpu"]).default("onnx_cpu"),
  /** Engines and their workspaces together; a load that would exceed it is refused beforehand. */
  gpuMemoryBudgetBytes: z.int().positive().default(2 ** 31),
  /** Where ONNX Runtime keeps the engines that TensorRT makes for it; needed by both GPU runtimes. */
  ortTrtCacheDir: z.string().refine(isAbsolute, "must be an absolute path").nullable().default(
    null,
  ),
  /** Refuse a model rather than run it on the CPU alone. */
  ortDisallowCpuFallback: z.boolean().default(false),
  precision: z.enum(["fp32", "fp16", "int8"]).default("fp16"),
  /** Threads of one operator on the CPU; 0: one for each core. */
  intraOpThreads: z.int().min(0).max(64).default(1),
  /** How often temperatures and throttling are read. */
  thermalPollHz: quantity.rateHz.max(20).default(1),
}).refine(({ runtime, ortTrtCacheDir }) => runtime === "onnx_cpu" || ortTrtCacheDir !== null, {
  path: ["ortTrtCacheDir"],
  message: "must be set for the runtimes tensorrt and onnx_trt_ep",
});
export type InferenceConfig = Readonly<z.infer<typeof InferenceConfigSchema>>;
