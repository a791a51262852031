/**
 * Maps slippy tiles (or a north-up raster of the local frame of reference) to the pixels of a
 * camera frame.
 *
 * @module
 */
import {
  type LocalFrame,
  type SlippyTile,
  TILE_SIZE_PX,
  wgsFromWorldPixel,
} from "../../core/mod.ts";
import type { LensLibrary } from "../../native/vision/mod.ts";
import type { CameraView, GroundPosition, ProjectionGrid } from "./contract.ts";
import { type GroundUp, pixelsFromGround } from "./ground.ts";

const TILE_KNOT_STEP_PX = 16;

/**
 * Grid for warping the frame of `view` into `tile`, with pixel centres at integers.
 */
export function tileProjection(
  lens: LensLibrary,
  view: CameraView,
  tile: SlippyTile,
  localFrame: LocalFrame,
  groundUp: GroundUp,
): ProjectionGrid {
  return projectGrid(lens, view, groundUp, TILE_SIZE_PX, TILE_KNOT_STEP_PX, (column, row) => {
    const { latitudeDeg, longitudeDeg } = wgsFromWorldPixel({
      x: tile.x * TILE_SIZE_PX + column + 0.5,
      y: tile.y * TILE_SIZE_PX + row + 0.5,
    }, tile.zoom);
    const heightM = localFrame.origin.heightM;
    const [east, north] = localFrame.localFromWgs({ latitudeDeg, longitudeDeg, heightM });
    return [east, north];
  });
}

/** A north-up raster in the local frame; (west, north) is its north-west corner. */
interface NorthUpRaster {
  readonly westM: number;
  readonly northM: number;
  readonly gsdM: number;
  readonly sizePx: number;
}

/** Grid for warping the frame of `view` into a north-up square of the local frame. */
export function northUpProjection(
  lens: LensLibrary,
  view: CameraView,
  raster: NorthUpRaster,
  groundUpM: number,
): ProjectionGrid {
  const { westM, northM, gsdM, sizePx } = raster;
  return projectGrid(
    lens,
    view,
    groundUpM,
    sizePx,
    TILE_KNOT_STEP_PX,
    (column, row) => [westM + (column + 0.5) * gsdM, northM - (row + 0.5) * gsdM],
  );
}

function projectGrid(
  lens: LensLibrary,
  view: CameraView,
  groundUp: GroundUp,
  sizePx: number,
  stepPx: number,
  groundOf: (column: number, row: number) => GroundPosition,
): ProjectionGrid {
  const knots = Math.ceil((sizePx - 1) / stepPx) + 1;
  const grounds: GroundPosition[] = [];
  for (let row = 0; row < knots; row++) {
    for (let column = 0; column < knots; column++) {
      grounds.push(groundOf(column * stepPx, row * stepPx));
    }
  }
  const sourcePx = pixelsFromGround(lens, view, grounds, groundUp);
  return { columns: knots, rows: knots, stepPx, sourcePx };
}
