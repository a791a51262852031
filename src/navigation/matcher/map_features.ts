/**
 * Features of the map, cell by cell: consecutive frames look at the same ground, so that each cell
 * is described once and kept.
 *
 * @module
 */
import { type VisionLibrary, warpHomography } from "../../native/vision/mod.ts";
import type { MapSource, MapWindow } from "../map/mod.ts";
import {
  extractInside,
  type FeatureExtractor,
  type LocalFeatures,
  type PictureSize,
  selectFeatures,
  type ValidPatch,
} from "./local_features.ts";

type Floats = Float32Array<ArrayBuffer>;

/** Cells overlap by this much on every side: a point at the rim has its surroundings, too. */
const BORDER_PX = 32;
/** At most 0.5 MiB each. */
const CELLS_KEPT_MAX = 64;

/** Features of the ground within a square. */
interface GroundFeatures {
  readonly count: number;
  /** East, north of each, metres from the middle of the square. */
  readonly pointsM: Floats;
  readonly descriptors: Floats;
  /** Whether the square holds any map. */
  readonly hasMap: boolean;
}

/** A cell by its middle, local metres. */
interface CellPlace {
  readonly eastM: number;
  readonly northM: number;
  readonly gsdM: number;
  /** Of the picture described, its border included. */
  readonly size: PictureSize;
}

/** The features of a cell's inner part; neighbours share none. */
interface Cell {
  readonly eastM: number;
  readonly northM: number;
  readonly count: number;
  /** East, north of each from the cell's middle, metres. */
  readonly offsetsM: Float64Array;
  readonly descriptors: Floats;
  readonly hasMap: boolean;
}

export class MapFeatures {
  readonly #vision: VisionLibrary;
  readonly #map: MapSource;
  readonly #extractor: FeatureExtractor;
  readonly #cells = new Map<string, Promise<Cell>>();

  constructor(vision: VisionLibrary, map: MapSource, extractor: FeatureExtractor) {
    this.#vision = vision;
    this.#map = map;
    this.#extractor = extractor;
  }

