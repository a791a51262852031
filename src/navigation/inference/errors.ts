/**
 * Errors of inference (C7). A library that is not installed is core's `RuntimeNotAvailableError`.
 *
 * @module
 */
import { EXIT, type ExitCode, GdnError } from "../../core/mod.ts";

interface Cause {
  readonly cause?: unknown;
}

/** An engine could not be built from its model. */
export class EngineBuildError extends GdnError {
  constructor(message: string, options: Cause = {}) {
    super("ENGINE_BUILD", message, { ...options, exitCode: EXIT.data });
  }
}

/** A model or engine was refused, by the gate or by the runtime; or there is none (exit code 66). */
export class EngineDeserializeError extends GdnError {
  constructor(
    message: string,
    options: Cause & { readonly code?: string; readonly exitCode?: ExitCode } = {},
  ) {
    const { code = "ENGINE_DESERIALIZE", cause, exitCode = EXIT.data } = options;
    super(code, message, { cause, exitCode });
  }
}

/** The bytes are not those that the sidecar or the flight package describes. */
export class EngineHashMismatchError extends EngineDeserializeError {
  constructor(message: string) {
    super(message, { code: "ENGINE_HASH_MISMATCH" });
  }
}

/** The file has another size than its sidecar says: a copy was cut short. */
export class EngineTruncatedError extends EngineDeserializeError {
  constructor(message: string) {
    super(message, { code: "ENGINE_TRUNCATED" });
  }
}

/** An engine without the file that describes it. */
export class EngineSidecarMissingError extends EngineDeserializeError {
  constructor(message: string) {
    super(message, { code: "ENGINE_SIDECAR_MISSING" });
  }
}

/** The name of the file, or its sidecar, does not follow the schema. */
export class EngineSchemaMismatchError extends EngineDeserializeError {
  constructor(
    message: string,
    options: Cause & { readonly code?: string } = {},
  ) {
    super(message, { code: "ENGINE_SCHEMA_MISMATCH", ...options });
  }
}

/** The engine was built for another GPU, JetPack or TensorRT: refused by its name. */
export class EngineHostMismatchError extends EngineSchemaMismatchError {
  constructor(message: string) {
    super(message, { code: "ENGINE_HOST_MISMATCH" });
  }
}

/** The budget of GPU memory does not allow it (before anything is allocated), or an allocation failed. */
export class OutOfMemoryError extends GdnError {
  constructor(message: string, options: Cause = {}) {
    super("INFERENCE_OUT_OF_MEMORY", message, { ...options, exitCode: EXIT.unavailable });
  }
}

/** A model cannot run on the given tensors, or failed while it ran. */
export class InferenceError extends GdnError {
  constructor(message: string, options: Cause = {}) {
    super("INFERENCE", message, { ...options, exitCode: EXIT.software });
  }
}
