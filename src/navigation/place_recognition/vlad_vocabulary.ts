/**
 * The vocabulary of VLAD place descriptors and its file.
 *
 * File, little-endian: 8 bytes "GDNVLAD1"; uint32 patchPx, stepPx, cellPx, wordCount, axisCount;
 * float32 power; then float32 words (wordCount × 128), mean (wordCount × 128) and axes
 * (axisCount × wordCount × 128).
 *
 * @module
 */
import { DataError } from "../../core/mod.ts";
import { LOCAL_DESCRIPTOR_LENGTH } from "../../native/vision/mod.ts";

type Floats = Float32Array<ArrayBuffer>;

/** How a patch is described, before any training. */
export interface VladShape {
  /** Side of the square patch in pixels; every patch is resampled to it. */
  readonly patchPx: number;
  /** Grid of the dense local descriptors. */
  readonly stepPx: number;
  /** Side of one of their 4 × 4 cells. */
  readonly cellPx: number;
  /** Exponent of the power law, 0…1. */
  readonly power: number;
}

export interface VladVocabulary extends VladShape {
  readonly wordCount: number;
  /** Floats of a finished descriptor. */
  readonly axisCount: number;
  /** wordCount × {@link LOCAL_DESCRIPTOR_LENGTH}. */
  readonly words: Floats;
  readonly mean: Floats;
  /** Principal axes, axisCount rows. */
  readonly axes: Floats;
}

const VLAD_WORDS_MAX = 256;
const VLAD_DIMENSION_MAX = 512;

const MAGIC = "GDNVLAD1";
const HEADER_BYTES = 32;

export function encodeVocabulary(vocabulary: VladVocabulary): Uint8Array<ArrayBuffer> {
  const { words, mean, axes } = vocabulary;
  const bytes = new Uint8Array(HEADER_BYTES + 4 * (words.length + mean.length + axes.length));
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  const { patchPx, stepPx, cellPx, wordCount, axisCount } = vocabulary;
  [patchPx, stepPx, cellPx, wordCount, axisCount].forEach((value, i) =>
    view.setUint32(8 + 4 * i, value, true)
  );
  view.setFloat32(28, vocabulary.power, true);
  let offset = HEADER_BYTES;
  for (const part of [words, mean, axes]) {
    for (const value of part) {
      view.setFloat32(offset, value, true);
      offset += 4;
    }
  }
  return bytes;
}

/**
 * Reads a vocabulary from bytes that anyone may have written.
 *
 * @throws DataError naming `path` when they are anything but a whole vocabulary.
 */
export function decodeVocabulary(bytes: Uint8Array, path: string): VladVocabulary {
  const refuse = (state: string) =>
    new DataError(path, `not a VLAD vocabulary: ${state}; provision the package again`);
  if (bytes.length < HEADER_BYTES) throw refuse(`${bytes.length} bytes are too few`);
  const magic = new TextDecoder("latin1").decode(bytes.subarray(0, 8));
  if (magic !== MAGIC) {
    throw refuse(
      magic.startsWith("GDNVLAD") ? `version ${magic.slice(7)}, not 1` : "other first bytes",
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [patchPx, stepPx, cellPx, wordCount, axisCount] = [8, 12, 16, 20, 24]
    .map((offset) => view.getUint32(offset, true));
  const power = view.getFloat32(28, true);
  const limits = [
    ["patchPx", patchPx, 16, 1024],
    ["stepPx", stepPx, 1, patchPx],
    ["cellPx", cellPx, 2, Math.floor(patchPx / 4)],
    ["wordCount", wordCount, 1, VLAD_WORDS_MAX],
    ["axisCount", axisCount, 1, VLAD_DIMENSION_MAX],
    ["power", power, 0.01, 1],
  ] as const;
  for (const [name, value, minimum, maximum] of limits) {
    if (!(value >= minimum && value <= maximum)) throw refuse(`${name} is ${value}`);
  }
  const length = wordCount * LOCAL_DESCRIPTOR_LENGTH;
  const expected = HEADER_BYTES + 4 * length * (2 + axisCount);
  if (bytes.length !== expected) throw refuse(`${bytes.length} bytes instead of ${expected}`);
  let offset = HEADER_BYTES;
  const read = (count: number): Floats => {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++, offset += 4) values[i] = view.getFloat32(offset, true);
    if (!values.every((value) => Math.abs(value) < 1e6)) throw refuse("a value is not finite");
    return values;
  };
  const words = read(length), mean = read(length), axes = read(axisCount * length);
  return { patchPx, stepPx, cellPx, power, wordCount, axisCount, words, mean, axes };
}
