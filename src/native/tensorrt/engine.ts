/**
 * One loaded engine: its tensors, and inferences in memory of our own.
 *
 * @module
 */
import { NativeErrorBuffer } from "../../core/mod.ts";
import { type TensorRtLibrary, textAt } from "./library.ts";
import { takePlan } from "./plan.ts";
import { BINDING_BYTES, TENSOR_BYTES } from "./symbols.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const ELEMENT_TYPES = ["float32", "float16", "int8", "uint8", "int32", "int64"] as const;
/** Tensors begin at multiples of this in their buffer: enough for every element type. */
const ALIGNMENT = 64;

interface EngineTensor {
  readonly name: string;
  readonly isOutput: boolean;
  readonly elementType: typeof ELEMENT_TYPES[number];
  /** null: an axis that the model leaves open. */
  readonly shape: readonly (number | null)[];
}

/** An output: `bytes` is memory of its own. */
interface EngineOutput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: ArrayBuffer;
}

export class TensorRtEngine {
  readonly #symbols: TensorRtLibrary["symbols"];
  #handle: bigint | null;
  readonly tensors: readonly EngineTensor[];
  readonly #inFlight = new Set<Promise<unknown>>();

  private constructor(symbols: TensorRtLibrary["symbols"], handle: bigint) {
    this.#symbols = symbols;
    this.#handle = handle;
    this.tensors = describe(symbols, handle);
  }

  /** @throws NativeError with one of the statuses of tensorrt.h */
  static async load(library: TensorRtLibrary, bytes: Bytes, device = 0): Promise<TensorRtEngine> {
    const handle = new BigUint64Array(1);
    const error = new NativeErrorBuffer();
    const { symbols } = library;
    const size = BigInt(bytes.length);
    const status = await symbols.gdn_trt_engine_load(bytes, size, device, handle, error.bytes);
    error.check("gdn_trt_engine_load", status);
    return new TensorRtEngine(symbols, handle[0]);
  }

  /** The bytes of an engine file. */
  async serialise(): Promise<Bytes> {
    const plan = new BigUint64Array(1);
    await this.#call(
      "gdn_trt_engine_serialise",
      (handle, error) => this.#symbols.gdn_trt_engine_serialise(handle, plan, error),
    );
    return takePlan(this.#symbols, plan[0]).engine;
  }

