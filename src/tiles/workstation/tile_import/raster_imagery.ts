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
  tileFromWorldPixel,
  UsageError,
  WgsConversionError,
  wgsFromWorldPixel,
  worldPixelFromWgs,
} from "../../../core/mod.ts";
import type { GeoReference, Imagery, PaintedTile, RasterReader } from "./contract.ts";
import { encodeCanvas, halve, type SquareCanvas, type TileToolkit } from "./canvas.ts";

/** Spacing of the knots of the map world pixel → source pixel; it is bilinear between them. */
const KNOT_STEP_PX = 16;
const KNOTS = TILE_SIZE_PX / KNOT_STEP_PX + 1;
/** Larger reductions are done in steps of two, so that a window of the source stays small. */
const SHRINK_MAX = 4;
/** Margin of pixels around a tile's window, for interpolation. */
const MARGIN_PX = 3;
/** Largest number of tiles that one import writes. */
const TILES_MAX = 4_000_000;

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
    return tilesUnderOutline(this.#outline(), zoom);
  }

  /** Positions along the picture's edge, degrees. */
  #outline(): { latitudeDeg: number; longitudeDeg: number }[] {
    const { widthPx, heightPx } = this.#raster;
    const steps = 32;
    const out = [];
    for (let i = 0; i <= steps; i++) {
      const x = widthPx * i / steps, y = heightPx * i / steps;
      for (const [px, py] of [[x, 0], [x, heightPx], [0, y], [widthPx, y]]) {
        out.push(positionOrNowhere(this.#reference, px, py));
      }
    }
    return out;
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
        const { latitudeDeg, longitudeDeg } = wgsFromWorldPixel({
          x: x + (column * KNOT_STEP_PX + 0.5) * scale,
          y: y + (row * KNOT_STEP_PX + 0.5) * scale,
        }, zoom);
        const [px, py] = this.#reference.pixelFromWgs(latitudeDeg, longitudeDeg);
        knots[at++] = px;
        knots[at++] = py;
      }
    }
    return knots;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#raster[Symbol.asyncDispose]();
  }
}

/** NaN outside of the projection; `checkOutline` reports this to the user. */
function positionOrNowhere(reference: GeoReference, xPx: number, yPx: number) {
  try {
    return reference.wgsFromPixel(xPx, yPx);
  } catch (error) {
    if (error instanceof WgsConversionError) return { latitudeDeg: NaN, longitudeDeg: NaN };
    throw error;
  }
}

/** All tiles of the box around an outline, row by row. */
export function tilesUnderOutline(
  outline: readonly { latitudeDeg: number; longitudeDeg: number }[],
  zoom: number,
): SlippyTile[] {
  checkOutline(outline);
  // What lies nearer to a pole than the map goes is left out.
  const pixels = outline.map(({ latitudeDeg, longitudeDeg }) =>
    worldPixelFromWgs({
      latitudeDeg: Math.max(
        -MERCATOR_LATITUDE_MAX_DEG,
        Math.min(MERCATOR_LATITUDE_MAX_DEG, latitudeDeg),
      ),
      longitudeDeg: Math.max(-180, Math.min(180, longitudeDeg)),
    }, zoom)
  );
  const first = tileFromWorldPixel({
    x: Math.min(...pixels.map((p) => p.x)),
    y: Math.min(...pixels.map((p) => p.y)),
  }, zoom);
  const last = tileFromWorldPixel({
    x: Math.max(...pixels.map((p) => p.x)),
    y: Math.max(...pixels.map((p) => p.y)),
  }, zoom);
  const count = (last.x - first.x + 1) * (last.y - first.y + 1);
  if (count > TILES_MAX) {
    throw new UsageError(
      `zoom ${zoom} cuts the imagery into ${count} tiles; give a smaller --zoom`,
    );
  }
  const tiles: SlippyTile[] = [];
  for (let y = first.y; y <= last.y; y++) {
    for (let x = first.x; x <= last.x; x++) tiles.push({ zoom, x, y });
  }
  return tiles;
}

/** The outline goes along four edges in turn. */
const EDGES = 4;
/** Rounding of a picture that ends at a pole or at 180°. */
const POLE_ERROR_DEG = 1e-6;

/** Slippy maps end before the poles, and one import must not cross the antimeridian. */
function checkOutline(outline: readonly { latitudeDeg: number; longitudeDeg: number }[]): void {
  const refuse = (state: string) =>
    new GdnError("OUTLINE", `Cannot cut the imagery into tiles: ${state}`, { exitCode: EXIT.data });
  const beyond = outline.find(({ latitudeDeg, longitudeDeg }) =>
    !(Math.abs(latitudeDeg) <= 90 + POLE_ERROR_DEG &&
      Math.abs(longitudeDeg) <= 180 + POLE_ERROR_DEG)
  );
  if (beyond) {
    throw refuse(
      `it reaches ${beyond.latitudeDeg}, ${beyond.longitudeDeg}, which is outside of slippy maps ` +
        "(check its georeference, or --centre and --gsd)",
    );
  }
  if (outline.every(({ latitudeDeg }) => Math.abs(latitudeDeg) > MERCATOR_LATITUDE_MAX_DEG)) {
    throw refuse(`it lies nearer to a pole than slippy maps go (${outline[0].latitudeDeg}°)`);
  }
  // A picture of the whole world is as wide, but goes there step by step.
  const step = outline.length > 2 * EDGES ? EDGES : 1;
  const jumps = outline.some(({ longitudeDeg }, i) =>
    i >= step && Math.abs(longitudeDeg - outline[i - step].longitudeDeg) > 180
  );
  if (jumps) {
    throw refuse(
      "it crosses the antimeridian; cut it in two there first (gdalwarp -te WEST SOUTH EAST NORTH)",
    );
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
