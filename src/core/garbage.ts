/**
 * Keeps memory constant over a run of any length by collecting garbage now and then.
 *
 * V8 keeps objects that survived two small collections (a batch of tiles that is being written, a
 * page of rows) until its old generation has grown several times, which takes tens of thousands of
 * tiles; until then a long run looks like a leak. A full collection every few thousand items takes
 * milliseconds.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export class GarbageBound {
  readonly #everyItems: number;
  #items = 0;
  #collect: (() => void) | undefined;

  /** Collects once for this many items. */
  constructor(everyItems = 4096) {
    this.#everyItems = everyItems;
  }

  /** Reports that items were processed, and that their memory is needed no more. */
  add(items = 1): void {
    this.#items += items;
    if (this.#items < this.#everyItems) return;
    this.#items = 0;
    this.#collect ??= collector();
    this.#collect();
  }
}

/** Collects once, all of it: after a part of a program that will not come again, such as its start. */
export function collectGarbage(): void {
  collector()();
}

/** When V8 does not offer it, nothing is done. */
function collector(): () => void {
  try {
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    return typeof collect === "function" ? () => collect() : () => {};
  } catch {
    return () => {};
  }
}
