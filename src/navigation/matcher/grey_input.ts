/**
 * A grey picture as the input of a model.
 *
 * @module
 */
import type { GreyPatch } from "../../native/vision/mod.ts";
import { type Tensor, tensor } from "../inference/mod.ts";
import type { PictureSize } from "./local_features.ts";

/**
 * The picture in the top left corner of float32 of 1 × 1 × rows × columns, 0 to 1. What holds no ground
 * gets the mean of what does: models normalise by the mean and deviation of the whole picture.
 */
export function greyInput(name: string, picture: GreyPatch, size: PictureSize): Tensor {
  const { widthPx, heightPx, pixels, valid } = picture;
  if (widthPx > size.widthPx || heightPx > size.heightPx) {
    throw new RangeError(
      `a picture of ${widthPx}×${heightPx} does not fit ${size.widthPx}×${size.heightPx}`,
    );
  }
  let sum = 0, count = 0;
  for (let i = 0; i < pixels.length; i++) {
    if (valid !== undefined && valid[i] === 0) continue;
    sum += pixels[i];
    count++;
  }
  const out = new Float32Array(size.widthPx * size.heightPx).fill(sum / Math.max(1, count) / 255);
  for (let y = 0, i = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++, i++) {
      if (valid === undefined || valid[i] !== 0) out[y * size.widthPx + x] = pixels[i] / 255;
    }
  }
  return tensor(name, "float32", [1, 1, size.heightPx, size.widthPx], out.buffer);
}
