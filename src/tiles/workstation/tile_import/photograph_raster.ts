/**
 * Projects a photograph north-up onto the ground, small and high-pass filtered, for comparison with
 * others.
 *
 * @module
 */
import { detectSift } from "../../../native/vision/mod.ts";
import { frameFootprint, northUpProjection } from "../../orthorectification/mod.ts";
import type { TileToolkit } from "./canvas.ts";
import {
  gsdOf,
  type PhotographPixelCache,
  type PlacedPhotograph,
  type Placement,
  scaleKnots,
  viewOf,
} from "./photograph_set.ts";

/** Cells of `gsdM` metres on a lattice that all rasters of one gsd share. */
export interface GroundRaster {
  readonly gsdM: number;
  /** Lattice column and row of the north-west cell: east = column · gsd, north = −row · gsd. */
  readonly column: number;
  readonly row: number;
  readonly sizePx: number;
  /** 0 where there is no picture, else 128 + the difference from the local mean. */
  readonly cells: Uint8Array;
}

/** Half the side of the window of the local mean, cells. */
const HIGH_PASS_RADIUS = 8;

/** A photograph north-up on the ground, on the lattice of all of one gsd. */
interface GroundPicture extends Omit<GroundRaster, "cells"> {
  /** RGB. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** 0 where there is no picture. */
  readonly coverage: Uint8Array<ArrayBuffer>;
}

interface RasterParts {
  readonly toolkit: TileToolkit;
  readonly cache: PhotographPixelCache;
}

async function groundPicture(
  photograph: PlacedPhotograph,
  placement: Placement,
  gsdM: number,
  parts: RasterParts,
): Promise<GroundPicture | null> {
  const view = viewOf(photograph, placement);
  const footprint = frameFootprint(parts.toolkit.lens, view, 0, 4);
  if (!footprint) return null;
  const east = footprint.map((p) => p[0]), north = footprint.map((p) => p[1]);
  const column = Math.floor(Math.min(...east) / gsdM);
  const row = Math.floor(-Math.max(...north) / gsdM);
  const sizePx = 1 + Math.ceil(
    Math.max(
      Math.max(...east) - Math.min(...east),
      Math.max(...north) - Math.min(...north),
    ) / gsdM,
  );
  const corner = { westM: column * gsdM, northM: -row * gsdM, gsdM, sizePx };
  const grid = northUpProjection(parts.toolkit.lens, view, corner, 0);
  const shrink = gsdM / gsdOf(photograph);
  const denominator = shrink >= 8 ? 8 : shrink >= 4 ? 4 : shrink >= 2 ? 2 : 1;
  scaleKnots(grid.sourcePx, denominator);
  const source = await parts.cache.get(photograph.file, denominator);
  const size = { widthPx: sizePx, heightPx: sizePx };
  const { pixels, coverage } = await parts.toolkit.warp(source, grid, size);
  return { gsdM, column, row, sizePx, pixels, coverage };
}

export async function groundRaster(
  ...[photograph, placement, gsdM, parts]: Parameters<typeof groundPicture>
): Promise<GroundRaster | null> {
  const picture = await groundPicture(photograph, placement, gsdM, parts);
  if (picture === null) return null;
  const { pixels, coverage, ...place } = picture;
  return { ...place, cells: highPass(pixels, coverage, place.sizePx) };
}

const FEATURES_MAX = 2500;
const CONTRAST_MIN = 0.01;

/** What stands out in a photograph, and where on the ground it is as its tags say. */
export interface GroundFeatures {
  readonly descriptors: Float32Array<ArrayBuffer>;
  /** East, north of each, local metres. */
  readonly pointsM: Float32Array<ArrayBuffer>;
}

/** SIFT, whichever way it is turned: headings are tagged as wrong as positions. */
export async function groundFeatures(
  ...[photograph, placement, gsdM, parts]: Parameters<typeof groundPicture>
): Promise<GroundFeatures | null> {
  const picture = await groundPicture(photograph, placement, gsdM, parts);
  if (picture === null) return null;
  const { column, row, sizePx, pixels, coverage } = picture;
  const grey = new Uint8Array(sizePx * sizePx);
  for (let i = 0; i < grey.length; i++) grey[i] = greyOf(pixels, i);
  const found = await detectSift(
    parts.toolkit.features,
    { widthPx: sizePx, heightPx: sizePx, pixels: grey, valid: coverage },
    { featuresMax: FEATURES_MAX, contrastThreshold: CONTRAST_MIN },
  );
  const pointsM = new Float32Array(2 * found.count);
  for (let i = 0; i < found.count; i++) {
    pointsM[2 * i] = (column + found.keypoints[4 * i] + 0.5) * gsdM;
    pointsM[2 * i + 1] = -(row + found.keypoints[4 * i + 1] + 0.5) * gsdM;
  }
  return { descriptors: found.descriptors, pointsM };
}

function greyOf(pixels: Uint8Array, i: number): number {
  return 0.299 * pixels[3 * i] + 0.587 * pixels[3 * i + 1] + 0.114 * pixels[3 * i + 2];
}

/** Grey minus the mean of the window around it, from an integral image. */
function highPass(pixels: Uint8Array, coverage: Uint8Array, size: number): Uint8Array {
  const stride = size + 1;
  const sums = new Float64Array(stride * stride), counts = new Float64Array(stride * stride);
  const grey = new Float32Array(size * size);
  for (let y = 0, i = 0; y < size; y++) {
    for (let x = 0; x < size; x++, i++) {
      const here = (y + 1) * stride + x + 1;
      grey[i] = greyOf(pixels, i);
      const covered = coverage[i] ? 1 : 0;
      sums[here] = covered * grey[i] + sums[here - 1] + sums[here - stride] -
        sums[here - stride - 1];
      counts[here] = covered + counts[here - 1] + counts[here - stride] - counts[here - stride - 1];
    }
  }
  const cells = new Uint8Array(size * size);
  for (let y = 0, i = 0; y < size; y++) {
    const top = Math.max(0, y - HIGH_PASS_RADIUS) * stride;
    const bottom = Math.min(size, y + HIGH_PASS_RADIUS + 1) * stride;
    for (let x = 0; x < size; x++, i++) {
      if (!coverage[i]) continue;
      const left = Math.max(0, x - HIGH_PASS_RADIUS);
      const right = Math.min(size, x + HIGH_PASS_RADIUS + 1);
      const box = (table: Float64Array) =>
        table[bottom + right] - table[bottom + left] - table[top + right] + table[top + left];
      const rest = grey[i] - box(sums) / box(counts);
      cells[i] = Math.min(255, Math.max(1, Math.round(128 + rest)));
    }
  }
  return cells;
}
