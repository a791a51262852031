/**
 * The thread that ONNX Runtime works on. Its `run` is one synchronous native call (onnxruntime-node
 * 1.30 only defers it): on the flight's thread it would hold up everything else for as long as a
 * model takes.
 *
 * The package is loaded by the first request, so that a fault in loading it has someone to tell.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import type * as Ort from "onnxruntime-node";
import { messageOf } from "../../core/mod.ts";
import type { Tensor, TensorDeclaration, TensorElementType } from "./contract.ts";
import type { OrtCallName, OrtCalls, OrtFault, OrtReply, OrtRequest } from "./ort_protocol.ts";
import { tensor, TENSOR_ELEMENT_TYPES } from "./tensors.ts";

type Handlers = {
  readonly [Name in OrtCallName]: (
    given: OrtCalls[Name]["arguments"],
  ) => Promise<OrtCalls[Name]["result"]>;
};

class NotLoadedError extends Error {}

let library: typeof Ort | undefined;
const sessions = new Map<number, Ort.InferenceSession>();
let nextSession = 1;

async function loaded(): Promise<typeof Ort> {
  if (library !== undefined) return library;
  try {
    library = await import("onnxruntime-node");
  } catch (error) {
    throw new NotLoadedError(messageOf(error));
  }
  // What fails is thrown as well: the copy on stderr would stand between the program's own lines.
  library.env.logLevel = "fatal";
  return library;
}

const handlers: Handlers = {
  open: async ({ model, options }) => {
    const { InferenceSession } = await loaded();
    const opened = await InferenceSession.create(model, {
      executionProviders: options.executionProviders,
      intraOpNumThreads: options.intraOpThreads,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
      // Threads that spin between two operators take the cores from the flight.
      extra: { session: { intra_op: { allow_spinning: "0" }, inter_op: { allow_spinning: "0" } } },
    });
    const inputs = declarationsOf("input", opened.inputMetadata);
    const outputs = declarationsOf("output", opened.outputMetadata);
    const session = nextSession++;
    sessions.set(session, opened);
    return { session, inputs, outputs };
  },
  run: async ({ session, inputs }) => {
    const opened = sessionOf(session);
    const feeds = Object.fromEntries(inputs.map((input) => [input.name, fed(input)]));
    const results = await opened.run(feeds);
    const outputs = opened.outputNames.map((name) => received(name, results[name]));
    return { outputs, spent: inputs.map(({ data }) => data.buffer as ArrayBuffer) };
  },
  close: async ({ session }) => {
    const opened = sessions.get(session);
    sessions.delete(session);
    await opened?.release();
    return null;
  },
};

function sessionOf(session: number): Ort.InferenceSession {
  const opened = sessions.get(session);
  if (opened === undefined) throw new Error(`session ${session} is not open`);
  return opened;
}

function declarationsOf(
  what: string,
  metadata: readonly Ort.InferenceSession.ValueMetadata[],
): TensorDeclaration[] {
  return metadata.map((value) => {
    if (!value.isTensor) throw new Error(`${what} "${value.name}" is not a tensor`);
    const elementType = value.type as TensorElementType;
    if (!TENSOR_ELEMENT_TYPES.includes(elementType)) {
      throw new Error(
        `${what} "${value.name}" holds ${value.type}, not one of ${
          TENSOR_ELEMENT_TYPES.join(", ")
        }`,
      );
    }
    const shape = value.shape.map((axis) => typeof axis === "number" ? axis : null);
    return { name: value.name, elementType, shape };
  });
}

/**
 * What the binding reads of a tensor. Not the library's own class: that one wants a Float16Array for half
 * precision, which the native side of Deno 2.9 takes for an empty array.
 */
function fed({ elementType, shape, data }: Tensor): Ort.Tensor {
  const bits = data instanceof Float16Array
    ? new Uint16Array(data.buffer, data.byteOffset, data.length)
    : data;
  return { type: elementType, dims: shape, location: "cpu", data: bits } as unknown as Ort.Tensor;
}

/** The output in memory of its own: an array that the library shares would be freed under its reader. */
function received(name: string, output: Ort.Tensor): Tensor {
  const { data, dims } = output;
  const { buffer, byteOffset, byteLength } = data as Float32Array<ArrayBuffer>;
  const own = byteLength === buffer.byteLength && buffer instanceof ArrayBuffer
    ? buffer
    : buffer.slice(byteOffset, byteOffset + byteLength);
  return tensor(name, output.type as TensorElementType, [...dims], own);
}

/** One request after the other: the library defers `run`, and a `close` would overtake it. */
let done: Promise<void> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<OrtRequest>) => {
  done = done.then(() => handle(data));
};

async function handle(request: OrtRequest): Promise<void> {
  const { id, name } = request;
  try {
    const handler = handlers[name] as (given: unknown) => Promise<unknown>;
    const result = await handler(request.arguments);
    answer({ id, result }, name === "run" ? buffersOf(result as OrtCalls["run"]["result"]) : []);
  } catch (error) {
    const code: OrtFault["code"] = error instanceof NotLoadedError ? "not_loaded" : "failed";
    answer({ id, fault: { code, message: messageOf(error) } }, []);
  }
}

function buffersOf({ outputs, spent }: OrtCalls["run"]["result"]): ArrayBuffer[] {
  return [...new Set([...outputs.map(({ data }) => data.buffer as ArrayBuffer), ...spent])];
}

function answer(reply: OrtReply, transfer: ArrayBuffer[]): void {
  self.postMessage(reply, { transfer });
}
