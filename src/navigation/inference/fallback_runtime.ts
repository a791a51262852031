/**
 * TensorRT, and ONNX Runtime where it cannot: an engine that TensorRT refuses costs the flight time, not the
 * model.
 *
 * @module
 */
import { basename } from "node:path";
import { messageOf, RuntimeNotAvailableError } from "../../core/mod.ts";
import type {
  CompileRequest,
  Engine,
  EngineEntry,
  InferenceRuntime,
  RuntimeLabel,
  Tensor,
  ThermalState,
} from "./contract.ts";
import { isEngineFile } from "./engine_gate.ts";
import { EngineDeserializeError, InferenceError } from "./errors.ts";
import type { OnInferenceEvent } from "./events.ts";

interface FallbackParts {
  /** The error where TensorRT is not installed. */
  readonly tensorrt: InferenceRuntime | RuntimeNotAvailableError;
  readonly onnx: InferenceRuntime;
  readonly onEvent: OnInferenceEvent;
}

interface Fallen {
  readonly engine: string;
  readonly reason: string;
}

/** Owns both runtimes. */
export class FallbackRuntime implements InferenceRuntime {
  readonly #parts: FallbackParts;
  readonly #owners = new WeakMap<Engine, InferenceRuntime>();
  readonly #fallen = new WeakMap<Engine, Fallen>();
  #hasFallen = false;
  #reported = false;

  constructor(parts: FallbackParts) {
    this.#parts = parts;
  }

  async compileEngine(request: CompileRequest): Promise<EngineEntry> {
    const { tensorrt } = this.#parts;
    if (tensorrt instanceof RuntimeNotAvailableError) throw tensorrt;
    return await tensorrt.compileEngine(request);
  }

  async deserializeEngine(entry: EngineEntry): Promise<Engine> {
    const { tensorrt, onnx } = this.#parts;
    try {
      if (tensorrt instanceof RuntimeNotAvailableError) throw tensorrt;
      const engine = await tensorrt.deserializeEngine(entry);
      this.#owners.set(engine, tensorrt);
      return engine;
    } catch (error) {
      const isRefused = error instanceof EngineDeserializeError ||
        error instanceof RuntimeNotAvailableError;
      const { path, sha256, warmUpShapes } = entry;
      const modelPath = entry.modelPath ?? (isEngineFile(path) ? undefined : path);
      if (!isRefused || modelPath === undefined) throw error;
      const engine = await onnx.deserializeEngine({
        path: modelPath,
        ...(isEngineFile(path) || sha256 === undefined ? {} : { sha256 }),
        ...(warmUpShapes === undefined ? {} : { warmUpShapes }),
      });
      this.#owners.set(engine, onnx);
      this.#fallen.set(engine, { engine: basename(path), reason: messageOf(error) });
      this.#hasFallen = true;
      return engine;
    }
  }

  async infer(
    engine: Engine,
    inputs: readonly Tensor[],
    outputs?: readonly Tensor[],
  ): Promise<readonly Tensor[]> {
    const owner = this.#owners.get(engine);
    if (owner === undefined) {
      throw new InferenceError(`Cannot run ${engine.name}: it was not loaded here`);
    }
    this.#report(engine);
    return await owner.infer(engine, inputs, outputs);
  }

  async releaseEngine(engine: Engine): Promise<void> {
    await this.#owners.get(engine)?.releaseEngine(engine);
  }

  thermalState(): ThermalState {
    return this.#parts.onnx.thermalState();
  }

  currentRuntimeLabel(): RuntimeLabel {
    const { tensorrt, onnx } = this.#parts;
    return this.#hasFallen || tensorrt instanceof RuntimeNotAvailableError
      ? onnx.currentRuntimeLabel()
      : tensorrt.currentRuntimeLabel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { tensorrt, onnx } = this.#parts;
    await onnx[Symbol.asyncDispose]();
    if (!(tensorrt instanceof RuntimeNotAvailableError)) await tensorrt[Symbol.asyncDispose]();
  }

  #report(engine: Engine): void {
    const fallen = this.#fallen.get(engine);
    if (fallen === undefined || this.#reported) return;
    this.#reported = true;
    this.#parts.onEvent({ type: "fallback_to_onnx_trt_ep", model: engine.name, ...fallen });
  }
}
