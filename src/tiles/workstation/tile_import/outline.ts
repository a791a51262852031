/**
 * The tiles under an outline on Earth, also where it crosses the antimeridian or goes around a pole.
 *
 * @module
 */
import {
  EXIT,
  GdnError,
  MERCATOR_LATITUDE_MAX_DEG,
  type SlippyTile,
  tileFromWorldPixel,
  UsageError,
  worldPixelFromWgs,
} from "../../../core/mod.ts";

/** Largest number of tiles that one import writes. */
const TILES_MAX = 4_000_000;
/** Rounding of a picture that ends at a pole or at 180°. */
const EDGE_ERROR_DEG = 1e-6;

interface Position {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
}

/** All tiles of the box around an outline (positions in turn around it, less than half a turn apart), row by row. */
export function tilesUnderOutline(outline: readonly Position[], zoom: number): SlippyTile[] {
  checkOutline(outline);
  const box = boxAround(outline);
  const count = 2 ** zoom;
  // What lies nearer to a pole than the map goes is left out.
  const rowOf = (latitudeDeg: number) =>
    tileFromWorldPixel(
      worldPixelFromWgs({
        latitudeDeg: Math.max(
          -MERCATOR_LATITUDE_MAX_DEG,
          Math.min(MERCATOR_LATITUDE_MAX_DEG, latitudeDeg),
        ),
        longitudeDeg: 0,
      }, zoom),
      zoom,
    ).y;
  const first = Math.floor((box.westDeg / 360 + 0.5) * count);
  const end = (box.eastDeg / 360 + 0.5) * count;
  // A picture that ends at 180° has nothing in the first column on the other side.
  const last = Math.max(first, end % count === 0 ? end - 1 : Math.floor(end));
  const columns = Math.min(count, last - first + 1);
  const [top, bottom] = [rowOf(box.northDeg), rowOf(box.southDeg)];
  if (columns * (bottom - top + 1) > TILES_MAX) {
    throw new UsageError(
      `zoom ${zoom} cuts the imagery into ${
        columns * (bottom - top + 1)
      } tiles; give a smaller --zoom`,
    );
  }
  const tiles: SlippyTile[] = [];
  for (let y = top; y <= bottom; y++) {
    for (let i = 0; i < columns; i++) {
      tiles.push({ zoom, x: ((first + i) % count + count) % count, y });
    }
  }
  return tiles;
}

/** West may lie before −180°, east behind 180°. */
function boxAround(outline: readonly Position[]) {
  let longitude = outline[0].longitudeDeg, westDeg = longitude, eastDeg = longitude;
  for (const { longitudeDeg } of outline) {
    longitude += shortWay(longitudeDeg - longitude);
    westDeg = Math.min(westDeg, longitude);
    eastDeg = Math.max(eastDeg, longitude);
  }
  longitude += shortWay(outline[0].longitudeDeg - longitude);
  const latitudes = outline.map(({ latitudeDeg }) => latitudeDeg);
  let southDeg = Math.min(...latitudes), northDeg = Math.max(...latitudes);
  if (Math.abs(longitude - outline[0].longitudeDeg) > 180) {
    // It goes once around a pole, which then lies in it.
    if (northDeg + southDeg > 0) northDeg = 90;
    else southDeg = -90;
    [westDeg, eastDeg] = [-180, 180];
  }
  return { southDeg, northDeg, westDeg, eastDeg };
}

function shortWay(differenceDeg: number): number {
  return differenceDeg - 360 * Math.round(differenceDeg / 360);
}

/** Slippy maps end before the poles. */
function checkOutline(outline: readonly Position[]): void {
  const refuse = (state: string) =>
    new GdnError("OUTLINE", `Cannot cut the imagery into tiles: ${state}`, { exitCode: EXIT.data });
  const beyond = outline.find(({ latitudeDeg, longitudeDeg }) =>
    !(Math.abs(latitudeDeg) <= 90 + EDGE_ERROR_DEG &&
      Math.abs(longitudeDeg) <= 180 + EDGE_ERROR_DEG)
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
}
