/**
 * Memory that stays flat over a run of any length.
 *
 * V8 lets what survived two small collections (a batch of tiles that is being written, a page of rows)
 * lie until its old generation has grown several times, which takes it tens of thousands of tiles;
 * until then a long run looks like a leak. A full collection every few thousand takes milliseconds.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export class GarbageBound {
  readonly #everyItems: number;
  #items = 0;
  #collect: (() => void) | undefined;

  /** Collects once for so many items. */
  constructor(everyItems = 4096) {
    this.#everyItems = everyItems;
  }

  /** Tells that items were done, and that what they needed is needed no more. */
  add(items = 1): void {
    this.#items += items;
    if (this.#items < this.#everyItems) return;
    this.#items = 0;
    this.#collect ??= collector();
    this.#collect();
  }
}

/** Where V8 does not offer it, memory is as V8 keeps it. */
function collector(): () => void {
  try {
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    return typeof collect === "function" ? () => collect() : () => {};
  } catch {
    return () => {};
  }
}
