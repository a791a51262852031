/**
 * Models on ONNX Runtime, on a thread of its own: on the first of TensorRT, CUDA and the CPU that loads
 * them (`onnx_trt_ep`), or on the CPU (`onnx_cpu`).
 *
 * onnxruntime-node (MIT): the maintained binding of the reference runtime of ONNX, with CPU kernels for
 * x86-64 and arm64 in the package.
 *
 * @module
 */
import { basename } from "node:path";
import { messageOf, RuntimeNotAvailableError } from "../../core/mod.ts";
import type { InferenceConfig } from "./config.ts";
import type {
  CompileRequest,
  Engine,
  EngineEntry,
  InferenceRuntime,
  RuntimeLabel,
  Tensor,
  ThermalState,
} from "./contract.ts";
import { isEngineFile, readEngine, readModel } from "./engine_gate.ts";
import type { EngineHost } from "./engine_name.ts";
import {
  EngineDeserializeError,
  EngineHostMismatchError,
  InferenceError,
  OutOfMemoryError,
} from "./errors.ts";
import type { OnInferenceEvent } from "./events.ts";
import { GpuMemoryBudget } from "./gpu_memory_budget.ts";
import { OnnxEngine, OrtSessions, type SessionThread } from "./ort_sessions.ts";
import { OrtFaultError } from "./ort_thread.ts";
import { buildProviderArgs, type OrtProvider, workspaceBytes } from "./providers.ts";
import { checkInputs, checkOutputs, copyInto } from "./tensors.ts";
import { stageEngine } from "./trt_cache_staging.ts";

export interface OnnxRuntimeOptions {
  readonly config: InferenceConfig;
  readonly thermalState: () => ThermalState;
  readonly onEvent: OnInferenceEvent;
  /** What engines must have been built for; null where TensorRT is not installed: none fits. */
  readonly host?: () => Promise<EngineHost | null>;
  /** Shared with other runtimes of the process; one of its own otherwise. */
  readonly budget?: GpuMemoryBudget;
  readonly startThread?: () => SessionThread;
}

interface Model {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly warmUpShapes: NonNullable<EngineEntry["warmUpShapes"]>;
}

export class OnnxRuntime implements InferenceRuntime {
  readonly #options: OnnxRuntimeOptions;
  readonly #first: OrtProvider;
  readonly #sessions: OrtSessions;
  readonly #budget: GpuMemoryBudget;
  #cpuReported = false;

  constructor(options: OnnxRuntimeOptions) {
    const { config, budget, startThread } = options;
    this.#options = options;
    this.#first = config.runtime === "onnx_cpu" ? "cpu" : "tensorrt";
    this.#sessions = new OrtSessions(startThread);
    this.#budget = budget ?? new GpuMemoryBudget(config.gpuMemoryBudgetBytes);
  }

  /** Nothing to do: ONNX Runtime loads the model itself. */
  compileEngine(request: CompileRequest): Promise<EngineEntry> {
    return Promise.resolve({ path: request.modelPath });
  }

  async deserializeEngine(entry: EngineEntry): Promise<Engine> {
    const { path, sha256, warmUpShapes = {} } = entry;
    if (isEngineFile(path)) {
      const { path: modelPath, bytes } = await this.#modelOfEngine(entry);
      return await this.#open({ name: basename(modelPath), bytes, warmUpShapes });
    }
    const expected = sha256 === undefined ? undefined : { sha256, from: "the flight package" };
    const bytes = await readModel(path, expected);
    return await this.#open({ name: basename(path), bytes, warmUpShapes });
  }

  async infer(
    engine: Engine,
    inputs: readonly Tensor[],
    outputs: readonly Tensor[] = [],
  ): Promise<readonly Tensor[]> {
    const own = this.#own(engine);
    const { name } = own;
    checkInputs(name, own.inputs, inputs);
    checkOutputs(name, own.outputs, outputs);
    let results: readonly Tensor[];
    try {
      results = await this.#sessions.run(own, inputs);
    } catch (error) {
      throw asRunError(name, error);
    }
    return results.map((result) => {
      const given = outputs.find((each) => each.name === result.name);
      return given === undefined ? result : copyInto(name, result, given);
    });
  }

  async releaseEngine(engine: Engine): Promise<void> {
    if (!(engine instanceof OnnxEngine) || engine.isReleased) return;
    engine.isReleased = true;
    try {
      await this.#sessions.close(engine);
    } catch (error) {
      // A thread that has ended holds no sessions.
      if (error instanceof OrtFaultError && error.code === "ended") return;
      throw new InferenceError(`Cannot release ${engine.name}: ${messageOf(error)}`, {
        cause: error,
      });
    } finally {
      engine.letGo();
    }
  }

  thermalState(): ThermalState {
    return this.#options.thermalState();
  }

  currentRuntimeLabel(): RuntimeLabel {
    return this.#first === "cpu" ? "onnx_cpu" : "onnx_trt_ep";
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#sessions.terminate();
    return Promise.resolve();
  }

