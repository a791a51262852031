/**
 * Heights of the ground from a GeoTIFF: a window of its first band.
 *
 * @module
 */
import { DataError } from "../../../core/mod.ts";
import type { GeoReference } from "./contract.ts";
import { GeoKeys, KEY } from "./projection/geo_keys.ts";
import { tiffReference } from "./projection/geotiff_reference.ts";
import { readSidecars } from "./projection/sidecars.ts";
import { BlockReader } from "./tiff/block_reader.ts";
import { openTiff } from "./tiff/directories.ts";
import { readLayout, type TiffLayout } from "./tiff/layout.ts";

/** Of a window: 256 MB. */
const WINDOW_PIXELS_MAX = 64_000_000;
/** Around the box, for interpolation. */
const MARGIN_PX = 2;
/** Places along each side of the box whose pixels bound the window. */
const SIDE_PLACES = 33;
const GEOGRAPHIC_3D = 4979;
const FOOT_M = 0.3048, US_SURVEY_FOOT_M = 1200 / 3937;
const METRES: Readonly<Record<number, number>> = {
  9001: 1,
  9002: FOOT_M,
  9003: US_SURVEY_FOOT_M,
};

export interface HeightBox {
  readonly southDeg: number;
  readonly westDeg: number;
  readonly northDeg: number;
  readonly eastDeg: number;
}

/** What heights count from, as far as a file says so. */
export type StatedVerticalDatum =
  | "ellipsoid"
  | "egm96"
  | "egm2008"
  | { readonly code: number }
  | null;

interface HeightRaster {
  /** Metres of ground per pixel. */
  readonly gsdM: number;
  readonly datum: StatedVerticalDatum;
  /** Metres, bilinear between pixels; null where the file has none. */
  heightAt(latitudeDeg: number, longitudeDeg: number): number | null;
}

/**
 * Reads the heights under a box.
 *
 * @throws DataError where the file is no GeoTIFF of one height a pixel, or is damaged, or the box lies
 * outside of it
 */
export async function readHeights(path: string, box: HeightBox): Promise<HeightRaster> {
  using opened = await openTiff(path);
  if (opened === null || opened.directories.length === 0) {
    throw new DataError(
      path,
      "is no TIFF; terrain is a GeoTIFF of heights: gdal_translate IN OUT.tif",
    );
  }
  const { file, directories: [directory] } = opened;
  const layout = readLayout(file, directory);
  checkHeights(path, layout);
  const found = tiffReference(path, directory, await readSidecars(path), layout);
  if (found === null) {
    throw new DataError(path, "does not say where it lies (it is no GeoTIFF)");
  }
  const { reference } = found;
  const window = windowUnder(path, reference, layout, box);
  const keys = new GeoKeys(directory);
  const values = await readWindow(new BlockReader(file, layout), window, unitOf(path, keys));
  return {
    gsdM: reference.gsdM,
    datum: datumOf(keys),
    heightAt(latitudeDeg, longitudeDeg) {
      const [xPx, yPx] = reference.pixelFromWgs(latitudeDeg, longitudeDeg);
      return heightIn(values, window, xPx - 0.5, yPx - 0.5);
    },
  };
}

function checkHeights(path: string, { samples, shown, orientation }: TiffLayout): void {
  if (samples === 1 && shown.kind === "grey" && !shown.isInverted && orientation === 1) return;
  throw new DataError(
    path,
    `has ${samples} bands of colours, not one of heights; take the band of heights: ` +
      "gdal_translate -b 1 IN OUT.tif",
  );
}

/** Metres of a unit of height. */
function unitOf(path: string, keys: GeoKeys): number {
  const code = keys.code(KEY.verticalUnits);
  const metres = code === null ? 1 : METRES[code];
  if (metres !== undefined) return metres;
  throw new DataError(path, `its heights are in EPSG unit ${code}; convert them to metres`);
}

function datumOf(keys: GeoKeys): StatedVerticalDatum {
  const code = keys.code(KEY.vertical);
  if (code === null) return keys.code(KEY.geographic) === GEOGRAPHIC_3D ? "ellipsoid" : null;
  // 5030: "WGS 84 ellipsoid" of GeoTIFF 1.0; 5773 and 3855: heights over EGM96 and EGM2008.
  if (code === 5030 || code === GEOGRAPHIC_3D) return "ellipsoid";
  return code === 5773 ? "egm96" : code === 3855 ? "egm2008" : { code };
}

