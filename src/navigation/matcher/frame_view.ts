/**
 * The north-up square of ground that a frame is expected to show, in pixels.
 *
 * @module
 */
import { type Matrix3, matrixVector, type Vector3 } from "../../core/mod.ts";
import type { CameraModel } from "../../native/vision/mod.ts";

export interface FrameView {
  /** Its middle from the camera's foot point, metres. */
  readonly centreEastM: number;
  readonly centreNorthM: number;
  readonly gsdM: number;
  readonly widthPx: number;
  readonly heightPx: number;
  /** East, north from the middle, metres, of points in pixels. */
  groundFromPixels(pointsPx: Float32Array): Float32Array<ArrayBuffer>;
}

interface ViewLimits {
  /** Finest resolution. */
  readonly gsdMinM: number;
  readonly widthMaxPx: number;
  readonly heightMaxPx: number;
}

/** Rays flatter than this see ground too far away to be compared. */
const DOWNWARDS_MIN = 0.4;

/**
 * The view of a camera over flat ground at up = 0. Resolutions are steps of √2 from the finest, so
 * that the map's features can be kept from frame to frame.
 */
export function frameView(
  camera: CameraModel,
  at: { readonly positionLocalM: Vector3; readonly localFromCamera: Matrix3 },
  limits: ViewLimits,
): FrameView {
  const corners = cornersOnGround(camera, at);
  const [west, east] = extremes(corners.map(([e]) => e));
  const [south, north] = extremes(corners.map(([, n]) => n));
  const needed = Math.max(
    (east - west) / limits.widthMaxPx,
    (north - south) / limits.heightMaxPx,
    limits.gsdMinM,
  );
  const steps = Math.ceil(2 * Math.log2(needed / limits.gsdMinM) - 1e-9);
  const gsdM = limits.gsdMinM * Math.SQRT2 ** steps;
  const size = (lengthM: number, most: number) =>
    Math.min(most, Math.max(16, Math.ceil(lengthM / gsdM)));
  const widthPx = size(east - west, limits.widthMaxPx);
  const heightPx = size(north - south, limits.heightMaxPx);
  return {
    centreEastM: (west + east) / 2,
    centreNorthM: (south + north) / 2,
    gsdM,
    widthPx,
    heightPx,
    groundFromPixels: (pointsPx) =>
      pointsPx.map((value, i) =>
        gsdM * (i % 2 === 0 ? value + 0.5 - widthPx / 2 : heightPx / 2 - value - 0.5)
      ),
  };
}

function cornersOnGround(
  camera: CameraModel,
  at: { readonly positionLocalM: Vector3; readonly localFromCamera: Matrix3 },
): [eastM: number, northM: number][] {
  const { widthPx, heightPx, fxPx, fyPx, cxPx, cyPx } = camera;
  return [[0, 0], [widthPx, 0], [widthPx, heightPx], [0, heightPx]].map(([x, y]) => {
    const ray = matrixVector(at.localFromCamera, [(x - cxPx) / fxPx, (y - cyPx) / fyPx, 1]);
    const downwards = Math.max(DOWNWARDS_MIN, -ray[2]);
    return [ray[0] / downwards * at.positionLocalM[2], ray[1] / downwards * at.positionLocalM[2]];
  });
}

function extremes(values: readonly number[]): [least: number, most: number] {
  return [Math.min(...values), Math.max(...values)];
}
