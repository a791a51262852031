/**
 * Sessions of ONNX Runtime on its thread: opened with one list of providers, warmed up, run, closed.
 *
 * @module
 */
import type { Engine, Tensor, TensorDeclaration } from "./contract.ts";
import { OrtThread } from "./ort_thread.ts";
import type { ProviderArgs } from "./providers.ts";
import { tensor } from "./tensors.ts";

/** What is needed of the thread; tests give one of their own. */
export type SessionThread = Pick<OrtThread, "call" | "terminate">;

interface OpenRequest {
  readonly name: string;
  readonly model: Uint8Array<ArrayBuffer>;
  readonly providers: readonly ProviderArgs[];
  readonly intraOpThreads: number;
  readonly warmUpShapes: Readonly<Record<string, readonly number[]>>;
}

export class OnnxEngine implements Engine {
  readonly name: string;
  readonly session: number;
  readonly inputs: readonly TensorDeclaration[];
  readonly outputs: readonly TensorDeclaration[];
  isReleased = false;
  /** Gives back what the engine had set aside. */
  letGo: () => void = () => {};

  constructor(name: string, opened: Pick<OnnxEngine, "session" | "inputs" | "outputs">) {
    this.name = name;
    this.session = opened.session;
    this.inputs = opened.inputs;
    this.outputs = opened.outputs;
  }
}

/** Buffers that came back from the thread are filled again, up to this many of one size. */
const SPARE_BUFFERS_MAX = 2;

export class OrtSessions {
  readonly #startThread: () => SessionThread;
  /** Started by the first model. */
  #thread: SessionThread | null = null;
  readonly #spare = new Map<number, ArrayBuffer[]>();

  constructor(startThread: () => SessionThread = () => new OrtThread()) {
    this.#startThread = startThread;
  }

  /** @throws OrtFaultError: what the thread answered; nothing is left open then */
  async open(request: OpenRequest): Promise<OnnxEngine> {
    const { name, model, providers, intraOpThreads, warmUpShapes } = request;
    this.#thread ??= this.#startThread();
    // Another list of providers may have to be tried with the same model.
    const copy = model.slice();
    const options = { executionProviders: [...providers], intraOpThreads };
    const opened = await this.#thread.call("open", { model: copy, options }, [copy.buffer]);
    const engine = new OnnxEngine(name, opened);
    try {
      await this.#warmUp(engine, warmUpShapes);
    } catch (error) {
      await this.close(engine);
      throw error;
    }
    return engine;
  }

  /** @throws OrtFaultError */
  async run(engine: OnnxEngine, inputs: readonly Tensor[]): Promise<readonly Tensor[]> {
    const copies = inputs.map((input) => this.#copied(input));
    const buffers = copies.map(({ data }) => data.buffer as ArrayBuffer);
    const given = { session: engine.session, inputs: copies };
    const { outputs, spent } = await this.#thread!.call("run", given, buffers);
    for (const buffer of spent) this.#keep(buffer);
    return outputs;
  }

  /** @throws OrtFaultError */
  async close(engine: OnnxEngine): Promise<void> {
    await this.#thread?.call("close", { session: engine.session });
  }

  get isRunning(): boolean {
    return this.#thread !== null;
  }

  terminate(): void {
    this.#thread?.terminate();
    this.#thread = null;
  }

  /** The first run allocates and compiles: it is not for the first frame to wait for. */
  async #warmUp(engine: OnnxEngine, shapes: OpenRequest["warmUpShapes"]): Promise<void> {
    const inputs: Tensor[] = [];
    for (const { name, elementType, shape } of engine.inputs) {
      const whole = shapes[name] ?? shape;
      if (!isWhole(whole)) return;
      inputs.push(tensor(name, elementType, whole));
    }
    await this.run(engine, inputs);
  }

  /** The caller keeps its buffer: what goes to the thread is a copy. */
  #copied(input: Tensor): Tensor {
    const bytes = input.data.byteLength;
    const buffer = this.#spare.get(bytes)?.pop() ?? new ArrayBuffer(bytes);
    const copy = tensor(input.name, input.elementType, input.shape, buffer);
    (copy.data as Uint8Array).set(input.data as Uint8Array);
    return copy;
  }

  #keep(buffer: ArrayBuffer): void {
    const kept = this.#spare.get(buffer.byteLength) ?? [];
    if (kept.length < SPARE_BUFFERS_MAX) kept.push(buffer);
    this.#spare.set(buffer.byteLength, kept);
  }
}

function isWhole(shape: readonly (number | null)[]): shape is readonly number[] {
  return !shape.includes(null);
}
