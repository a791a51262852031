/**
 * Decodes the blocks (strips and tiles) of a TIFF. Each decoder gives every byte of its block or
 * throws: a part that cannot be decoded must not look like black ground.
 *
 * sharp is not asked for whole TIFFs: under `failOn: "error"` libvips gives zeros for tiles that
 * libtiff cannot decode. It decodes single JPEG and WebP pictures, where it does throw.
 *
 * Source: TIFF 6.0 (Adobe, 1992), sections 9 and 13; Adobe's technical note 2 (JPEG);
 * https://gdal.org/drivers/raster/gtiff.html (names of the newer codecs)
 *
 * @module
 */
import { constants, inflateSync } from "node:zlib";
import sharp from "sharp";
import { messageOf } from "../../../../core/mod.ts";

/** By the number in the tag Compression. */
const NAMES: Readonly<Record<number, string>> = {
  1: "none",
  2: "CCITT RLE",
  3: "CCITT T.4",
  4: "CCITT T.6",
  5: "LZW",
  6: "old-style JPEG",
  7: "JPEG",
  8: "DEFLATE",
  32773: "PACKBITS",
  32809: "ThunderScan",
  32946: "DEFLATE",
  34661: "JBIG",
  34676: "SGI LogLuv",
  34712: "JPEG 2000",
  34887: "LERC",
  34925: "LZMA",
  34933: "PNG",
  50000: "ZSTD",
  50001: "WEBP",
  50002: "JPEG XL",
  52546: "JPEG XL",
};
const DECODED = [1, 5, 7, 8, 32773, 32946, 50001];

export const isDecoded = (compression: number) => DECODED.includes(compression);
export const codecName = (compression: number) => NAMES[compression] ?? `codec ${compression}`;
/** Whether the codec stores whole pictures, whose colours it converts itself. */
export const isPictureCodec = (compression: number) => compression === 7 || compression === 50001;

/** Markers of JPEG. */
const START_OF_SCAN = 0xda, ADOBE = 0xee;

interface BlockShape {
  readonly widthPx: number;
  /** Rows that lie within the picture, and rows that a writer may have filled up to. */
  readonly rowsPx: number;
  readonly rowsMaxPx: number;
  readonly samples: number;
  readonly bytesPerRow: number;
}

/**
 * At least `rowsPx` rows of the block.
 *
 * @throws Error for bytes that do not decode to it
 */
export async function decodeBlock(
  compression: number,
  bytes: Uint8Array<ArrayBuffer>,
  shape: BlockShape,
  jpeg: { readonly tables: Uint8Array<ArrayBuffer> | null; readonly isYCbCr: boolean },
): Promise<Uint8Array<ArrayBuffer>> {
  const needed = shape.rowsPx * shape.bytesPerRow, most = shape.rowsMaxPx * shape.bytesPerRow;
  let decoded: Uint8Array<ArrayBuffer>;
  switch (compression) {
    case 1:
      decoded = bytes;
      break;
    case 5:
      decoded = decodeLzw(bytes, most);
      break;
    case 7:
      return await decodePicture(withTables(bytes, jpeg.tables, jpeg.isYCbCr, shape), shape, false);
    case 32773:
      decoded = decodePackBits(bytes, most);
      break;
    case 50001:
      return await decodePicture(bytes, shape, true);
    default:
      decoded = inflate(bytes, most);
  }
  if (decoded.length >= needed) return decoded;
  throw new Error(`it holds ${decoded.length} of ${needed} bytes`);
}

function inflate(bytes: Uint8Array<ArrayBuffer>, most: number): Uint8Array<ArrayBuffer> {
  const plain = inflateSync(bytes, {
    finishFlush: constants.Z_FINISH,
    // A writer may have padded the block; a bomb is cut off.
    maxOutputLength: Math.max(2 * most, 65_536),
  });
  return new Uint8Array(plain.buffer as ArrayBuffer, plain.byteOffset, plain.length);
}

/** @throws Error for a code that is not in the table yet */
function decodeLzw(bytes: Uint8Array, most: number): Uint8Array<ArrayBuffer> {
  if (bytes.length > 1 && bytes[0] === 0 && (bytes[1] & 1) === 1) {
    throw new Error("its LZW is of the old style; write the file anew with gdal_translate");
  }
  const CLEAR = 256, END = 257;
  const out = new Uint8Array(most);
  const prefix = new Uint16Array(4096), last = new Uint8Array(4096), first = new Uint8Array(4096);
  const length = new Uint16Array(4096);
  for (let i = 0; i < 256; i++) {
    last[i] = first[i] = i;
    length[i] = 1;
  }
  let next = 258, width = 9, previous = -1, filled = 0, buffer = 0, bits = 0, at = 0;
  while (filled < most) {
    while (bits < width && at < bytes.length) {
      buffer = (buffer << 8 | bytes[at++]) & 0xffffff;
      bits += 8;
    }
    if (bits < width) break;
    const code = buffer >> (bits - width) & (1 << width) - 1;
    bits -= width;
    if (code === END) break;
    if (code === CLEAR) {
      next = 258;
      width = 9;
      previous = -1;
      continue;
    }
    if (previous < 0 ? code > 255 : code > next || code === next && next > 4095) {
      throw new Error(`LZW code ${code} of ${next}`);
    }
    if (previous >= 0 && next < 4096) {
      prefix[next] = previous;
      first[next] = first[previous];
      last[next] = code === next ? first[previous] : first[code];
      length[next] = length[previous] + 1;
      next++;
      if (next >= (1 << width) - 1 && width < 12) width++;
    }
    let place = filled + length[code] - 1;
    filled = Math.min(most, place + 1);
    for (let entry = code, left = length[code]; left > 0; left--, place--) {
      if (place < most) out[place] = last[entry];
      entry = prefix[entry];
    }
    previous = code;
  }
  return out.subarray(0, filled);
}

