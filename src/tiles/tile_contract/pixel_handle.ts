/**
 * Bytes of a tile that end with their `using`.
 *
 * @module
 */
import type { TilePixelHandle } from "./contract.ts";

/** `jpeg` becomes the handle's own; after disposal reading it is a TypeError. */
export function pixelHandle(jpeg: Uint8Array<ArrayBuffer>): TilePixelHandle {
  let held: Uint8Array<ArrayBuffer> | null = jpeg;
  return {
    get jpeg() {
      if (held === null) throw new TypeError("the tile's bytes were released");
      return held;
    },
    [Symbol.dispose]() {
      held = null;
    },
  };
}