  /**
   * Runs the engine once, on another thread. `inputs` holds the bytes and the shape of every input, in
   * the order of `tensors`; they are copied before the call starts.
   */
  async infer(
    inputs: readonly { readonly shape: readonly number[]; readonly bytes: Uint8Array }[],
  ): Promise<readonly EngineOutput[]> {
    const bindings = new Bindings(this.tensors.length);
    let next = 0;
    const offsets: number[] = [];
    const inputBytes = layOut(inputs.map(({ bytes }) => bytes.length), offsets);
    const inputBuffer = new Uint8Array(inputBytes);
    for (const [index, { isOutput }] of this.tensors.entries()) {
      if (isOutput) continue;
      const { shape, bytes } = inputs[next];
      inputBuffer.set(bytes, offsets[next]);
      bindings.set(index, shape, offsets[next++], bytes.length);
    }
    const count = this.tensors.length;
    await this.#call(
      "gdn_trt_engine_shapes",
      (handle, error) => this.#symbols.gdn_trt_engine_shapes(handle, bindings.bytes, count, error),
    );
    const outputs = this.#placeOutputs(bindings);
    await this.#call(
      "gdn_trt_engine_infer",
      (handle, error) =>
        this.#symbols.gdn_trt_engine_infer(
          handle,
          bindings.bytes,
          count,
          inputBuffer,
          BigInt(inputBytes),
          outputs.buffer,
          BigInt(outputs.buffer.length),
          error,
        ),
    );
    return outputs.tensors.map(({ name, shape, offset, length }) => ({
      name,
      shape,
      bytes: outputs.buffer.buffer.slice(offset, offset + length),
    }));
  }

  /** Refuses new calls, and frees when those in flight have ended. A second time does nothing. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    if (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight);
    if (handle === null) return;
    const error = new NativeErrorBuffer();
    const status = this.#symbols.gdn_trt_engine_free(handle, error.bytes);
    error.check("gdn_trt_engine_free", status);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Gives every output its place in one buffer. */
  #placeOutputs(bindings: Bindings) {
    const outputs = [...this.tensors.entries()].filter(([, { isOutput }]) => isOutput);
    const lengths = outputs.map(([index]) => bindings.lengthOf(index));
    const offsets: number[] = [];
    const buffer = new Uint8Array(layOut(lengths, offsets));
    const tensors = outputs.map(([index, { name }], i) => {
      bindings.setOffset(index, offsets[i]);
      return { name, shape: bindings.shapeOf(index), offset: offsets[i], length: lengths[i] };
    });
    return { buffer, tensors };
  }

  async #call(
    name: string,
    start: (handle: bigint, error: Bytes) => Promise<number>,
  ): Promise<void> {
    if (this.#handle === null) throw new TypeError(`${name}: the engine is closed`);
    const error = new NativeErrorBuffer();
    const settled = start(this.#handle, error.bytes as Bytes);
    this.#inFlight.add(settled);
    try {
      error.check(name, await settled);
    } finally {
      this.#inFlight.delete(settled);
    }
  }
}

/** An array of `struct gdn_trt_binding`. */
class Bindings {
  readonly bytes: Bytes;
  readonly #view: DataView;

  constructor(count: number) {
    this.bytes = new Uint8Array(count * BINDING_BYTES);
    this.#view = new DataView(this.bytes.buffer);
  }

  set(index: number, shape: readonly number[], offset: number, length: number): void {
    const start = index * BINDING_BYTES;
    this.#view.setInt32(start, shape.length, true);
    this.#view.setBigInt64(start + 8, BigInt(offset), true);
    this.#view.setBigInt64(start + 16, BigInt(length), true);
    shape.forEach((axis, i) => this.#view.setBigInt64(start + 24 + 8 * i, BigInt(axis), true));
  }

  setOffset(index: number, offset: number): void {
    this.#view.setBigInt64(index * BINDING_BYTES + 8, BigInt(offset), true);
  }

  lengthOf(index: number): number {
    return Number(this.#view.getBigInt64(index * BINDING_BYTES + 16, true));
  }

  shapeOf(index: number): number[] {
    return axesAt(this.#view, index * BINDING_BYTES, 24);
  }
}

/** Offsets of blocks of these lengths, aligned; returns the bytes of all. */
function layOut(lengths: readonly number[], offsets: number[]): number {
  let end = 0;
  for (const length of lengths) {
    offsets.push(end);
    end += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
  }
  return end;
}

/** A rank (int32) at `start`, and that many axes (int64) at `start + axesOffset`. */
function axesAt(view: DataView, start: number, axesOffset: number): number[] {
  return Array.from(
    { length: view.getInt32(start, true) },
    (_, i) => Number(view.getBigInt64(start + axesOffset + 8 * i, true)),
  );
}

function describe(symbols: TensorRtLibrary["symbols"], handle: bigint): EngineTensor[] {
  const error = new NativeErrorBuffer();
  const count = new Int32Array(1);
  const counted = symbols.gdn_trt_engine_tensor_count(handle, count, error.bytes);
  error.check("gdn_trt_engine_tensor_count", counted);
  return Array.from({ length: count[0] }, (_, index) => {
    const bytes = new Uint8Array(TENSOR_BYTES);
    const status = symbols.gdn_trt_engine_tensor(handle, index, bytes, error.bytes);
    error.check("gdn_trt_engine_tensor", status);
    const view = new DataView(bytes.buffer);
    return {
      name: textAt(bytes, 0, 256),
      isOutput: view.getInt32(256, true) === 1,
      elementType: ELEMENT_TYPES[view.getInt32(260, true)],
      shape: axesAt(view, 264, 8).map((axis) => axis < 0 ? null : axis),
    };
  });
}
