/**
 * Georeferences of north-up pictures and of rasters in a known projection.
 *
 * @module
 */
import proj4 from "proj4";
import {
  EXIT,
  GdnError,
  groundSampleDistanceM,
  LocalFrame,
  TILE_SIZE_PX,
  wgsFromWorldPixel,
} from "../../../../core/mod.ts";
import type { GeoReference } from "../contract.ts";

/** Rounding of a picture that ends at 180°. */
const TURN_ERROR_DEG = 1e-6;

/** A local frame has no east nearer to a pole. */
const POLE_DEG = 1;

/** North up, `gsdM` metres per pixel in the local frame at the picture's middle. */
export function centredReference(
  options: {
    readonly widthPx: number;
    readonly heightPx: number;
    readonly latitudeDeg: number;
    readonly longitudeDeg: number;
    readonly gsdM: number;
  },
): GeoReference {
  const { widthPx, heightPx, latitudeDeg, longitudeDeg, gsdM } = options;
  const localFrame = new LocalFrame({ latitudeDeg, longitudeDeg, heightM: 0 });
  return {
    name: `centre ${latitudeDeg},${longitudeDeg} at ${gsdM} m per pixel`,
    gsdM,
    wgsFromPixel: (xPx, yPx) =>
      localFrame.wgsFromLocal([(xPx - widthPx / 2) * gsdM, (heightPx / 2 - yPx) * gsdM, 0]),
    pixelFromWgs(latitudeDeg, longitudeDeg) {
      const [eastM, northM] = localFrame.localFromWgs({ latitudeDeg, longitudeDeg, heightM: 0 });
      return [widthPx / 2 + eastM / gsdM, heightPx / 2 - northM / gsdM];
    },
  };
}

/** Projected x = a + b·px + c·py, y = d + e·px + f·py (pixel centres at half integers). */
export interface AffineTransform {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

export function projectedReference(
  options: {
    readonly name: string;
    /** A definition for proj4. */
    readonly projection: string;
    readonly transform: AffineTransform;
    readonly widthPx: number;
    readonly heightPx: number;
  },
): GeoReference {
  const { a, b, c, d, e, f } = options.transform;
  const determinant = b * f - c * e;
  const converter = proj4("EPSG:4326", options.projection);
  const middleX = a + b * options.widthPx / 2 + c * options.heightPx / 2;
  const period = periodOf(options.projection, converter);
  // Of southern Africa's grids: westings and southings.
  const hasAxes = options.projection.includes("+axis=");
  const wgsFromPixel = (xPx: number, yPx: number) => {
    const [longitudeDeg, latitudeDeg] = converter.inverse([
      a + b * xPx + c * yPx,
      d + e * xPx + f * yPx,
    ], hasAxes);
    // Longitudes from 180° to 360° are those of the western hemisphere.
    const isBeyond = Math.abs(longitudeDeg) > 180 + TURN_ERROR_DEG;
    const turns = isBeyond ? 360 * Math.round(longitudeDeg / 360) : 0;
    return { latitudeDeg, longitudeDeg: longitudeDeg - turns };
  };
  const { widthPx, heightPx } = options;
  return {
    name: options.name,
    gsdM: middleGsdM(wgsFromPixel, widthPx, heightPx),
    wgsFromPixel,
    pixelFromWgs(latitudeDeg, longitudeDeg) {
      const [east, y] = converter.forward([longitudeDeg, latitudeDeg], hasAxes);
      const x = period === 0 ? east : east + period * Math.round((middleX - east) / period);
      return [(f * (x - a) - c * (y - d)) / determinant, (b * (y - d) - e * (x - a)) / determinant];
    },
  };
}

/**
 * After what length x comes back to the same place: a picture may go on beyond the antimeridian. 0: it does not.
 */
function periodOf(
  projection: string,
  converter: { forward(of: [number, number]): number[] },
): number {
  if (projection.includes("+proj=longlat")) return 360;
  if (!/\+proj=(merc|eqc)\b/.test(projection)) return 0;
  const middle = Number(/\+lon_0=(\S+)/.exec(projection)?.[1] ?? 0);
  // Not at its ends, where converters come out on either side.
  return 2 * (converter.forward([middle + 90, 0])[0] - converter.forward([middle - 90, 0])[0]);
}

/** Geometric mean of the two sides of the ground under the middle pixel. */
function middleGsdM(
  wgsFromPixel: GeoReference["wgsFromPixel"],
  widthPx: number,
  heightPx: number,
): number {
  const x = widthPx / 2, y = heightPx / 2;
  const middle = { ...wgsFromPixel(x, y), heightM: 0 };
  if (Math.abs(Math.abs(middle.latitudeDeg) - 90) < POLE_DEG) {
    throw new GdnError(
      "OUTLINE",
      "Cannot cut the imagery into tiles: its middle lies at a pole, which slippy maps do not reach; cut out " +
        "the part that is needed: gdal_translate -projwin WEST NORTH EAST SOUTH IN OUT.tif",
      { exitCode: EXIT.data },
    );
  }
  const localFrame = new LocalFrame(middle);
  const right = localFrame.localFromWgs({ ...wgsFromPixel(x + 1, y), heightM: 0 });
  const below = localFrame.localFromWgs({ ...wgsFromPixel(x, y + 1), heightM: 0 });
  return Math.sqrt(Math.hypot(right[0], right[1]) * Math.hypot(below[0], below[1]));
}

/** Metres per pixel of a slippy tile at its own middle. */
export function tileGsdM(tile: { zoom: number; x: number; y: number }): number {
  const middle = wgsFromWorldPixel({
    x: (tile.x + 0.5) * TILE_SIZE_PX,
    y: (tile.y + 0.5) * TILE_SIZE_PX,
  }, tile.zoom);
  return groundSampleDistanceM(middle.latitudeDeg, tile.zoom);
}
