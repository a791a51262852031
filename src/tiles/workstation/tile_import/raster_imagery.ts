/**
 * Imagery from a picture with a georeference, resampled exactly into slippy tiles.
 *
 * @module
 */
import {
  EXIT,
  GdnError,
  MERCATOR_LATITUDE_MAX_DEG,
  type SlippyTile,
  TILE_SIZE_PX,
  WgsConversionError,
  wgsFromWorldPixel,
} from "../../../core/mod.ts";
import type { GeoReference, Imagery, PaintedTile, RasterReader } from "./contract.ts";
import { tilesUnderOutline } from "./outline.ts";
import { encodeCanvas, halve, type SquareCanvas, type TileToolkit } from "./canvas.ts";

/** Spacing of the knots of the map world pixel → source pixel; it is bilinear between them. */
const KNOT_STEP_PX = 16;
const KNOTS = TILE_SIZE_PX / KNOT_STEP_PX + 1;
/** Larger reductions are done in steps of two, so that a window of the source stays small. */
const SHRINK_MAX = 4;
/** Margin of pixels around a tile's window, for interpolation. */
const MARGIN_PX = 3;
/** Points along each edge of a picture's outline. */
const EDGE_STEPS = 32;
/** A place leads back to its pixel as near as this. */
const RETURN_ERROR_PX = 1;

export class RasterImagery implements Imagery {
  readonly gsdM: number;
  readonly latitudeDeg: number;
  readonly registrationErrorM: number;
  /** No tag of a picture states it: a TIFF's DateTime is when a program wrote the file. */
  readonly capturedAt = null;
  readonly notes: readonly string[];
  readonly #raster: RasterReader;
  readonly #reference: GeoReference;
  readonly #toolkit: TileToolkit;

  constructor(
    raster: RasterReader,
    reference: GeoReference,
    toolkit: TileToolkit,
    notes: readonly string[] = [],
  ) {
    this.notes = notes;
    this.#raster = raster;
    this.#reference = reference;
    this.#toolkit = toolkit;
    this.gsdM = reference.gsdM;
    this.registrationErrorM = reference.datumErrorM ?? 0;
    const middle = reference.wgsFromPixel(raster.widthPx / 2, raster.heightPx / 2);
    this.latitudeDeg = middle.latitudeDeg;
  }

  tiles(zoom: number): readonly SlippyTile[] {
    const tiles = tilesUnderOutline(this.#outline(), zoom);
    this.#checkReturn();
    return tiles;
  }

  /** Positions along the picture's edge, degrees, around it. */
  #outline(): { latitudeDeg: number; longitudeDeg: number }[] {
    const { widthPx, heightPx } = this.#raster;
    const corners = [[0, 0], [widthPx, 0], [widthPx, heightPx], [0, heightPx], [0, 0]];
    const out = [];
    for (let edge = 0; edge < 4; edge++) {
      const [[x0, y0], [x1, y1]] = [corners[edge], corners[edge + 1]];
      for (let i = 0; i < EDGE_STEPS; i++) {
        const along = i / EDGE_STEPS;
        out.push(
          positionOrNowhere(this.#reference, x0 + along * (x1 - x0), y0 + along * (y1 - y0)),
        );
      }
    }
    return out;
  }

  /** A projection may be torn at the antimeridian: beyond it places lead to pixels elsewhere. */
  #checkReturn(): void {
    const { widthPx, heightPx } = this.#raster;
    for (
      const [atX, atY] of [[0, 0], [1, 0], [0, 1], [1, 1], [0.5, 0], [0, 0.5], [1, 0.5], [0.5, 1]]
    ) {
      const x = 0.5 + atX * (widthPx - 1), y = 0.5 + atY * (heightPx - 1);
      const { latitudeDeg, longitudeDeg } = positionOrNowhere(this.#reference, x, y);
      if (!(Math.abs(latitudeDeg) < MERCATOR_LATITUDE_MAX_DEG)) continue;
      const [backX, backY] = this.#reference.pixelFromWgs(latitudeDeg, longitudeDeg);
      if (Math.hypot(backX - x, backY - y) < RETURN_ERROR_PX) continue;
      throw new GdnError(
        "OUTLINE",
        `Cannot cut the imagery into tiles: ${this.#reference.name} does not lead back from ` +
          `${latitudeDeg},${longitudeDeg} to the pixel that lies there; reproject it first: ` +
          "gdalwarp -t_srs EPSG:4326 IN OUT.tif",
        { exitCode: EXIT.data },
      );
    }
  }

  async paint(tile: SlippyTile): Promise<PaintedTile | null> {
    const canvas = await this.#paintSquare(
      tile.zoom,
      tile.x * TILE_SIZE_PX,
      tile.y * TILE_SIZE_PX,
      TILE_SIZE_PX,
    );
    return canvas && await encodeCanvas(this.#toolkit, canvas);
  }

  /** 256 × 256 pixels of the square of `side` world pixels whose north-west corner is (x, y). */
  async #paintSquare(
    zoom: number,
    x: number,
    y: number,
    side: number,
  ): Promise<SquareCanvas | null> {
    const knots = this.#knots(zoom, x, y, side / TILE_SIZE_PX);
    const window = windowUnderKnots(knots, this.#raster.widthPx, this.#raster.heightPx);
    if (!window) return null;
    if (Math.max(window.spanX, window.spanY) > SHRINK_MAX * TILE_SIZE_PX) {
      const half = side / 2;
      const quarters = [];
      for (const [dx, dy] of [[0, 0], [half, 0], [0, half], [half, half]]) {
        quarters.push(await this.#paintSquare(zoom, x + dx, y + dy, half));
      }
      return halve(quarters);
    }
    const source = await this.#raster.read(window);
    for (let i = 0; i < knots.length; i += 2) {
      // From half-integer pixel centres of the whole picture to integer ones of the window.
      knots[i] -= window.leftPx + 0.5;
      knots[i + 1] -= window.topPx + 0.5;
    }
    const warped = await this.#toolkit.warp(
      { ...source, channels: 3 },
      { columns: KNOTS, rows: KNOTS, stepPx: KNOT_STEP_PX, sourcePx: knots },
      {
        widthPx: TILE_SIZE_PX,
        heightPx: TILE_SIZE_PX,
        ...(source.mask ? { sourceMask: source.mask } : {}),
      },
    );
    return { pixels: warped.pixels, coverage: warped.coverage };
  }

  #knots(zoom: number, x: number, y: number, scale: number): Float64Array<ArrayBuffer> {
    const knots = new Float64Array(2 * KNOTS * KNOTS);
    let at = 0;
    for (let row = 0; row < KNOTS; row++) {
      for (let column = 0; column < KNOTS; column++) {
        // Output pixel centres: half integers of the output, scaled into world pixels.
        const [px, py] = this.#sourcePixel(
          zoom,
          x + (column * KNOT_STEP_PX + 0.5) * scale,
          y + (row * KNOT_STEP_PX + 0.5) * scale,
          KNOT_STEP_PX * scale,
        );
        knots[at++] = px;
        knots[at++] = py;
      }
      mendSeam(knots, at, this.#raster.widthPx);
    }
    return knots;
  }

