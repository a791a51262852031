/**
 * Errors of the native side as the typed errors of inference.
 *
 * @module
 */
import { NativeError, RuntimeNotAvailableError } from "../../core/mod.ts";
import {
  EngineBuildError,
  EngineDeserializeError,
  InferenceError,
  OutOfMemoryError,
} from "./errors.ts";

/** Statuses of ../../../ffi/common/abi.h and ffi/tensorrt/tensorrt.h. */
const STATUS = {
  outOfMemory: 2,
  buildFailed: 16,
  deserializeFailed: 17,
  inferenceFailed: 18,
  notAvailable: 19,
} as const;

const BY_ACTION = {
  build: EngineBuildError,
  load: EngineDeserializeError,
  infer: InferenceError,
} as const;

/** `action` says which error an untyped fault of the native side is. Other errors pass as they are. */
export function typedError(what: string, error: unknown, action: keyof typeof BY_ACTION): unknown {
  if (!(error instanceof NativeError)) return error;
  const message = `${what}: ${error.reason}`, cause = { cause: error };
  switch (error.status) {
    case STATUS.outOfMemory:
      return new OutOfMemoryError(message, cause);
    case STATUS.buildFailed:
      return new EngineBuildError(message, cause);
    case STATUS.deserializeFailed:
      return new EngineDeserializeError(message, cause);
    case STATUS.inferenceFailed:
      return new InferenceError(message, cause);
    case STATUS.notAvailable:
      return new RuntimeNotAvailableError(message, cause);
    default:
      return new BY_ACTION[action](message, cause);
  }
}

/** What a user without TensorRT has to do. */
export function notInstalled(reason: string, cause?: unknown): RuntimeNotAvailableError {
  return new RuntimeNotAvailableError(
    `Cannot use TensorRT: ${reason}. On a Jetson: sudo apt install nvidia-jetpack; elsewhere the packages ` +
      "libnvinfer-dev and libnvonnxparsers-dev of NVIDIA's CUDA repository " +
      "(docs.nvidia.com/deeplearning/tensorrt, Installation Guide), 8.6 to 11.1; then run " +
      "`deno task build`. Without TensorRT set inference.runtime to onnx_trt_ep or onnx_cpu",
    { cause },
  );
}
