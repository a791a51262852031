/**
 * From the bytes of a decoded block to its samples: bits, byte order, predictors.
 *
 * Source: TIFF 6.0 (Adobe, 1992), section 14; Adobe Photoshop TIFF technical note 3 (floating point
 * predictor).
 *
 * @module
 */
import type { TiffLayout } from "./layout.ts";

/** 8-bit samples as they are; others as numbers. */
export type Samples = Uint8Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

interface Block {
  readonly widthPx: number;
  readonly rowsPx: number;
  /** Samples of a pixel in this block (1 of a plane). */
  readonly samples: number;
}

export function bytesPerRow(
  layout: Pick<TiffLayout, "bits">,
  { widthPx, samples }: Omit<Block, "rowsPx">,
): number {
  return Math.ceil(widthPx * samples * layout.bits / 8);
}

/** Changes `bytes`. */
export function samplesOf(
  bytes: Uint8Array<ArrayBuffer>,
  layout: Pick<TiffLayout, "bits" | "sampleKind" | "predictor">,
  block: Block,
  littleEndian: boolean,
): Samples {
  const { bits, sampleKind, predictor } = layout;
  const perRow = block.widthPx * block.samples;
  if (bits < 8) return unpacked(bytes, bits, perRow, block.rowsPx);
  if (bits === 8 && sampleKind === "unsigned") {
    const own = bytes.subarray(0, perRow * block.rowsPx);
    if (predictor === 2) addAlongRows(own, perRow, block.samples, 0xff);
    return own;
  }
  const width = bits / 8, count = perRow * block.rowsPx;
  const isFloatPredictor = predictor === 3;
  if (isFloatPredictor) undoFloatPredictor(bytes, perRow, block, width);
  const view = new DataView(bytes.buffer, bytes.byteOffset, count * width);
  // The floating point predictor leaves the bytes most significant first.
  const little = littleEndian && !isFloatPredictor;
  const values = new Float64Array(count);
  if (predictor === 2) {
    // Differences are sums modulo the size of the word, whatever the words mean.
    accumulateWords(view, width, perRow, block.samples, little);
  }
  for (let i = 0; i < count; i++) values[i] = valueAt(view, i * width, width, sampleKind, little);
  return values;
}

function valueAt(
  view: DataView,
  at: number,
  width: number,
  kind: TiffLayout["sampleKind"],
  little: boolean,
): number {
  if (kind === "float") {
    return width === 4 ? view.getFloat32(at, little) : view.getFloat64(at, little);
  }
  if (kind === "signed") {
    if (width === 1) return view.getInt8(at);
    return width === 2 ? view.getInt16(at, little) : view.getInt32(at, little);
  }
  return width === 2 ? view.getUint16(at, little) : view.getUint32(at, little);
}

function addAlongRows(values: Uint8Array, perRow: number, stride: number, mask: number): void {
  for (let row = 0; row < values.length; row += perRow) {
    for (let i = row + stride; i < row + perRow; i++) {
      values[i] = values[i] + values[i - stride] & mask;
    }
  }
}

function accumulateWords(
  view: DataView,
  width: number,
  perRow: number,
  stride: number,
  little: boolean,
): void {
  const count = view.byteLength / width;
  for (let row = 0; row < count; row += perRow) {
    for (let i = row + stride; i < row + perRow; i++) {
      const at = i * width, before = (i - stride) * width;
      if (width === 1) view.setUint8(at, view.getUint8(at) + view.getUint8(before));
      else if (width === 2) {
        view.setUint16(at, view.getUint16(at, little) + view.getUint16(before, little), little);
      } else if (width === 4) {
        view.setUint32(at, view.getUint32(at, little) + view.getUint32(before, little), little);
      } else {
        const sum = view.getBigUint64(at, little) + view.getBigUint64(before, little);
        view.setBigUint64(at, sum, little);
      }
    }
  }
}

/** Rows are stored byte plane by byte plane, most significant first, as differences of bytes. */
function undoFloatPredictor(
  bytes: Uint8Array,
  perRow: number,
  block: Block,
  width: number,
): void {
  const rowBytes = perRow * width;
  const row = new Uint8Array(rowBytes);
  for (let r = 0; r < block.rowsPx; r++) {
    const own = bytes.subarray(r * rowBytes, (r + 1) * rowBytes);
    addAlongRows(own, rowBytes, block.samples, 0xff);
    for (let i = 0; i < perRow; i++) {
      for (let b = 0; b < width; b++) row[i * width + b] = own[b * perRow + i];
    }
    own.set(row);
  }
}

/** One byte for each sample; rows begin at whole bytes. */
function unpacked(
  bytes: Uint8Array,
  bits: number,
  perRow: number,
  rows: number,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(perRow * rows);
  const rowBytes = Math.ceil(perRow * bits / 8), mask = (1 << bits) - 1;
  for (let r = 0, to = 0; r < rows; r++) {
    for (let i = 0; i < perRow; i++, to++) {
      const bit = i * bits;
      out[to] = bytes[r * rowBytes + (bit >> 3)] >> (8 - bits - (bit & 7)) & mask;
    }
  }
  return out;
}
