/**
 * What came and was not read yet, bounded.
 *
 * @module
 */
import type { Chunk } from "./contract.ts";

/** Chunks in order of arrival; its owner decides what happens when it is full. */
export class ChunkQueue {
  readonly #bytesMax: number;
  readonly #chunks: Chunk[] = [];
  #bytes = 0;
  #wake: (() => void) | null = null;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax;
  }

  push(chunk: Chunk): void {
    this.#chunks.push(chunk);
    this.#bytes += costOf(chunk);
    this.#wake?.();
  }

  shift(): Chunk | undefined {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) this.#bytes -= costOf(chunk);
    return chunk;
  }

  /** Resolves once there is something to take, or `wake()` is called. One waits at a time. */
  filled(): Promise<void> {
    if (this.#chunks.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null;
        resolve();
      };
    });
  }

  wake(): void {
    this.#wake?.();
  }
}

/** A chunk of one byte takes memory too. */
function costOf({ bytes }: Chunk): number {
  return bytes.length + 128;
}
