/**
 * Sessions of ONNX Runtime on its thread: opened with one list of providers, warmed up, run, closed. A
 * thread that ends by itself takes its sessions with it: the next run opens them again on another one.
 *
 * @module
 */
import type { Engine, Tensor, TensorDeclaration } from "./contract.ts";
import { OrtFaultError, OrtThread } from "./ort_thread.ts";
import type { OpenedSession, OrtCallName, OrtCalls } from "./ort_protocol.ts";
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
  /** On the thread that runs now; null when that was lost. */
  session: number | null;
  readonly inputs: readonly TensorDeclaration[];
  readonly outputs: readonly TensorDeclaration[];
  isReleased = false;
  /** Gives back what the engine had set aside. */
  letGo: () => void = () => {};

  constructor(name: string, opened: OpenedSession) {
    this.name = name;
    this.session = opened.session;
    this.inputs = opened.inputs;
    this.outputs = opened.outputs;
  }
}

/** Sessions count from 1. */
const NOT_OPEN = 0;
/** Buffers that came back from the thread are filled again, up to this many of one size. */
const SPARE_BUFFERS_MAX = 2;

export class OrtSessions {
  readonly #startThread: () => SessionThread;
  /** Started by the first model. */
  #thread: SessionThread | null = null;
  readonly #spare = new Map<number, ArrayBuffer[]>();
  /** What is open, and how to open it again. */
  readonly #requests = new Map<OnnxEngine, OpenRequest>();
  #reopening: Promise<void> | null = null;
  #isTerminated = false;

  constructor(startThread: () => SessionThread = () => new OrtThread()) {
    this.#startThread = startThread;
  }

  /** @throws OrtFaultError: what the thread answered; nothing is left open then */
  async open(request: OpenRequest): Promise<OnnxEngine> {
    const engine = new OnnxEngine(request.name, await this.#openSession(request));
    this.#requests.set(engine, request);
    try {
      await this.#warmUp(engine, request.warmUpShapes);
    } catch (error) {
      await this.close(engine).catch(() => {});
      throw error;
    }
    return engine;
  }

  /** @throws OrtFaultError: `ended` when the thread is lost, and the inference with it */
  async run(engine: OnnxEngine, inputs: readonly Tensor[]): Promise<readonly Tensor[]> {
    const copies = inputs.map((input) => this.#copied(input));
    const buffers = copies.map(({ data }) => data.buffer as ArrayBuffer);
    if (engine.session === null) await (this.#reopening ??= this.#reopen());
    const given = { session: engine.session ?? NOT_OPEN, inputs: copies };
    const { outputs, spent } = await this.#call("run", given, buffers);
    for (const buffer of spent) this.#keep(buffer);
    return outputs;
  }

  /** @throws OrtFaultError */
  async close(engine: OnnxEngine): Promise<void> {
    this.#requests.delete(engine);
    if (engine.session !== null) await this.#call("close", { session: engine.session });
  }

  get isTerminated(): boolean {
    return this.#isTerminated;
  }

  terminate(): void {
    this.#isTerminated = true;
    this.#thread?.terminate();
    this.#thread = null;
  }

  async #openSession(request: OpenRequest): Promise<OpenedSession> {
    const { model, providers, intraOpThreads } = request;
    this.#thread ??= this.#startThread();
    // Another list of providers, or another thread, may have to be tried with the same model.
    const copy = model.slice();
    const options = { executionProviders: [...providers], intraOpThreads };
    return await this.#call("open", { model: copy, options }, [copy.buffer]);
  }

  async #reopen(): Promise<void> {
    try {
      for (const [engine, request] of this.#requests) {
        engine.session ??= (await this.#openSession(request)).session;
      }
    } finally {
      this.#reopening = null;
    }
  }

  async #call<Name extends OrtCallName>(
    name: Name,
    given: OrtCalls[Name]["arguments"],
    transfer: ArrayBuffer[] = [],
  ): Promise<OrtCalls[Name]["result"]> {
    const thread = this.#thread;
    if (thread === null) throw new OrtFaultError("ended", "the inference thread was stopped");
    try {
      return await thread.call(name, given, transfer);
    } catch (error) {
      const isLost = error instanceof OrtFaultError && error.code === "ended";
      if (isLost && this.#thread === thread) {
        this.#thread = null;
        for (const engine of this.#requests.keys()) engine.session = null;
      }
      throw error;
    }
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
