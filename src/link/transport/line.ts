/**
 * What all kinds of lines share: opening again, the bounded queue of what came, counters.
 *
 * @module
 */
import { type Clock, pause } from "../../core/mod.ts";
import { ChunkQueue } from "./byte_queue.ts";
import type { ByteLink, Chunk, LinkHealth } from "./contract.ts";
import { lineFaultText } from "./line_fault.ts";

/** What came and was not read yet; a controller sends some 20 kB/s. */
const UNREAD_BYTES_MAX = 256 * 1024;
const RETRY_MS_MIN = 200, RETRY_MS_MAX = 2000;

/** What a connection may do with its line. */
export interface LineSide {
  readonly signal: AbortSignal;
  /** From now on the line counts as connected, until the connection ends or `lost` is called. */
  connected(): void;
  /** Nobody is there, though the connection stays open: a datagram socket that hears nothing. */
  lost(fault: string): void;
  /** Of a peer that cannot be made to wait: the oldest goes, and is counted, where nobody reads. */
  receive(bytes: Uint8Array): void;
  /** Counts what came and is not for the reader. */
  refuse(byteCount: number): void;
  /** Resolves once there is room for more, or the signal aborts: of a peer that can be made to wait. */
  room(signal: AbortSignal): Promise<void>;
}

/** One kind of line. */
export interface Connector {
  /** Takes bytes though nobody was heard yet. */
  readonly sendsUnheard: boolean;
  /**
   * Runs one connection until it ends or the signal aborts, and leaves nothing open behind it. A throw
   * is the reason why it ended.
   */
  run(line: LineSide): Promise<void>;
  /** Takes all bytes (a copy) or none; never waits. */
  write(bytes: Uint8Array): boolean;
  /** Lets go of what outlives a connection; called once none runs. */
  close?(): Promise<void>;
}

/** A line of any kind. */
export class Line implements ByteLink {
  readonly address: string;
  readonly #connector: Connector;
  readonly #clock: Clock;
  readonly #unread = new ChunkQueue(UNREAD_BYTES_MAX);
  readonly #closing = new AbortController();
  #running: Promise<void> | null = null;
  #closed: Promise<void> | null = null;
  #isRead = false;
  #wakeSender: (() => void) | null = null;
  #connected = false;
  #connections = 0;
  #fault = "it was not opened yet";
  #bytesIn = 0;
  #bytesOut = 0;
  #bytesDropped = 0;
  #writesRefused = 0;

  constructor(address: string, connector: Connector, clock: Clock) {
    this.address = address;
    this.#connector = connector;
    this.#clock = clock;
  }

  open(): Promise<void> {
    if (this.#closing.signal.aborted) throw new TypeError(`the line ${this.address} is closed`);
    this.#running ??= this.#run();
    return Promise.resolve();
  }

  async *chunks(signal: AbortSignal): AsyncGenerator<Chunk> {
    if (this.#isRead) throw new TypeError(`the line ${this.address} is read already`);
    this.#isRead = true;
    const wake = () => this.#unread.wake();
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted) {
        const chunk = this.#unread.shift();
        if (chunk === undefined) {
          if (this.#closing.signal.aborted) return;
          await this.#unread.filled();
          continue;
        }
        this.#wakeSender?.();
        yield chunk;
      }
    } finally {
      signal.removeEventListener("abort", wake);
      this.#isRead = false;
    }
  }

  write(bytes: Uint8Array): boolean {
    const { sendsUnheard } = this.#connector;
    const taken = (this.#connected || sendsUnheard) && this.#connector.write(bytes);
    if (taken) this.#bytesOut += bytes.length;
    else this.#writesRefused++;
    return taken;
  }

  health(): LinkHealth {
    return {
      connected: this.#connected,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      bytesDropped: this.#bytesDropped,
      reconnects: Math.max(0, this.#connections - 1),
      writesRefused: this.#writesRefused,
      fault: this.#connected ? "" : this.#fault,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closing.signal.aborted) {
      this.#closing.abort();
      this.#unread.wake();
      this.#wakeSender?.();
      this.#closed = this.#close();
    }
    await this.#closed;
  }

  async #close(): Promise<void> {
    await this.#running;
    this.#fault = "it is closed";
    await this.#connector.close?.();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let delayMs = RETRY_MS_MIN;
    this.#fault = "it is being opened";
    while (!signal.aborted) {
      const before = this.#connections;
      try {
        await this.#connector.run(this.#side(signal));
        this.#fault = "the peer has ended the connection";
      } catch (error) {
        this.#fault = lineFaultText(error);
      }
      this.#connected = false;
      if (this.#connections > before) delayMs = RETRY_MS_MIN;
      await pause(delayMs, signal);
      delayMs = Math.min(2 * delayMs, RETRY_MS_MAX);
    }
  }

  #side(signal: AbortSignal): LineSide {
    return {
      signal,
      connected: () => {
        if (this.#connected) return;
        this.#connected = true;
        this.#connections++;
      },
      lost: (fault) => {
        this.#connected = false;
        this.#fault = fault;
      },
      receive: (bytes) => {
        this.#bytesIn += bytes.length;
        while (this.#unread.isFull) this.#bytesDropped += this.#unread.shift()?.bytes.length ?? 0;
        this.#unread.push({ receivedNs: this.#clock.now(), bytes });
      },
      refuse: (byteCount) => {
        this.#bytesIn += byteCount;
        this.#bytesDropped += byteCount;
      },
      room: async (ended) => {
        const wake = () => this.#wakeSender?.();
        ended.addEventListener("abort", wake);
        while (this.#unread.isFull && !ended.aborted) {
          await new Promise<void>((resolve) => (this.#wakeSender = resolve));
        }
        ended.removeEventListener("abort", wake);
      },
    };
  }
}
