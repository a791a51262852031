/**
 * Which pixels of a tile are ground, kept inside of its JPEG as an application segment, so that it goes wherever
 * the tile goes. Decoders skip the segment.
 *
 * The segment (ITU-T T.81, B.2.4.6) is APP15, the identifier and the mask, deflated: a bit for each
 * pixel, row by row from the north-west, the first in the highest bit, 1 where there is ground.
 *
 * @module
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";

const PIXELS = 256 * 256;
const MASK_BYTES = PIXELS / 8;
const APP0 = 0xe0, APP15 = 0xef, START_OF_SCAN = 0xda;
const IDENTIFIER = new TextEncoder().encode("GDN coverage 1\0");

/** A copy of `jpeg` with the mask in it; `coverage` (65,536 bytes) is 0 where there is no ground. */
export function withCoverageMask(
  jpeg: Uint8Array,
  coverage: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array(MASK_BYTES);
  for (let i = 0; i < PIXELS; i++) if (coverage[i]) bits[i >> 3] |= 0x80 >> (i & 7);
  const mask = deflateRawSync(bits, { level: 9 });
  const length = 2 + IDENTIFIER.length + mask.length;
  // JFIF wants its own segment to be the first.
  const at = jpeg[3] === APP0 ? 4 + jpeg[4] * 256 + jpeg[5] : 2;
  const out = new Uint8Array(jpeg.length + 2 + length);
  out.set(jpeg.subarray(0, at));
  out.set([0xff, APP15, length >> 8, length & 0xff], at);
  out.set(IDENTIFIER, at + 4);
  out.set(mask, at + 4 + IDENTIFIER.length);
  out.set(jpeg.subarray(at), at + 2 + length);
  return out;
}

/** 255 for each pixel that is ground, else 0; null for a tile without a (whole) mask. */
export function coverageMaskOf(jpeg: Uint8Array): Uint8Array<ArrayBuffer> | null {
  for (let at = 2; at + 4 <= jpeg.length && jpeg[at] === 0xff;) {
    const marker = jpeg[at + 1], length = jpeg[at + 2] * 256 + jpeg[at + 3];
    if (marker === START_OF_SCAN || length < 2) return null;
    const content = jpeg.subarray(at + 4, at + 2 + length);
    if (marker === APP15 && IDENTIFIER.every((byte, i) => content[i] === byte)) {
      return unpacked(content.subarray(IDENTIFIER.length));
    }
    at += 2 + length;
  }
  return null;
}

function unpacked(deflated: Uint8Array): Uint8Array<ArrayBuffer> | null {
  let bits: Uint8Array;
  try {
    bits = inflateRawSync(deflated, { maxOutputLength: MASK_BYTES });
  } catch {
    return null;
  }
  if (bits.length !== MASK_BYTES) return null;
  const out = new Uint8Array(PIXELS);
  for (let i = 0; i < PIXELS; i++) if (bits[i >> 3] & (0x80 >> (i & 7))) out[i] = 255;
  return out;
}
