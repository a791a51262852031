/**
 * The ONNX Runtime thread as its owner sees it: calls with answers.
 *
 * @module
 */
import type { OrtCallName, OrtCalls, OrtFault, OrtReply, OrtRequest } from "./ort_protocol.ts";

/** What the thread answered to a call that failed; `ended` when there is no thread any more. */
export class OrtFaultError extends Error {
  readonly code: OrtFault["code"] | "ended";

  constructor(code: OrtFault["code"] | "ended", message: string) {
    super(message);
    this.code = code;
  }
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class OrtThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #ended: string | null = null;

  constructor() {
    this.#worker = new Worker(new URL("./ort_worker.ts", import.meta.url), {
      type: "module",
      name: "inference",
    });
    this.#worker.onmessage = ({ data }: MessageEvent<OrtReply>) => this.#hear(data);
    this.#worker.onerror = (event) => {
      // Otherwise the flight would end with its inference.
      event.preventDefault();
      this.#end(event.message);
    };
    this.#worker.onmessageerror = () => this.#end("a message between the threads was lost");
  }

  /** Calls are answered in their order. The buffers of `transfer` belong to the thread from now on. */
  async call<Name extends OrtCallName>(
    name: Name,
    given: OrtCalls[Name]["arguments"],
    transfer: ArrayBuffer[] = [],
  ): Promise<OrtCalls[Name]["result"]> {
    if (this.#ended !== null) throw new OrtFaultError("ended", this.#ended);
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    const request: OrtRequest<Name> = { id, name, arguments: given };
    try {
      this.#worker.postMessage(request, transfer);
    } catch (error) {
      this.#waiting.delete(id);
      throw error;
    }
    return await promise as OrtCalls[Name]["result"];
  }

  /** Ends the thread; what waits for it fails. */
  terminate(): void {
    this.#end("the thread was stopped");
  }

  #hear(reply: OrtReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("fault" in reply) {
      waiting?.reject(new OrtFaultError(reply.fault.code, reply.fault.message));
    } else waiting?.resolve(reply.result);
  }

  #end(reason: string): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    this.#worker.terminate();
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of all) reject(new OrtFaultError("ended", reason));
  }
}
