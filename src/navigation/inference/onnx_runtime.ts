/**
 * Models on ONNX Runtime, on a thread of its own.
 *
 * onnxruntime-node (MIT): the maintained binding of the reference runtime of ONNX, with CPU kernels for
 * x86-64 and arm64 in the package.
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
  TensorDeclaration,
  ThermalState,
} from "./contract.ts";
import { EngineDeserializeError, InferenceError, OutOfMemoryError } from "./errors.ts";
import { OrtFaultError, OrtThread } from "./ort_thread.ts";
import { checkInputs, checkOutputs, copyInto } from "./tensors.ts";

interface OnnxRuntimeOptions {
  /** Threads of one operator; 0: as many as the computer has cores. */
  readonly intraOpThreads: number;
  readonly thermalState: () => ThermalState;
}

class OnnxEngine implements Engine {
  readonly name: string;
  readonly session: number;
  readonly inputs: readonly TensorDeclaration[];
  readonly outputs: readonly TensorDeclaration[];
  isReleased = false;

  constructor(
    name: string,
    opened: Pick<OnnxEngine, "session" | "inputs" | "outputs">,
  ) {
    this.name = name;
    this.session = opened.session;
    this.inputs = opened.inputs;
    this.outputs = opened.outputs;
  }
}

/** Buffers that came back from the thread are filled again, up to this many of one size. */
const SPARE_BUFFERS_MAX = 2;

export class OnnxRuntime implements InferenceRuntime {
  readonly #options: OnnxRuntimeOptions;
  /** Started by the first model. */
  #thread: OrtThread | null = null;
  readonly #spare = new Map<number, ArrayBuffer[]>();

  constructor(options: OnnxRuntimeOptions) {
    this.#options = options;
  }

  /** Nothing to do: ONNX Runtime loads the model itself. */
  compileEngine(request: CompileRequest): Promise<EngineEntry> {
    return Promise.resolve({ path: request.modelPath });
  }

  async deserializeEngine(entry: EngineEntry): Promise<Engine> {
    const name = basename(entry.path);
    const model = await this.#read(entry.path);
    this.#thread ??= new OrtThread();
    const options = {
      executionProviders: [{ name: "cpu" }],
      intraOpThreads: this.#options.intraOpThreads,
    };
    try {
      const opened = await this.#thread.call("open", { model, options }, [model.buffer]);
      return new OnnxEngine(name, opened);
    } catch (error) {
      throw asLoadError(name, error);
    }
  }

  async infer(
    engine: Engine,
    inputs: readonly Tensor[],
    outputs: readonly Tensor[] = [],
  ): Promise<readonly Tensor[]> {
    const { session, name } = this.#own(engine);
    checkInputs(name, engine.inputs, inputs);
    checkOutputs(name, engine.outputs, outputs);
    const copies = inputs.map((input) => this.#copied(input));
    const buffers = copies.map(({ data }) => data.buffer as ArrayBuffer);
    let result;
    try {
      result = await this.#thread!.call("run", { session, inputs: copies }, buffers);
    } catch (error) {
      throw asRunError(name, error);
    }
    result.spent.forEach((buffer) => this.#keep(buffer));
    return result.outputs.map((output) => {
      const own = outputs.find((each) => each.name === output.name);
      if (own === undefined) return output;
      return copyInto(name, output, own);
    });
  }

  async releaseEngine(engine: Engine): Promise<void> {
    if (!(engine instanceof OnnxEngine) || engine.isReleased) return;
    engine.isReleased = true;
    try {
      await this.#thread?.call("close", { session: engine.session });
    } catch (error) {
      // A thread that has ended holds no sessions.
      if (!(error instanceof OrtFaultError && error.code === "ended")) {
        throw new InferenceError(`Cannot release ${engine.name}: ${messageOf(error)}`, {
          cause: error,
        });
      }
    }
  }

  thermalState(): ThermalState {
    return this.#options.thermalState();
  }

  currentRuntimeLabel(): RuntimeLabel {
    return "onnx_cpu";
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#thread?.terminate();
    this.#thread = null;
    return Promise.resolve();
  }

  async #read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return await Deno.readFile(path);
    } catch (error) {
      throw new EngineDeserializeError(`Cannot load ${path}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  #own(engine: Engine): OnnxEngine {
    if (engine instanceof OnnxEngine && !engine.isReleased && this.#thread !== null) return engine;
    throw new InferenceError(`Cannot run ${engine.name}: it is not loaded here any more`);
  }

  /** The caller keeps its buffer: what goes to the thread is a copy. */
  #copied(input: Tensor): Tensor {
    const bytes = input.data.byteLength;
    const buffer = this.#spare.get(bytes)?.pop() ?? new ArrayBuffer(bytes);
    const make = input.data.constructor as new (buffer: ArrayBuffer) => Uint8Array;
    const data = new make(buffer);
    data.set(input.data as Uint8Array);
    return { ...input, data } as unknown as Tensor;
  }

  #keep(buffer: ArrayBuffer): void {
    const kept = this.#spare.get(buffer.byteLength) ?? [];
    if (kept.length < SPARE_BUFFERS_MAX) kept.push(buffer);
    this.#spare.set(buffer.byteLength, kept);
  }
}

function asLoadError(name: string, error: unknown): Error {
  const text = messageOf(error);
  if (error instanceof OrtFaultError && error.code !== "failed") {
    return new RuntimeNotAvailableError(
      `Cannot load ${name}: ONNX Runtime does not start: ${text}; ` +
        "run `deno task setup`, and grant ffi for its onnxruntime_binding.node",
      { cause: error },
    );
  }
  if (isOutOfMemory(text)) {
    return new OutOfMemoryError(`Cannot load ${name}: ${text}`, { cause: error });
  }
  return new EngineDeserializeError(`Cannot load ${name}: ${text}`, { cause: error });
}

function asRunError(name: string, error: unknown): Error {
  const text = messageOf(error);
  const make = isOutOfMemory(text) ? OutOfMemoryError : InferenceError;
  return new make(`Cannot run ${name}: ${text}`, { cause: error });
}

/** ONNX Runtime has one error class; what it says tells an allocation that failed from other faults. */
function isOutOfMemory(text: string): boolean {
  return /out of memory|bad_alloc|failed to allocate|available memory of/i.test(text);
}
