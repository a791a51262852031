/**
 * Two lines in one process: what one writes, the other reads. Both ends may be cut, and joined again.
 *
 * @module
 */
import type { Clock } from "../../src/core/mod.ts";
import type { ByteLink, Chunk, LinkHealth } from "../../src/link/transport/mod.ts";

export interface BytePipe {
  readonly ends: readonly [ByteLink, ByteLink];
  cut(): void;
  join(): void;
}

export function bytePipe(clock: Clock): BytePipe {
  const state = { joined: true, joins: 1 };
  const a = new PipeEnd("pipe:a", clock, state), b = new PipeEnd("pipe:b", clock, state);
  a.peer = b;
  b.peer = a;
  return {
    ends: [a, b],
    cut: () => void (state.joined = false),
    join: () => {
      state.joined = true;
      state.joins++;
    },
  };
}

class PipeEnd implements ByteLink {
  readonly address: string;
  peer: PipeEnd | null = null;
  readonly #clock: Clock;
  readonly #state: { joined: boolean; joins: number };
  #chunks: Chunk[] = [];
  #wake: () => void = () => {};
  #closed = false;
  #bytesIn = 0;
  #bytesOut = 0;
  #writesRefused = 0;

  constructor(address: string, clock: Clock, state: { joined: boolean; joins: number }) {
    this.address = address;
    this.#clock = clock;
    this.#state = state;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  async *chunks(signal: AbortSignal): AsyncGenerator<Chunk> {
    const wake = () => this.#wake();
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted && !this.#closed) {
        const chunks = this.#chunks;
        this.#chunks = [];
        yield* chunks;
        if (this.#chunks.length > 0 || signal.aborted) continue;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }

  write(bytes: Uint8Array): boolean {
    if (!this.#state.joined || this.#closed) {
      this.#writesRefused++;
      return false;
    }
    this.#bytesOut += bytes.length;
    this.peer?.receive(bytes.slice());
    return true;
  }

  receive(bytes: Uint8Array): void {
    this.#bytesIn += bytes.length;
    this.#chunks.push({ receivedNs: this.#clock.now(), bytes });
    this.#wake();
  }

  health(): LinkHealth {
    return {
      connected: this.#state.joined,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      bytesDropped: 0,
      reconnects: this.#state.joins - 1,
      writesRefused: this.#writesRefused,
      fault: this.#state.joined ? "" : "it is cut",
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#wake();
    return Promise.resolve();
  }
}
