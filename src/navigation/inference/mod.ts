/** C7: runs neural models. */
export { type InferenceConfig, InferenceConfigSchema } from "./config.ts";
export type {
  CompileRequest,
  Engine,
  EngineEntry,
  InferenceRuntime,
  RuntimeLabel,
  Tensor,
  TensorDeclaration,
  TensorElementType,
  ThermalState,
} from "./contract.ts";
export { MODEL_BYTES_MAX, readEngine } from "./engine_gate.ts";
export * from "./engine_name.ts";
export { describeEngine, type EngineSidecar, sidecarPath } from "./engine_sidecar.ts";
export * from "./errors.ts";
export type { InferenceEvent, OnInferenceEvent } from "./events.ts";
export { FallbackRuntime } from "./fallback_runtime.ts";
export { GpuMemoryBudget } from "./gpu_memory_budget.ts";
export { OnnxRuntime } from "./onnx_runtime.ts";
export { openRuntime } from "./open_runtime.ts";
export { checkInputs, checkOutputs, copyInto, tensor } from "./tensors.ts";
export { openTensorRtRuntime, TensorRtRuntime } from "./tensorrt_runtime.ts";
export { ThermalPublisher, unmeasured } from "./thermal_publisher.ts";
export {
  jetsonProbe,
  linuxProbe,
  nvmlProbe,
  type ReadText,
  type ThermalReading,
} from "./thermal_sources.ts";
