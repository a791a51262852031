/**
 * C7: running neural models on the companion computer.
 *
 * @module
 */
import type { MonotonicNs } from "../../core/mod.ts";
import type { EngineName } from "./engine_name.ts";

/** Element types of tensors, and the arrays that hold them. */
export interface TensorArrays {
  readonly float32: Float32Array;
  /** IEEE 754 half precision; it stays half precision on its way through. */
  readonly float16: Float16Array;
  readonly int8: Int8Array;
  readonly uint8: Uint8Array;
  readonly int32: Int32Array;
  readonly int64: BigInt64Array;
}
export type TensorElementType = keyof TensorArrays;

interface TensorOf<Type extends TensorElementType> {
  /** Name of the model's input or output. */
  readonly name: string;
  readonly elementType: Type;
  /** Elements along each axis, outermost first: [1, 1, 480, 640] for one grey picture (N, C, rows, columns). */
  readonly shape: readonly number[];
  /** Row-major, as many elements as the product of `shape`. The caller's: never kept, inputs never written to. */
  readonly data: TensorArrays[Type];
}

/** A tensor in its caller's memory. What its numbers mean (grey levels, metres) is the model's affair. */
export type Tensor = { readonly [Type in TensorElementType]: TensorOf<Type> }[TensorElementType];

/** An input or output that a model declares. */
export interface TensorDeclaration {
  readonly name: string;
  readonly elementType: TensorElementType;
  /** Elements along each axis; null where the model leaves it open. */
  readonly shape: readonly (number | null)[];
}

/** `onnx_cpu` is `onnx_trt_ep` with the CPU provider alone: workstations and tests. */
export type RuntimeLabel = "tensorrt" | "onnx_trt_ep" | "onnx_cpu";

export type EnginePrecision = EngineName["precision"];

/** What an engine may be asked with, for a model that leaves axes open: elements along each axis. */
interface ShapeProfile {
  readonly input: string;
  readonly min: readonly number[];
  /** What the engine is tuned for. */
  readonly optimal: readonly number[];
  readonly max: readonly number[];
}

export interface CompileRequest {
  readonly modelPath: string;
  /** Where the engine goes, under a name that says for which host it was built. */
  readonly engineFolder: string;
  readonly precision: EnginePrecision;
  /** One for each input with open axes; none otherwise. */
  readonly profiles?: readonly ShapeProfile[];
  /** Scratch memory of one layer at most, bytes. */
  readonly workspaceBytes?: number;
  /** `int8` only: the scales of the activations, read where the file is there, else written. */
  readonly calibrationCachePath?: string;
  /**
   * `int8` only: a file of float32 numbers to calibrate with, sets of all inputs in the model's order, at
   * their optimal shapes. Read where there is no cache.
   */
  readonly calibrationSamplesPath?: string;
}

/** What can be loaded: an ONNX model, or an engine of TensorRT (`.engine`) with its sidecar. */
export interface EngineEntry {
  readonly path: string;
  /** SHA-256 that the flight package gives for the file, lower-case hex; it must agree with the sidecar's. */
  readonly sha256?: string;
  /** The model that an `.engine` was built from: what flies on when the engine cannot. */
  readonly modelPath?: string;
  /** Shapes by input, for the run that warms a model with open axes up; without them there is none. */
  readonly warmUpShapes?: Readonly<Record<string, readonly number[]>>;
}

/** A loaded engine; opaque to everyone but the runtime that made it. */
export interface Engine {
  /** File name of the model or engine, for logs and records. */
  readonly name: string;
  readonly inputs: readonly TensorDeclaration[];
  readonly outputs: readonly TensorDeclaration[];
}

export type ThermalSource = "jetson" | "nvml" | "linux" | "none";

/** A snapshot: all of it was measured at one time. */
export interface ThermalState {
  readonly throttled: boolean;
  /** false: nothing can be measured, and "not throttled" is assumed. */
  readonly telemetryAvailable: boolean;
  readonly source: ThermalSource;
  /** The hottest zone, degrees Celsius; null where unknown. */
  readonly temperatureC: number | null;
  readonly measuredNs: MonotonicNs;
}

/**
 * Loads models and runs them. Never on the caller's thread: while `infer` runs, other events are
 * handled. One runtime runs one inference after the other, in the order in which they were asked for.
 */
export interface InferenceRuntime extends AsyncDisposable {
  /**
   * Makes an engine for this host and returns it with its sidecar written; where the runtime needs
   * none, the model itself.
   *
   * @throws EngineBuildError, OutOfMemoryError, RuntimeNotAvailableError
   */
  compileEngine(request: CompileRequest): Promise<EngineEntry>;

  /**
   * Checks the entry (host, size, hash) and the budget of GPU memory, then loads it.
   *
   * @throws EngineDeserializeError, EngineHashMismatchError, EngineSchemaMismatchError,
   * OutOfMemoryError, RuntimeNotAvailableError
   */
  deserializeEngine(entry: EngineEntry): Promise<Engine>;

  /**
   * Runs a model on all of its inputs, and returns all of its outputs in the model's order.
   *
   * An output that `outputs` names is written into the given tensor, which must have the shape that
   * the model gives; others come in new arrays, the caller's from then on.
   *
   * @throws InferenceError for tensors that do not fit and for what the model reports; OutOfMemoryError
   */
  infer(
    engine: Engine,
    inputs: readonly Tensor[],
    outputs?: readonly Tensor[],
  ): Promise<readonly Tensor[]>;

  /** Frees an engine when the inferences that were asked for are done. A second time does nothing. */
  releaseEngine(engine: Engine): Promise<void>;

  /** The latest snapshot of the thermal publisher. */
  thermalState(): ThermalState;

  /** What runs models now; changes when a runtime falls back to another. */
  currentRuntimeLabel(): RuntimeLabel;
}