  /** The last knots of the map's last tiles lie beyond its edge: they go on as those before them. */
  #sourcePixel(zoom: number, x: number, y: number, step: number): readonly [number, number] {
    const world = TILE_SIZE_PX * 2 ** zoom;
    if (x > world || y > world) {
      const [dx, dy] = x > world ? [step, 0] : [0, step];
      const near = this.#sourcePixel(zoom, x - dx, y - dy, step);
      const far = this.#sourcePixel(zoom, x - 2 * dx, y - 2 * dy, step);
      return [2 * near[0] - far[0], 2 * near[1] - far[1]];
    }
    const { latitudeDeg, longitudeDeg } = wgsFromWorldPixel({ x, y }, zoom);
    return this.#reference.pixelFromWgs(latitudeDeg, longitudeDeg);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#raster[Symbol.asyncDispose]();
  }
}

/**
 * The last knot of a row lies in the next tile: where a picture of the whole world ends between the two, it is on the
 * picture's other side.
 */
function mendSeam(knots: Float64Array, end: number, widthPx: number): void {
  const [last, near, far] = [end - 2, end - 4, end - 6];
  const jump = Math.abs(knots[last] - knots[near]);
  if (!(jump > widthPx / 2 && jump > 4 * Math.abs(knots[near] - knots[far]))) return;
  for (let axis = 0; axis < 2; axis++) {
    knots[last + axis] = 2 * knots[near + axis] - knots[far + axis];
  }
}

/** NaN outside of the projection; `tilesUnderOutline` reports this to the user. */
function positionOrNowhere(reference: GeoReference, xPx: number, yPx: number) {
  try {
    return reference.wgsFromPixel(xPx, yPx);
  } catch (error) {
    if (error instanceof WgsConversionError) return { latitudeDeg: NaN, longitudeDeg: NaN };
    throw error;
  }
}

/** The window of the source to read for these knots; null when they are all outside. */
function windowUnderKnots(knots: Float64Array, widthPx: number, heightPx: number) {
  let west = Infinity, east = -Infinity, north = Infinity, south = -Infinity;
  for (let i = 0; i < knots.length; i += 2) {
    if (!Number.isFinite(knots[i]) || !Number.isFinite(knots[i + 1])) continue;
    west = Math.min(west, knots[i]);
    east = Math.max(east, knots[i]);
    north = Math.min(north, knots[i + 1]);
    south = Math.max(south, knots[i + 1]);
  }
  const leftPx = Math.max(0, Math.floor(west) - MARGIN_PX);
  const topPx = Math.max(0, Math.floor(north) - MARGIN_PX);
  const rightPx = Math.min(widthPx, Math.ceil(east) + MARGIN_PX);
  const bottomPx = Math.min(heightPx, Math.ceil(south) + MARGIN_PX);
  if (!(rightPx > leftPx && bottomPx > topPx)) return null;
  return {
    leftPx,
    topPx,
    widthPx: rightPx - leftPx,
    heightPx: bottomPx - topPx,
    spanX: east - west,
    spanY: south - north,
  };
}
