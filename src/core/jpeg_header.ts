/**
 * Reads the size of a JPEG from its markers alone (ITU-T T.81, annex B): enough to refuse a picture
 * of the wrong size before it is decoded.
 *
 * @module
 */

interface PictureSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/**
 * The size in the start-of-frame segment; null when `bytes` are not a JPEG, end before it, or hold
 * before it what libjpeg refuses: where this gives a size, a decoder has no other. Never throws.
 */
export function jpegHeaderSize(bytes: Uint8Array): PictureSize | null {
  if (bytes.length < 4 || bytes[0] !== 0xff || bytes[1] !== 0xd8) return null;
  let at = 2;
  while (at + 2 <= bytes.length) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at += 1; // fill byte
      continue;
    }
    if (standsAlone(marker)) {
      at += 2;
      continue;
    }
    if (at + 4 > bytes.length) return null;
    const length = bytes[at + 2] * 256 + bytes[at + 3];
    if (isStartOfFrame(marker)) {
      if (at + 9 > bytes.length) return null;
      const heightPx = bytes[at + 5] * 256 + bytes[at + 6];
      const widthPx = bytes[at + 7] * 256 + bytes[at + 8];
      return widthPx > 0 && heightPx > 0 ? { widthPx, heightPx } : null;
    }
    if (length < 2 || !mayPrecedeFrame(marker)) return null;
    at += 2 + length;
  }
  return null;
}

/** TEM and RST0 to RST7: no length follows. */
function standsAlone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
}

/** DHT, DAC, DQT, DNL, DRI, APP0 to APP15, COM. */
function mayPrecedeFrame(marker: number): boolean {
  return [0xc4, 0xcc, 0xdb, 0xdc, 0xdd, 0xfe].includes(marker) ||
    (marker >= 0xe0 && marker <= 0xef);
}

/** SOF0–SOF15 except DHT (c4), JPG (c8) and DAC (cc). */
function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
