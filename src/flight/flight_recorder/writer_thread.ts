/**
 * The writer's thread as seen by its owner: calls with answers, and notification of its end.
 *
 * @module
 */
import { messageOf } from "../../core/mod.ts";
import { FdrWriterDiedError } from "./errors.ts";
import type {
  WriterCallName,
  WriterCalls,
  WriterFault,
  WriterMessage,
  WriterRequest,
} from "./writer_protocol.ts";

/** The answer of the writer when a call failed. */
export class WriterFaultError extends Error {
  readonly code: string;

  constructor(fault: WriterFault) {
    super(fault.message);
    this.code = fault.code;
  }
}

interface WriterThreadEvents {
  message(message: Extract<WriterMessage, { type: "alert" | "log" }>): void;
  /** Called once when the thread ends unexpectedly. */
  died(reason: string): void;
}

interface Waiting {
  readonly name: WriterCallName;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class WriterThread {
  readonly #worker: Worker;
  readonly #events: WriterThreadEvents;
  readonly #waiting = new Map<number, Waiting>();
  readonly #loaded: Promise<void>;
  #onLoaded: { resolve: () => void; reject: (error: unknown) => void };
  #nextId = 0;
  #ended: string | null = null;

  constructor(
    events: WriterThreadEvents,
    module = new URL("./writer_worker.ts", import.meta.url),
  ) {
    this.#events = events;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#loaded = promise;
    this.#loaded.catch(() => {});
    this.#onLoaded = { resolve, reject };
    this.#worker = new Worker(module, { type: "module", name: "flight recorder" });
    this.#worker.onmessage = ({ data }: MessageEvent<WriterMessage>) => this.#hear(data);
    this.#worker.onerror = (event) => {
      // Otherwise the flight would end with its recorder.
      event.preventDefault();
      this.#end(event.message);
    };
    this.#worker.onmessageerror = () => this.#end("a message between the threads was lost");
  }

  /** Resolves when the thread runs; rejects with the reason when it cannot. */
  async loaded(): Promise<void> {
    await this.#loaded;
  }

  /**
   * @throws WriterFaultError for what the writer refuses.
   * @throws FdrWriterDiedError when the thread has ended.
   */
  async call<Name extends WriterCallName>(
    name: Name,
    given: WriterCalls[Name]["arguments"],
  ): Promise<WriterCalls[Name]["result"]> {
    if (this.#ended !== null) throw new FdrWriterDiedError(name, this.#ended);
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { name, resolve, reject });
    const request: WriterRequest = { id, name, arguments: given };
    try {
      this.#worker.postMessage(request);
    } catch (error) {
      this.#waiting.delete(id);
      throw error;
    }
    return await promise as WriterCalls[Name]["result"];
  }

  /** Ends the thread, whatever it is doing. */
  terminate(): void {
    this.#ended ??= "it was stopped";
    this.#worker.terminate();
    this.#rejectAll(this.#ended);
  }

  #hear(message: WriterMessage): void {
    switch (message.type) {
      case "loaded":
        return this.#onLoaded.resolve();
      case "result":
        this.#settle(message.id)?.resolve(message.result);
        return;
      case "fault":
        this.#settle(message.id)?.reject(new WriterFaultError(message.fault));
        return;
      default:
        return this.#events.message(message);
    }
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #end(reason: string): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    this.#worker.terminate();
    this.#onLoaded.reject(new Error(reason));
    this.#rejectAll(reason);
    this.#events.died(reason);
  }

  #rejectAll(reason: string): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { name, reject } of all) reject(new FdrWriterDiedError(name, messageOf(reason)));
  }
}