  /** Features within `reachM` east, west, north and south of a place, of the map at `gsdM`. */
  async around(
    eastM: number,
    northM: number,
    reachM: { readonly eastM: number; readonly northM: number },
    gsdM: number,
    size: PictureSize,
  ): Promise<GroundFeatures> {
    const widthM = (size.widthPx - 2 * BORDER_PX) * gsdM;
    const heightM = (size.heightPx - 2 * BORDER_PX) * gsdM;
    const columns = range((eastM - reachM.eastM) / widthM, (eastM + reachM.eastM) / widthM);
    const rows = range((northM - reachM.northM) / heightM, (northM + reachM.northM) / heightM);
    const cells: Cell[] = [];
    // One after the other: an extractor may use all processors for one picture.
    for (const row of rows) {
      for (const column of columns) {
        cells.push(
          await this.#cell(`${size.widthPx}×${size.heightPx}/${gsdM}/${column}/${row}`, {
            eastM: (column + 0.5) * widthM,
            northM: (row + 0.5) * heightM,
            gsdM,
            size,
          }),
        );
      }
    }
    return joined(cells, eastM, northM, reachM, this.#extractor.descriptorLength);
  }

  #cell(key: string, at: CellPlace): Promise<Cell> {
    const kept = this.#cells.get(key);
    if (kept !== undefined) {
      // Least recently used first: Map keeps insertion order.
      this.#cells.delete(key);
      this.#cells.set(key, kept);
      return kept;
    }
    const made = this.#make(at);
    this.#cells.set(key, made);
    // What failed may succeed the next time.
    made.catch(() => this.#cells.delete(key));
    if (this.#cells.size > CELLS_KEPT_MAX) {
      for (const oldest of this.#cells.keys()) {
        this.#cells.delete(oldest);
        break;
      }
    }
    return made;
  }

  async #make({ eastM, northM, gsdM, size }: CellPlace): Promise<Cell> {
    const { widthPx, heightPx } = size;
    const radiusM = (Math.max(widthPx, heightPx) / 2 + 2) * gsdM;
    const window = await this.#map.window(eastM, northM, radiusM, gsdM);
    const picture = window && await this.#picture(window, { eastM, northM, gsdM, size });
    const nothing = new Float32Array(0);
    if (!picture || !picture.valid.includes(255)) {
      const empty = { count: 0, offsetsM: new Float64Array(0), descriptors: nothing };
      return { eastM, northM, ...empty, hasMap: false };
    }
    const found = await inner(this.#extractor, picture, size);
    const offsetsM = new Float64Array(2 * found.count);
    for (let i = 0; i < found.count; i++) {
      offsetsM[2 * i] = (found.pointsPx[2 * i] + 0.5 - widthPx / 2) * gsdM;
      offsetsM[2 * i + 1] = (heightPx / 2 - found.pointsPx[2 * i + 1] - 0.5) * gsdM;
    }
    const { count, descriptors } = found;
    return { eastM, northM, count, offsetsM, descriptors, hasMap: true };
  }

  /** The window, resampled to `gsdM` and north up in the local frame. */
  async #picture(window: MapWindow, { eastM, northM, gsdM, size }: CellPlace) {
    const { widthPx, heightPx } = size;
    const { mosaic } = window;
    const [a0, a1, a2, a3, a4, a5] = mosaic.pixelFromLocal;
    // Destination pixel (u, v): east = east0 + gsd u, north = north0 − gsd v.
    const east0 = eastM - window.originEastM + (0.5 - widthPx / 2) * gsdM;
    const north0 = northM - window.originNorthM + (heightPx / 2 - 0.5) * gsdM;
    const { pixels, coverage } = await warpHomography(
      this.#vision,
      { ...mosaic, channels: 1 },
      [
        a0 * gsdM,
        -a1 * gsdM,
        a0 * east0 + a1 * north0 + a2,
        a3 * gsdM,
        -a4 * gsdM,
        a3 * east0 + a4 * north0 + a5,
        0,
        0,
        1,
      ],
      { widthPx, heightPx, sourceMask: mosaic.valid },
    );
    return { widthPx, heightPx, pixels, valid: coverage } satisfies ValidPatch;
  }
}

/** Whole numbers from the floor of `from` to the floor of `to`. */
function range(from: number, to: number): number[] {
  const first = Math.floor(from);
  return Array.from({ length: Math.floor(to) - first + 1 }, (_, i) => first + i);
}

/** Features of a cell's picture without its border. */
async function inner(
  extractor: FeatureExtractor,
  picture: ValidPatch,
  size: PictureSize,
): Promise<LocalFeatures> {
  const features = await extractInside(extractor, picture, size);
  const { widthPx, heightPx } = picture;
  return selectFeatures(features, extractor.descriptorLength, (x, y) => {
    // Pixel edges are at halves; the half-open range gives each point to one cell.
    const column = x + 0.5, row = y + 0.5;
    return column >= BORDER_PX && column < widthPx - BORDER_PX &&
      row > BORDER_PX && row <= heightPx - BORDER_PX;
  });
}

function joined(
  cells: readonly Cell[],
  eastM: number,
  northM: number,
  reachM: { readonly eastM: number; readonly northM: number },
  length: number,
): GroundFeatures {
  const points: number[] = [], rows: Floats[] = [];
  for (const cell of cells) {
    for (let i = 0; i < cell.count; i++) {
      const east = cell.eastM + cell.offsetsM[2 * i] - eastM;
      const north = cell.northM + cell.offsetsM[2 * i + 1] - northM;
      if (Math.abs(east) > reachM.eastM || Math.abs(north) > reachM.northM) continue;
      points.push(east, north);
      rows.push(cell.descriptors.subarray(i * length, (i + 1) * length));
    }
  }
  const descriptors = new Float32Array(rows.length * length);
  rows.forEach((row, i) => descriptors.set(row, i * length));
  return {
    count: rows.length,
    pointsM: Float32Array.from(points),
    descriptors,
    hasMap: cells.some((cell) => cell.hasMap),
  };
}
