/**
 * From the outputs of XFeat to local features.
 *
 * Source: Potje, Cadar, Araujo, Martins, Nascimento, *XFeat: Accelerated Features for Lightweight
 * Image Matching*, CVPR 2024, section 3; the head of key points is that of DeTone, Malisiewicz,
 * Rabinovich, *SuperPoint*, CVPR workshops 2018. For a picture of H × W pixels the model gives, on a
 * grid of cells of 8 × 8 pixels, all channel by channel, row-major:
 *
 *     features     64 × H/8 × W/8   a descriptor for each cell
 *     key points   65 × H/8 × W/8   logits: one for each pixel of the cell, row-major, and one for none
 *     reliability   1 × H/8 × W/8   0 to 1: whether the descriptor can be matched
 *
 * @module
 */
import type { LocalFeatures } from "./local_features.ts";

type Floats = Float32Array<ArrayBuffer>;

export const XFEAT_CELL_PX = 8;
export const XFEAT_DESCRIPTOR_LENGTH = 64;
/** Pixels of a cell, and the channel for none of them. */
export const XFEAT_KEYPOINT_CHANNELS = XFEAT_CELL_PX ** 2 + 1;

export interface XfeatOutputs {
  readonly features: Float32Array;
  readonly keypoints: Float32Array;
  readonly reliability: Float32Array;
  /** Cells along each axis. */
  readonly columns: number;
  readonly rows: number;
}

interface XfeatSelection {
  /** Least probability of a pixel to be a key point. */
  readonly probabilityMin: number;
  /** Key points are the most probable pixel of this many pixels on every side. */
  readonly separationPx: number;
  readonly featuresMax: number;
}

/** Key points by probability × reliability, strongest first, with descriptors of length 1. */
export function featuresOfXfeat(outputs: XfeatOutputs, selection: XfeatSelection): LocalFeatures {
  const { columns, rows } = outputs;
  const widthPx = columns * XFEAT_CELL_PX, heightPx = rows * XFEAT_CELL_PX;
  const probability = keypointProbability(outputs);
  const found = peaks(probability, widthPx, heightPx, selection);
  const scores = new Float32Array(found.length), reliability = new Float32Array(1);
  for (let i = 0; i < found.length; i++) {
    const x = found[i] % widthPx, y = Math.floor(found[i] / widthPx);
    sampleInto(reliability, outputs.reliability, outputs, x, y);
    scores[i] = probability[found[i]] * reliability[0];
  }
  // Of equal ones the first in the picture, so that the same picture gives the same features.
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b);
  const count = Math.min(selection.featuresMax, found.length);
  const cells = normalisedCells(outputs);
  const pointsPx = new Float32Array(2 * count);
  const descriptors = new Float32Array(XFEAT_DESCRIPTOR_LENGTH * count);
  for (let i = 0; i < count; i++) {
    const index = found[order[i]];
    pointsPx[2 * i] = index % widthPx;
    pointsPx[2 * i + 1] = Math.floor(index / widthPx);
    const start = XFEAT_DESCRIPTOR_LENGTH * i;
    const descriptor = descriptors.subarray(start, start + XFEAT_DESCRIPTOR_LENGTH);
    sampleInto(descriptor, cells, outputs, pointsPx[2 * i], pointsPx[2 * i + 1]);
    normalise(descriptor);
  }
  return { count, pointsPx, descriptors };
}

