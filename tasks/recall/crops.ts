/**
 * Cuts squares of ground from a scene: anywhere, any size within two octaves, any heading.
 *
 * @module
 */
import type { Matrix3, Random } from "../../src/core/mod.ts";
import {
  type GreyPatch,
  type Picture,
  type VisionLibrary,
  warpHomography,
} from "../../src/native/vision/mod.ts";
import type { Scene } from "./scenes.ts";

export interface Crop {
  readonly xPx: number;
  readonly yPx: number;
  readonly sidePx: number;
  /**
   * The squares of a map are north up; turning the scene gives different ground from the same
   * pixels.
   */
  readonly turnRad: number;
}

/** Eight headings: turns of less than 45° are covered by the queries. */
const HEADINGS = 8;

export function drawCrop(scene: Scene, picture: Picture, random: Random): Crop {
  const [smallest, largest] = scene.sidesPx;
  const sidePx = smallest * (largest / smallest) ** random.uniform();
  const turnRad = 2 * Math.PI * random.integer(HEADINGS) / HEADINGS;
  const reach = sidePx / 2 * (Math.abs(Math.cos(turnRad)) + Math.abs(Math.sin(turnRad)));
  const along = (extent: number) =>
    reach * 2 >= extent ? extent / 2 : reach + random.uniform() * (extent - 2 * reach);
  return { xPx: along(picture.widthPx), yPx: along(picture.heightPx), sidePx, turnRad };
}

/**
 * Cuts `crop`, as `patchPx` × `patchPx` pixels. `asSeen`: with errors of attitude and height, and
 * only the part of the square that a 4:3 camera at some heading shows.
 */
export async function cutCrop(
  vision: VisionLibrary,
  picture: Picture,
  crop: Crop,
  patchPx: number,
  asSeen?: Random,
): Promise<GreyPatch> {
  const turnRad = crop.turnRad + (asSeen === undefined ? 0 : 0.05 * asSeen.normal());
  const scale = asSeen === undefined ? 1 : 1 + 0.02 * asSeen.normal();
  const c = Math.cos(turnRad) * crop.sidePx * scale / patchPx;
  const s = Math.sin(turnRad) * crop.sidePx * scale / patchPx;
  const middle = (patchPx - 1) / 2;
  const matrix: Matrix3 = [
    c,
    -s,
    crop.xPx - 0.5 - c * middle + s * middle,
    s,
    c,
    crop.yPx - 0.5 - s * middle - c * middle,
    0,
    0,
    1,
  ];
  const target = { widthPx: patchPx, heightPx: patchPx };
  const { pixels, coverage } = await warpHomography(vision, picture, matrix, target);
  if (asSeen !== undefined) hideOutsideFrame(coverage, patchPx, asSeen.uniform() * 2 * Math.PI);
  return { ...target, pixels, valid: coverage };
}

/** The frame is 1.17 of the square wide and 0.875 high, as 150 m × 112 m over a square of 128 m. */
function hideOutsideFrame(valid: Uint8Array, patchPx: number, headingRad: number): void {
  const c = Math.cos(headingRad), s = Math.sin(headingRad), middle = (patchPx - 1) / 2;
  for (let i = 0; i < valid.length; i++) {
    const x = i % patchPx - middle, y = Math.floor(i / patchPx) - middle;
    const along = Math.abs(c * x + s * y), across = Math.abs(c * y - s * x);
    if (along > 0.585 * patchPx || across > 0.4375 * patchPx) valid[i] = 0;
  }
}