  /** The engine passes the gate and is put where TensorRT looks for it; what is loaded is its model. */
  async #modelOfEngine(
    entry: EngineEntry,
  ): Promise<{ readonly path: string; readonly bytes: Uint8Array<ArrayBuffer> }> {
    const { config } = this.#options;
    const { path, modelPath } = entry;
    const host = await this.#options.host?.() ?? null;
    if (host === null) {
      throw new EngineHostMismatchError(
        `Cannot load ${basename(path)}: TensorRT is not installed on this host`,
      );
    }
    const { sidecar } = await readEngine(entry, host);
    if (modelPath === undefined) {
      throw new EngineDeserializeError(
        `Cannot load ${
          basename(path)
        }: ONNX Runtime needs the model that it was built from as well`,
      );
    }
    const bytes = await readModel(modelPath, {
      sha256: sidecar.modelSha256,
      from: `the sidecar of ${basename(path)}`,
    });
    if (this.#first === "tensorrt" && config.ortTrtCacheDir !== null) {
      await stageEngine(path, config.ortTrtCacheDir);
    }
    return { path: modelPath, bytes };
  }

  /** On the first of the providers that loads the model and runs it once. */
  async #open(model: Model): Promise<OnnxEngine> {
    const { config } = this.#options;
    const { name } = model;
    const providers = buildProviderArgs(config, this.#first);
    const faults: string[] = [];
    for (let from = 0; from < providers.length; from++) {
      const list = providers.slice(from);
      const isCpuFallback = list[0].name === "cpu" && from > 0;
      if (isCpuFallback && config.ortDisallowCpuFallback) throw cpuRefused(name, faults);
      try {
        const engine = await this.#openOn(model, list);
        if (isCpuFallback) this.#reportCpu(name, faults);
        return engine;
      } catch (error) {
        const isLast = list.length === 1;
        const isFault = error instanceof OrtFaultError && error.code === "failed";
        if (isLast || !isFault) throw asLoadError(name, error);
        faults.push(`${list[0].name}: ${firstLine(messageOf(error))}`);
      }
    }
    throw new EngineDeserializeError(`Cannot load ${name}: there is no provider`);
  }

  /** @throws OutOfMemoryError before anything is allocated; OrtFaultError */
  async #openOn(
    { name, bytes: model, warmUpShapes }: Model,
    providers: ReturnType<typeof buildProviderArgs>,
  ): Promise<OnnxEngine> {
    const needsGpu = providers[0].name !== "cpu";
    const needed = model.length + workspaceBytes(this.#budget.limitBytes);
    const letGo = needsGpu ? this.#budget.reserve(needed, name) : () => {};
    const { intraOpThreads } = this.#options.config;
    try {
      const engine = await this.#sessions.open({
        name,
        model,
        providers,
        intraOpThreads,
        warmUpShapes,
      });
      engine.letGo = letGo;
      return engine;
    } catch (error) {
      letGo();
      throw error;
    }
  }

  #reportCpu(model: string, faults: readonly string[]): void {
    if (this.#cpuReported) return;
    this.#cpuReported = true;
    const reason = faults.join("; ");
    this.#options.onEvent({ type: "cpu_fallback", model, reason, providers: ["cpu"] });
  }

  #own(engine: Engine): OnnxEngine {
    if (engine instanceof OnnxEngine && !engine.isReleased && !this.#sessions.isTerminated) {
      return engine;
    }
    throw new InferenceError(`Cannot run ${engine.name}: it is not loaded here any more`);
  }
}

function cpuRefused(name: string, faults: readonly string[]): EngineDeserializeError {
  return new EngineDeserializeError(
    `Cannot load ${name}: only the CPU could run it, and inference.ortDisallowCpuFallback is set ` +
      `(${faults.join("; ")})`,
  );
}

function asLoadError(name: string, error: unknown): Error {
  if (error instanceof OutOfMemoryError) return error;
  const text = messageOf(error);
  if (error instanceof OrtFaultError && error.code !== "failed") {
    return new RuntimeNotAvailableError(
      `Cannot load ${name}: ONNX Runtime does not start: ${text}; ` +
        "run `deno task setup`, and grant ffi for its onnxruntime_binding.node",
      { cause: error },
    );
  }
  const make = isOutOfMemory(text) ? OutOfMemoryError : EngineDeserializeError;
  return new make(`Cannot load ${name}: ${text}`, { cause: error });
}

function asRunError(name: string, error: unknown): Error {
  const isLost = error instanceof OrtFaultError && error.code === "ended";
  const text = isLost
    ? `the inference thread has ended (${error.message}); the next inference starts another`
    : messageOf(error);
  const make = isOutOfMemory(text) ? OutOfMemoryError : InferenceError;
  return new make(`Cannot run ${name}: ${text}`, { cause: error });
}

/** ONNX Runtime has one error class; what it says tells an allocation that failed from other faults. */
function isOutOfMemory(text: string): boolean {
  return /out of memory|bad_alloc|failed to allocate|available memory of/i.test(text);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0].trim();
}
