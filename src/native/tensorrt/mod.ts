/** Bindings of ffi/tensorrt: engines of NVIDIA's TensorRT. */
export {
  memoryUsedBytes,
  openTensorRt,
  setMemoryBudget,
  type TensorRtDevice,
  tensorRtDevice,
  type TensorRtLibrary,
  tensorRtStatus,
} from "./library.ts";
export { TensorRtEngine } from "./engine.ts";
export { buildPlan } from "./plan.ts";
