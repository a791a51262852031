/**
 * Models on NVIDIA's TensorRT: engines that were compiled on this host, through ffi/tensorrt.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { exists, RuntimeNotAvailableError } from "../../core/mod.ts";
import {
  memoryUsedBytes,
  openTensorRt,
  setMemoryBudget,
  TensorRtEngine,
  type TensorRtLibrary,
  tensorRtStatus,
} from "../../native/tensorrt/mod.ts";
import type {
  CompileRequest,
  Engine,
  EngineEntry,
  EnginePrecision,
  InferenceRuntime,
  RuntimeLabel,
  Tensor,
  TensorDeclaration,
  ThermalState,
} from "./contract.ts";
import { isEngineFile, readEngine, readModel } from "./engine_gate.ts";
import type { EngineHost } from "./engine_name.ts";
import { sha256Of } from "./engine_sidecar.ts";
import { EngineDeserializeError, EngineHashMismatchError, InferenceError } from "./errors.ts";
import { GpuMemoryBudget } from "./gpu_memory_budget.ts";
import { checkInputs, checkOutputs, copyInto, tensor } from "./tensors.ts";
import { compileTensorRtEngine, engineNameOf } from "./tensorrt_compile.ts";
import { notInstalled, typedError } from "./tensorrt_errors.ts";
import { tensorRtHost } from "./tensorrt_host.ts";

interface TensorRtRuntimeOptions {
  readonly library: TensorRtLibrary;
  /** Shared with other runtimes of the process. */
  readonly budget: GpuMemoryBudget;
  /** Of the engine that is looked for beside a model. */
  readonly precision: EnginePrecision;
  readonly thermalState: () => ThermalState;
}

class LoadedEngine implements Engine {
  readonly name: string;
  readonly native: TensorRtEngine;
  readonly inputs: readonly TensorDeclaration[];
  readonly outputs: readonly TensorDeclaration[];
  readonly letGo: () => void;
  isReleased = false;

  constructor(name: string, native: TensorRtEngine, letGo: () => void) {
    this.name = name;
    this.native = native;
    this.letGo = letGo;
    this.inputs = native.tensors.filter(({ isOutput }) => !isOutput);
    this.outputs = native.tensors.filter(({ isOutput }) => isOutput);
  }
}

/** Opens the library and checks that TensorRT is there. @throws RuntimeNotAvailableError */
export function openTensorRtRuntime(
  options: Omit<TensorRtRuntimeOptions, "library">,
): TensorRtRuntime {
  let library: TensorRtLibrary;
  try {
    library = openTensorRt();
  } catch (error) {
    if (!(error instanceof RuntimeNotAvailableError)) throw error;
    // Whether the file is there is the loader's to say: a program may open it, and not look for it.
    const isAbsent = /No such file or directory/.test(error.message);
    throw notInstalled(
      isAbsent ? "it was not installed where this program was built" : error.message,
      error,
    );
  }
  const { state, reason, headersVersion } = tensorRtStatus(library);
  if (state === "available") return new TensorRtRuntime({ ...options, library });
  library[Symbol.dispose]();
  throw notInstalled(
    state === "absent"
      ? `TensorRT ${headersVersion} cannot be opened: ${reason}`
      : `another TensorRT is installed: ${reason}; run \`deno task build\` again`,
  );
}

/** Owns the library. */
export class TensorRtRuntime implements InferenceRuntime {
  readonly #options: TensorRtRuntimeOptions;
  #host: Promise<EngineHost> | undefined;
  /** The last call that was asked for: one runs after the other. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #engines = new Set<LoadedEngine>();
  /** What engines of this runtime hold of the shared budget. */
  #ownBytes = 0;
  #isClosed = false;

  constructor(options: TensorRtRuntimeOptions) {
    this.#options = options;
  }

  /** GPU, JetPack and TensorRT of this host. */
  host(): Promise<EngineHost> {
    return this.#host ??= tensorRtHost(this.#options.library);
  }

  compileEngine(request: CompileRequest): Promise<EngineEntry> {
    return this.#inTurn(async () =>
      await compileTensorRtEngine(this.#options.library, await this.host(), request)
    );
  }

  async deserializeEngine(entry: EngineEntry): Promise<Engine> {
    const { bytes, name } = isEngineFile(entry.path)
      ? { ...await readEngine(entry, await this.host()), name: basename(entry.path) }
      : await this.#engineOfModel(entry);
    return await this.#inTurn(() => this.#load(name, bytes, entry.warmUpShapes ?? {}));
  }

