/** C7: runs neural models. */
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
export * from "./engine_name.ts";
export * from "./errors.ts";
export { OnnxRuntime } from "./onnx_runtime.ts";
export { checkInputs, checkOutputs, copyInto, tensor } from "./tensors.ts";
