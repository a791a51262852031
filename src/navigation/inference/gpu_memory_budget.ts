/**
 * What engines may take of the GPU's memory, counted before anything is allocated.
 *
 * @module
 */
import { OutOfMemoryError } from "./errors.ts";

export class GpuMemoryBudget {
  readonly limitBytes: number;
  #reservedBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get reservedBytes(): number {
    return this.#reservedBytes;
  }

  /**
   * Sets `bytes` aside until the returned function is called (a second call does nothing).
   *
   * @throws OutOfMemoryError when less than that is left
   */
  reserve(bytes: number, what: string): () => void {
    const leftBytes = this.limitBytes - this.#reservedBytes;
    if (bytes > leftBytes) {
      throw new OutOfMemoryError(
        `Cannot load ${what}: it needs ${bytes} bytes of GPU memory, ${leftBytes} of the budget of ` +
          `${this.limitBytes} are left (inference.gpuMemoryBudgetBytes)`,
      );
    }
    this.#reservedBytes += bytes;
    let held = true;
    return () => {
      if (held) this.#reservedBytes -= bytes;
      held = false;
    };
  }
}