/** Softmax over the channels of each cell; the 64 of its pixels laid out as the picture. */
export function keypointProbability({ keypoints, columns, rows }: XfeatOutputs): Floats {
  const cells = columns * rows;
  const highest = new Float32Array(cells).fill(-Infinity), sum = new Float32Array(cells);
  const powers = new Float32Array(keypoints.length);
  for (let channel = 0; channel < XFEAT_KEYPOINT_CHANNELS; channel++) {
    for (let cell = 0, i = channel * cells; cell < cells; cell++, i++) {
      if (keypoints[i] > highest[cell]) highest[cell] = keypoints[i];
    }
  }
  for (let channel = 0; channel < XFEAT_KEYPOINT_CHANNELS; channel++) {
    for (let cell = 0, i = channel * cells; cell < cells; cell++, i++) {
      powers[i] = Math.exp(keypoints[i] - highest[cell]);
      sum[cell] += powers[i];
    }
  }
  const widthPx = columns * XFEAT_CELL_PX;
  const probability = new Float32Array(cells * XFEAT_CELL_PX ** 2);
  for (let channel = 0; channel < XFEAT_CELL_PX ** 2; channel++) {
    const dx = channel % XFEAT_CELL_PX, dy = Math.floor(channel / XFEAT_CELL_PX);
    for (let row = 0, cell = 0; row < rows; row++) {
      const line = (row * XFEAT_CELL_PX + dy) * widthPx + dx;
      for (let column = 0; column < columns; column++, cell++) {
        probability[line + column * XFEAT_CELL_PX] = powers[channel * cells + cell] / sum[cell];
      }
    }
  }
  return probability;
}

/** Indices of pixels that no neighbour exceeds; of equal neighbours the first one. */
export function peaks(
  values: Float32Array,
  widthPx: number,
  heightPx: number,
  { probabilityMin, separationPx }: Omit<XfeatSelection, "featuresMax">,
): number[] {
  const found: number[] = [];
  for (let y = 0, i = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++, i++) {
      if (values[i] > probabilityMin && isPeak(values, x, y, widthPx, heightPx, separationPx)) {
        found.push(i);
      }
    }
  }
  return found;
}

function isPeak(
  values: Float32Array,
  x: number,
  y: number,
  widthPx: number,
  heightPx: number,
  reach: number,
): boolean {
  const own = y * widthPx + x;
  const value = values[own];
  const left = Math.max(0, x - reach), right = Math.min(widthPx - 1, x + reach);
  const top = Math.max(0, y - reach), bottom = Math.min(heightPx - 1, y + reach);
  for (let row = top; row <= bottom; row++) {
    for (let i = row * widthPx + left; i <= row * widthPx + right; i++) {
      if (values[i] > value || (values[i] === value && i < own)) return false;
    }
  }
  return true;
}

/** Cell by cell instead of channel by channel, each of length 1 (zero stays zero). */
function normalisedCells({ features, columns, rows }: XfeatOutputs): Floats {
  const count = columns * rows, length = XFEAT_DESCRIPTOR_LENGTH;
  const cells = new Float32Array(count * length);
  for (let channel = 0; channel < length; channel++) {
    for (let cell = 0; cell < count; cell++) {
      cells[cell * length + channel] = features[channel * count + cell];
    }
  }
  for (let cell = 0; cell < count; cell++) {
    normalise(cells.subarray(cell * length, (cell + 1) * length));
  }
  return cells;
}

function normalise(values: Float32Array): void {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  if (sum === 0) return;
  const scale = 1 / Math.sqrt(sum);
  for (let i = 0; i < values.length; i++) values[i] *= scale;
}

/** Bilinear between the middles of cells of `out.length` values; beyond the outermost ones their own. */
function sampleInto(
  out: Float32Array,
  cells: Float32Array,
  { columns, rows }: XfeatOutputs,
  xPx: number,
  yPx: number,
): void {
  const length = out.length;
  const x = Math.min(columns - 1, Math.max(0, (xPx + 0.5) / XFEAT_CELL_PX - 0.5));
  const y = Math.min(rows - 1, Math.max(0, (yPx + 0.5) / XFEAT_CELL_PX - 0.5));
  const left = Math.floor(x), top = Math.floor(y);
  const right = Math.min(columns - 1, left + 1), bottom = Math.min(rows - 1, top + 1);
  const fx = x - left, fy = y - top;
  const a = (top * columns + left) * length, b = (top * columns + right) * length;
  const c = (bottom * columns + left) * length, d = (bottom * columns + right) * length;
  const wa = (1 - fx) * (1 - fy), wb = fx * (1 - fy), wc = (1 - fx) * fy, wd = fx * fy;
  for (let k = 0; k < length; k++) {
    out[k] = wa * cells[a + k] + wb * cells[b + k] + wc * cells[c + k] + wd * cells[d + k];
  }
}