  async infer(
    engine: Engine,
    inputs: readonly Tensor[],
    outputs: readonly Tensor[] = [],
  ): Promise<readonly Tensor[]> {
    const own = this.#own(engine);
    checkInputs(own.name, own.inputs, inputs);
    checkOutputs(own.name, own.outputs, outputs);
    // Copied now: the caller may change its tensors while another inference is still running.
    const copies = own.inputs.map(({ name }) => copied(inputs.find((each) => each.name === name)!));
    const results = await this.#inTurn(() => own.native.infer(copies))
      .catch((error) => Promise.reject(typedError(`Cannot run ${own.name}`, error, "infer")));
    return results.map(({ name, shape, bytes }) => {
      const { elementType } = own.outputs.find((each) => each.name === name)!;
      const result = tensor(name, elementType, shape, bytes);
      const given = outputs.find((each) => each.name === name);
      return given === undefined ? result : copyInto(own.name, result, given);
    });
  }

  async releaseEngine(engine: Engine): Promise<void> {
    if (!(engine instanceof LoadedEngine) || engine.isReleased) return;
    engine.isReleased = true;
    this.#engines.delete(engine);
    await this.#inTurn(() => engine.native.close());
    engine.letGo();
  }

  thermalState(): ThermalState {
    return this.#options.thermalState();
  }

  currentRuntimeLabel(): RuntimeLabel {
    return "tensorrt";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([...this.#engines].map((engine) => this.releaseEngine(engine)));
    await this.#last.catch(() => {});
    this.#options.library[Symbol.dispose]();
  }

  /** The engine that stands beside a model: built on this host, of exactly this model. */
  async #engineOfModel({ path, sha256 }: EngineEntry) {
    const host = await this.host();
    const expected = sha256 === undefined ? undefined : { sha256, from: "the flight package" };
    const model = await readModel(path, expected);
    const name = engineNameOf(path, host, this.#options.precision);
    const enginePath = join(dirname(path), name);
    if (!await exists(enginePath)) {
      throw new EngineDeserializeError(
        `Cannot load ${basename(path)}: there is no ${name} beside it; ` +
          "build it on this host (operator engines build)",
      );
    }
    const { bytes, sidecar } = await readEngine({ path: enginePath }, host);
    if (sidecar.modelSha256 === sha256Of(model)) return { bytes, name };
    throw new EngineHashMismatchError(
      `Cannot load ${name}: it was built from another model than ${basename(path)}; build it again`,
    );
  }

  async #load(
    name: string,
    bytes: Uint8Array<ArrayBuffer>,
    warmUpShapes: Readonly<Record<string, readonly number[]>>,
  ): Promise<Engine> {
    const { library, budget } = this.#options;
    // The file holds the weights; what the engine really takes is known when it is loaded.
    let letGo = this.#reserve(bytes.length, name);
    let native: TensorRtEngine | undefined;
    try {
      // The native side refuses before it allocates what others have left of the budget.
      const others = budget.reservedBytes - this.#ownBytes;
      setMemoryBudget(library, Math.max(1, budget.limitBytes - others));
      const usedBefore = memoryUsedBytes(library);
      native = await TensorRtEngine.load(library, bytes);
      await warmUp(native, warmUpShapes);
      const taken = Math.max(bytes.length, memoryUsedBytes(library) - usedBefore);
      letGo();
      letGo = this.#reserve(taken, name);
    } catch (error) {
      letGo();
      await native?.close();
      throw typedError(`Cannot load ${name}`, error, "load");
    }
    const engine = new LoadedEngine(name, native, letGo);
    this.#engines.add(engine);
    return engine;
  }

  #reserve(bytes: number, name: string): () => void {
    const letGo = this.#options.budget.reserve(bytes, name);
    this.#ownBytes += bytes;
    let held = true;
    return () => {
      if (held) this.#ownBytes -= bytes;
      held = false;
      letGo();
    };
  }

  #own(engine: Engine): LoadedEngine {
    if (engine instanceof LoadedEngine && this.#engines.has(engine)) return engine;
    throw new InferenceError(`Cannot run ${engine.name}: it is not loaded here any more`);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

function copied({ shape, data }: Tensor): { shape: readonly number[]; bytes: Uint8Array } {
  return {
    shape,
    bytes: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength).slice(),
  };
}

/** TensorRT loads its kernels at the first run: not at the first frame of a flight. */
async function warmUp(
  native: TensorRtEngine,
  shapes: Readonly<Record<string, readonly number[]>>,
): Promise<void> {
  const inputs = native.tensors.filter(({ isOutput }) => !isOutput).map((input) => {
    const shape = shapes[input.name] ?? input.shape;
    return shape.every((axis): axis is number => axis !== null) ? { ...input, shape } : undefined;
  });
  if (inputs.includes(undefined)) return;
  await native.infer(
    inputs.map((input) => copied(tensor(input!.name, input!.elementType, input!.shape))),
  );
}