interface PixelWindow {
  readonly leftPx: number;
  readonly topPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

function windowUnder(
  path: string,
  reference: GeoReference,
  { widthPx, heightPx }: Pick<TiffLayout, "widthPx" | "heightPx">,
  { southDeg, westDeg, northDeg, eastDeg }: HeightBox,
): PixelWindow {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < SIDE_PLACES; i++) {
    const share = i / (SIDE_PLACES - 1);
    const latitudeDeg = southDeg + share * (northDeg - southDeg);
    const longitudeDeg = westDeg + share * (eastDeg - westDeg);
    for (
      const [lat, lon] of [
        [latitudeDeg, westDeg],
        [latitudeDeg, eastDeg],
        [southDeg, longitudeDeg],
        [northDeg, longitudeDeg],
      ]
    ) {
      const [x, y] = reference.pixelFromWgs(lat, lon);
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  const leftPx = Math.max(0, Math.floor(left) - MARGIN_PX);
  const topPx = Math.max(0, Math.floor(top) - MARGIN_PX);
  const rightPx = Math.min(widthPx, Math.ceil(right) + MARGIN_PX);
  const bottomPx = Math.min(heightPx, Math.ceil(bottom) + MARGIN_PX);
  if (!(rightPx > leftPx && bottomPx > topPx)) {
    throw new DataError(path, "lies elsewhere: it has no height in the area");
  }
  const window = { leftPx, topPx, widthPx: rightPx - leftPx, heightPx: bottomPx - topPx };
  if (window.widthPx * window.heightPx <= WINDOW_PIXELS_MAX) return window;
  throw new DataError(
    path,
    `has ${window.widthPx}×${window.heightPx} heights in the area, more than ` +
      `${WINDOW_PIXELS_MAX / 1e6} million; make it coarser: gdalwarp -r average -tr 5 5 IN OUT.tif`,
  );
}

/** NaN where the file has no height. */
async function readWindow(
  reader: BlockReader,
  { leftPx, topPx, widthPx, heightPx }: PixelWindow,
  unitM: number,
): Promise<Float32Array> {
  const { layout } = reader;
  const { blockWidthPx, blockHeightPx, columns } = layout;
  const noData = layout.noData?.[0];
  const values = new Float32Array(widthPx * heightPx).fill(NaN);
  const [firstRow, lastRow] = [topPx, topPx + heightPx - 1].map((y) =>
    Math.floor(y / blockHeightPx)
  );
  const [firstColumn, lastColumn] = [leftPx, leftPx + widthPx - 1].map((x) =>
    Math.floor(x / blockWidthPx)
  );
  for (let row = firstRow; row <= lastRow; row++) {
    for (let column = firstColumn; column <= lastColumn; column++) {
      const plane = (await reader.planes(row * columns + column))?.get(0);
      if (plane === undefined) continue;
      const x0 = Math.max(leftPx, column * blockWidthPx);
      const x1 = Math.min(leftPx + widthPx, (column + 1) * blockWidthPx);
      const y1 = Math.min(topPx + heightPx, (row + 1) * blockHeightPx);
      for (let y = Math.max(topPx, row * blockHeightPx); y < y1; y++) {
        const from = (y - row * blockHeightPx) * blockWidthPx - column * blockWidthPx;
        const to = (y - topPx) * widthPx - leftPx;
        for (let x = x0; x < x1; x++) {
          const value = plane.values[(from + x) * plane.stride + plane.offset];
          if (value !== noData && Number.isFinite(value)) values[to + x] = value * unitM;
        }
      }
    }
  }
  return values;
}

/** At a place in pixels whose centres are integers. Up to half a pixel beyond the edge is on it. */
function heightIn(
  values: Float32Array,
  { leftPx, topPx, widthPx, heightPx }: PixelWindow,
  xPx: number,
  yPx: number,
): number | null {
  const x = xPx - leftPx, y = yPx - topPx;
  if (!(x >= -0.5 && y >= -0.5 && x <= widthPx - 0.5 && y <= heightPx - 0.5)) return null;
  const inX = Math.min(Math.max(x, 0), widthPx - 1), inY = Math.min(Math.max(y, 0), heightPx - 1);
  const i = Math.floor(inX), k = Math.floor(inY), a = inX - i, b = inY - k;
  const right = Math.min(i + 1, widthPx - 1), below = Math.min(k + 1, heightPx - 1);
  const at = (column: number, row: number, weight: number) =>
    weight === 0 ? 0 : weight * values[row * widthPx + column];
  const height = at(i, k, (1 - a) * (1 - b)) + at(right, k, a * (1 - b)) +
    at(i, below, (1 - a) * b) + at(right, below, a * b);
  return Number.isNaN(height) ? null : height;
}
