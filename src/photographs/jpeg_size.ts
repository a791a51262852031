/**
 * Width and height from a JPEG's frame header (ITU-T T.81, B.2.2), without decoding.
 *
 * @module
 */
import { DataError } from "../core/mod.ts";

export function jpegFrameSize(
  bytes: Uint8Array,
  name: string,
): { widthPx: number; heightPx: number } {
  if (bytes.length < 4 || bytes[0] !== 0xff || bytes[1] !== 0xd8) {
    throw new DataError(name, "not a JPEG; photographs must be JPEG files");
  }
  let at = 2;
  while (at + 9 <= bytes.length) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    // SOF0…SOF15 without DHT (C4), JPG (C8) and DAC (CC).
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const heightPx = (bytes[at + 5] << 8) | bytes[at + 6];
      const widthPx = (bytes[at + 7] << 8) | bytes[at + 8];
      if (widthPx >= 16 && heightPx >= 16 && widthPx <= 20_000 && heightPx <= 20_000) {
        return { widthPx, heightPx };
      }
      throw new DataError(name, `${widthPx}×${heightPx} pixels; a side must have 16 to 20,000`);
    }
    if (marker === 0xda || length < 2) break;
    at += 2 + length;
  }
  throw new DataError(name, "a damaged JPEG: it has no frame header");
}
