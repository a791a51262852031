/**
 * Bytes of a tile that are released when their `using` scope ends.
 *
 * @module
 */
import type { TilePixelHandle } from "./contract.ts";

/** `jpeg` becomes the handle's own; reading it after disposal throws a TypeError. */
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