function decodePackBits(bytes: Uint8Array, most: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(most);
  let filled = 0;
  for (let at = 0; at < bytes.length && filled < most;) {
    const control = bytes[at++];
    if (control === 128) continue;
    const count = control < 128 ? control + 1 : 257 - control;
    const end = Math.min(most, filled + count);
    if (control < 128) {
      const run = bytes.subarray(at, at + end - filled);
      out.set(run, filled);
      filled += run.length;
      at += count;
    } else {
      if (at >= bytes.length) break;
      out.fill(bytes[at++], filled, end);
      filled = end;
    }
  }
  return out.subarray(0, filled);
}

/**
 * A JPEG of its own: the tables of the directory put in, and Adobe's marker, which says whether its
 * colours are YCbCr (else decoders guess, and guess YCbCr for red, green and blue).
 */
function withTables(
  bytes: Uint8Array<ArrayBuffer>,
  tables: Uint8Array<ArrayBuffer> | null,
  isYCbCr: boolean,
  { samples }: BlockShape,
): Uint8Array<ArrayBuffer> {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new Error("it is no JPEG");
  const inner = tables === null ? new Uint8Array() : tables.subarray(2, endOfTables(tables));
  const adobe = samples === 3 ? adobeMarker(isYCbCr) : new Uint8Array();
  const out = new Uint8Array(2 + adobe.length + inner.length + bytes.length - 2);
  out.set([0xff, 0xd8]);
  out.set(adobe, 2);
  out.set(inner, 2 + adobe.length);
  out.set(bytes.subarray(2), 2 + adobe.length + inner.length);
  return samples === 4 ? withoutAdobe(out) : out;
}

/** Decoders ask the marker whether four samples are inverted inks; in a TIFF they never are. */
function withoutAdobe(jpeg: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const kept: Uint8Array[] = [jpeg.subarray(0, 2)];
  let at = 2;
  while (at + 4 <= jpeg.length && jpeg[at] === 0xff && jpeg[at + 1] !== START_OF_SCAN) {
    const next = at + 2 + 256 * jpeg[at + 2] + jpeg[at + 3];
    if (jpeg[at + 1] !== ADOBE) kept.push(jpeg.subarray(at, next));
    at = next;
  }
  kept.push(jpeg.subarray(at));
  const out = new Uint8Array(kept.reduce((sum, part) => sum + part.length, 0));
  let filled = 0;
  for (const part of kept) {
    out.set(part, filled);
    filled += part.length;
  }
  return out;
}

/** JPEGTables is a JPEG without picture: from SOI to EOI. */
function endOfTables(tables: Uint8Array): number {
  const { length } = tables;
  return tables[length - 2] === 0xff && tables[length - 1] === 0xd9 ? length - 2 : length;
}

function adobeMarker(isYCbCr: boolean): Uint8Array {
  const name = new TextEncoder().encode("Adobe");
  return new Uint8Array([0xff, 0xee, 0, 14, ...name, 0, 100, 0, 0, 0, 0, isYCbCr ? 1 : 0]);
}

async function decodePicture(
  bytes: Uint8Array<ArrayBuffer>,
  { widthPx, rowsPx, samples }: BlockShape,
  /** Opaque WebP comes without the alpha that the directory counts. */
  mayBeOpaque: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  let raw: Uint8Array, info: { width: number; height: number; channels: number };
  try {
    const picture = sharp(bytes, { failOn: "warning", limitInputPixels: false });
    // Grey would become three equal samples, and four samples of a JPEG (red, green, blue and another) be taken
    // for the inks of a print.
    const own = samples === 1
      ? picture.toColourspace("b-w")
      : samples === 4 && !mayBeOpaque
      ? picture.pipelineColourspace("cmyk").toColourspace("cmyk")
      : picture;
    ({ data: raw, info } = await own.raw().toBuffer({ resolveWithObject: true }));
  } catch (error) {
    throw new Error(messageOf(error).split("\n")[0].slice(0, 120), { cause: error });
  }
  const isOpaque = mayBeOpaque && info.channels === 3 && samples === 4;
  if (info.width !== widthPx || info.height < rowsPx || info.channels !== samples && !isOpaque) {
    throw new Error(
      `it is a picture of ${info.width}×${info.height} pixels and ${info.channels} samples, ` +
        `not of ${widthPx}×${rowsPx} and ${samples}`,
    );
  }
  // libvips gives the inks of four samples without a marker as what they leave of white.
  if (samples === 4 && !mayBeOpaque) return new Uint8Array(raw.map((value) => 255 - value));
  if (!isOpaque) return new Uint8Array(raw);
  const count = info.width * info.height;
  const out = new Uint8Array(count * 4).fill(255);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) out[4 * i + c] = raw[3 * i + c];
  }
  return out;
}
