/**
 * Local features: points of a picture with descriptors. Who finds them is an extractor; who matches
 * them does not know which.
 *
 * @module
 */
import type { GreyPatch } from "../../native/vision/mod.ts";

type Floats = Float32Array<ArrayBuffer>;

export interface LocalFeatures {
  readonly count: number;
  /** x, y of each, pixels; pixel centres are at integers. */
  readonly pointsPx: Floats;
  /** Rows of the extractor's `descriptorLength` floats, each of length 1. */
  readonly descriptors: Floats;
}

/** What of two features' descriptors counts as the same point. */
export interface PairingRule {
  /** Lowe's ratio test on distances; 1: none. */
  readonly ratio: number;
  /** Least cosine of the two descriptors. */
  readonly cosineMin: number;
}

export interface PictureSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

export interface FeatureExtractor {
  /** Name of the strategy that is built on it. */
  readonly label: string;
  /** Floats of a descriptor, a multiple of 8. */
  readonly descriptorLength: number;
  readonly pairing: PairingRule;
  /** A part of a picture is described as it is within the whole: ground alone needs be looked at. */
  readonly isLocal: boolean;
  /** The largest picture to describe at once, for now: heat may make it smaller. */
  pictureSize(): PictureSize;
  /** The features of a picture of at most `size`, strongest first. */
  extract(picture: GreyPatch, size: PictureSize): Promise<LocalFeatures>;
}

/** A picture that says where it holds ground. */
export type ValidPatch = GreyPatch & { readonly valid: Uint8Array<ArrayBuffer> };

/** A point this near to where the picture ends would describe the end. */
const RIM_PX = 6;

/** The features whose surroundings are within the picture's valid part. */
export async function extractInside(
  extractor: FeatureExtractor,
  picture: ValidPatch,
  size: PictureSize,
): Promise<LocalFeatures> {
  const { widthPx, heightPx, valid } = picture;
  const isValid = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < widthPx && y < heightPx && valid[y * widthPx + x] !== 0;
  const features = extractor.isLocal
    ? await extractFromPart(extractor, picture, size)
    : await extractor.extract(picture, size);
  return selectFeatures(features, extractor.descriptorLength, (x, y) => {
    const column = Math.round(x), row = Math.round(y);
    for (let dy = -RIM_PX; dy <= RIM_PX; dy += RIM_PX) {
      for (let dx = -RIM_PX; dx <= RIM_PX; dx += RIM_PX) {
        if (!isValid(column + dx, row + dy)) return false;
      }
    }
    return true;
  });
}

/** Of the box around the valid part, in pixels of the whole. */
async function extractFromPart(
  extractor: FeatureExtractor,
  picture: ValidPatch,
  size: PictureSize,
): Promise<LocalFeatures> {
  const { left, top, right, bottom } = validBox(picture);
  const widthPx = right - left, heightPx = bottom - top;
  if (widthPx === picture.widthPx && heightPx === picture.heightPx) {
    return await extractor.extract(picture, size);
  }
  const pixels = new Uint8Array(widthPx * heightPx);
  for (let row = 0; row < heightPx; row++) {
    const at = (top + row) * picture.widthPx + left;
    pixels.set(picture.pixels.subarray(at, at + widthPx), row * widthPx);
  }
  const features = await extractor.extract({ widthPx, heightPx, pixels }, size);
  return {
    ...features,
    pointsPx: features.pointsPx.map((value, i) => value + (i % 2 === 0 ? left : top)),
  };
}

/** Half-open; empty where nothing is valid. */
function validBox({ widthPx, heightPx, valid }: ValidPatch) {
  let left = widthPx, right = 0, top = heightPx, bottom = 0;
  for (let y = 0; y < heightPx; y++) {
    const row = valid.subarray(y * widthPx, (y + 1) * widthPx);
    const first = row.findIndex((value) => value !== 0);
    if (first < 0) continue;
    left = Math.min(left, first);
    right = Math.max(right, row.findLastIndex((value) => value !== 0) + 1);
    top = Math.min(top, y);
    bottom = y + 1;
  }
  return left < right ? { left, top, right, bottom } : { left: 0, top: 0, right: 0, bottom: 0 };
}

/** Those whose point `keeps`, in the same order. */
export function selectFeatures(
  features: LocalFeatures,
  length: number,
  keeps: (xPx: number, yPx: number) => boolean,
): LocalFeatures {
  const { pointsPx, descriptors } = features;
  const kept: number[] = [];
  for (let i = 0; i < features.count; i++) {
    if (keeps(pointsPx[2 * i], pointsPx[2 * i + 1])) kept.push(i);
  }
  const out = {
    count: kept.length,
    pointsPx: new Float32Array(2 * kept.length),
    descriptors: new Float32Array(length * kept.length),
  };
  kept.forEach((from, to) => {
    out.pointsPx.set(pointsPx.subarray(2 * from, 2 * from + 2), 2 * to);
    out.descriptors.set(descriptors.subarray(length * from, length * (from + 1)), length * to);
  });
  return out;
}
