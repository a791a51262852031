/**
 * Lists the tiles that an area needs: a box, a polygon, or a corridor along a route.
 *
 * Areas are treated in the plane of the zoom level's tiles (Web Mercator), with straight edges:
 * these are rhumb lines, which differ from great circles by metres over the lengths that aircraft
 * fly.
 *
 * @module
 */
import {
  DataError,
  groundSampleDistanceM,
  type SlippyTile,
  TILE_SIZE_PX,
  worldPixelFromWgs,
} from "../../../../core/mod.ts";
import type { Area, Position } from "../contract.ts";

/**
 * In units of tiles: x east, y south; x continues beyond the world's edge where an area crosses it.
 */
type Point = readonly [x: number, y: number];

/**
 * A corridor is cut into pieces of this length, so that a long diagonal does not test every tile of
 * its bounding box.
 */
const PIECE_TILES_MAX = 16;
/**
 * Tolerance for rounding in the projection, in tiles: an edge on the border of a tile counts as on
 * it.
 */
const EDGE = 1e-7;

/** Tiles of a rectangle, all inclusive, and which of them touch the area. */
interface Piece {
  readonly extent: Extent;
  touches(x: number, y: number): boolean;
}

/**
 * Every tile that touches the area, west to east and north to south, each once; listed while they are
 * taken, column by column.
 *
 * @throws DataError, at once, where it is no area
 */
export function tilesOfArea(area: Area, zoom: number): Generator<SlippyTile, void> {
  const count = 2 ** zoom;
  const columns = new Map<number, { readonly piece: Piece; readonly x: number }[]>();
  for (const piece of piecesOf(area, zoom)) {
    const [west, , east] = piece.extent;
    for (let x = west; x <= east; x++) {
      const column = ((x % count) + count) % count;
      const there = columns.get(column);
      if (there === undefined) columns.set(column, [{ piece, x }]);
      else there.push({ piece, x });
    }
  }
  return (function* () {
    for (const column of [...columns.keys()].sort((a, b) => a - b)) {
      const rows = new Set<number>();
      for (const { piece, x } of columns.get(column) ?? []) {
        const [, north, , south] = piece.extent;
        for (let y = north; y <= south; y++) {
          if (!rows.has(y) && piece.touches(x, y)) rows.add(y);
        }
      }
      for (const y of [...rows].sort((a, b) => a - b)) yield { zoom, x: column, y };
    }
  })();
}

function piecesOf(area: Area, zoom: number): Piece[] {
  switch (area.kind) {
    case "box":
      return [polygonPiece(boxRing(area.box, zoom), zoom)];
    case "polygon":
      if (area.ring.length < 3) throw new DataError("polygon", "needs at least three corners");
      return [polygonPiece(unwrapped(area.ring, zoom), zoom)];
    case "corridor":
      return [...corridorPieces(area.route, area.halfWidthM, zoom)].map(([from, to, margin]) => ({
        extent: extentOf([from, to], margin, zoom),
        touches: (x, y) => squareDistance(from, to, x, y) <= margin,
      }));
  }
}

function polygonPiece(ring: readonly Point[], zoom: number): Piece {
  return { extent: extentOf(ring, 0, zoom), touches: (x, y) => polygonTouches(ring, x, y) };
}

/** Number of tiles of the smallest box around the area: the cost of fetching the whole box. */
export function boxTileCount(area: Area, zoom: number): number {
  const points = area.kind === "box"
    ? boxRing(area.box, zoom)
    : unwrapped(area.kind === "polygon" ? area.ring : area.route, zoom);
  const margin = area.kind === "corridor" ? marginTiles(area.route, area.halfWidthM, zoom) : 0;
  const [west, north, east, south] = extentOf(points, margin, zoom);
  return (east - west + 1) * (south - north + 1);
}

/**
 * How many tiles {@link tilesOfArea} would look at, by arithmetic alone; a polygon's count once for
 * every hundred of its corners.
 */
export function consideredTileCount(area: Area, zoom: number): number {
  if (area.kind === "box") return boxTileCount(area, zoom);
  if (area.kind === "polygon") {
    return boxTileCount(area, zoom) * Math.ceil(area.ring.length / 100);
  }
  let count = 0;
  for (const [from, to, margin] of corridorPieces(area.route, area.halfWidthM, zoom)) {
    const [west, north, east, south] = extentOf([from, to], margin, zoom);
    count += (east - west + 1) * (south - north + 1);
  }
  return count;
}

type Box = Extract<Area, { kind: "box" }>["box"];

function boxRing(box: Box, zoom: number): Point[] {
  const { southDeg, westDeg, northDeg, eastDeg } = box;
  if (!(southDeg < northDeg)) {
    throw new DataError("box", `its south ${southDeg} is not south of its north ${northDeg}`);
  }
  const [west, north] = tilePoint({ latitudeDeg: northDeg, longitudeDeg: westDeg }, zoom);
  const [eastRaw, south] = tilePoint({ latitudeDeg: southDeg, longitudeDeg: eastDeg }, zoom);
  const east = eastDeg < westDeg ? eastRaw + 2 ** zoom : eastRaw;
  return [[west, north], [east, north], [east, south], [west, south]];
}

/** Longitudes unwrapped, so that each point follows the previous one by the shorter way round. */
function unwrapped(positions: readonly Position[], zoom: number): Point[] {
  const count = 2 ** zoom;
  const out: Point[] = [];
  for (const position of positions) {
    const [x, y] = tilePoint(position, zoom);
    const before = out.at(-1)?.[0] ?? x;
    out.push([x - Math.round((x - before) / count) * count, y]);
  }
  return out;
}

function tilePoint(position: Position, zoom: number): Point {
  const { x, y } = worldPixelFromWgs(position, zoom);
  return [x / TILE_SIZE_PX, y / TILE_SIZE_PX];
}

/**
 * A tile touches a polygon when it contains a corner of it, lies inside it, or is crossed by an
 * edge.
 */
function polygonTouches(ring: readonly Point[], x: number, y: number): boolean {
  if (isInside(ring, [x + 0.5, y + 0.5])) return true;
  return ring.some((corner, i) => squareDistance(corner, ring[(i + 1) % ring.length], x, y) === 0);
}

/** Short pieces of a route, and how far around each the corridor reaches, in tiles. */
function* corridorPieces(
  route: readonly Position[],
  halfWidthM: number,
  zoom: number,
): Generator<readonly [from: Point, to: Point, margin: number]> {
  if (route.length === 0) throw new DataError("route", "holds no point");
  if (!(halfWidthM > 0)) throw new DataError("corridor", `its half width is ${halfWidthM} m`);
  const points = unwrapped(route, zoom);
  for (let i = 0; i < Math.max(1, points.length - 1); i++) {
    const a = points[i], b = points[Math.min(i + 1, points.length - 1)];
    const pieces = Math.max(1, Math.ceil(Math.hypot(b[0] - a[0], b[1] - a[1]) / PIECE_TILES_MAX));
    for (let piece = 0; piece < pieces; piece++) {
      const from = between(a, b, piece / pieces), to = between(a, b, (piece + 1) / pieces);
      const margin = Math.max(
        halfWidthTiles(from, halfWidthM, zoom),
        halfWidthTiles(to, halfWidthM, zoom),
      );
      yield [from, to, margin];
    }
  }
}

function marginTiles(route: readonly Position[], halfWidthM: number, zoom: number): number {
  return Math.max(...route.map((at) => halfWidthTiles(tilePoint(at, zoom), halfWidthM, zoom)));
}

/** Mercator scales all directions equally at a given latitude. */
function halfWidthTiles([, y]: Point, halfWidthM: number, zoom: number): number {
  const mercatorY = Math.PI * (1 - 2 * y / 2 ** zoom);
  const latitudeDeg = Math.atan(Math.sinh(mercatorY)) * 180 / Math.PI;
  return halfWidthM / (TILE_SIZE_PX * groundSampleDistanceM(latitudeDeg, zoom));
}

function between(a: Point, b: Point, share: number): Point {
  return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
}

/** A range of tiles, all inclusive. */
type Extent = readonly [west: number, north: number, east: number, south: number];

/** The range of tiles around the points. */
function extentOf(points: readonly Point[], margin: number, zoom: number): Extent {
  const xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
  const last = 2 ** zoom - 1;
  // An edge exactly on the border of a tile does not include the tile beyond it.
  const west = Math.floor(Math.min(...xs) - margin + EDGE);
  const north = Math.max(0, Math.floor(Math.min(...ys) - margin + EDGE));
  return [
    west,
    north,
    Math.max(west, Math.ceil(Math.max(...xs) + margin - EDGE) - 1),
    Math.min(last, Math.max(north, Math.ceil(Math.max(...ys) + margin - EDGE) - 1)),
  ];
}

/** Even-odd rule. */
function isInside(ring: readonly Point[], [x, y]: Point): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [ax, ay] = ring[i], [bx, by] = ring[j];
    if ((ay > y) !== (by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax)) inside = !inside;
  }
  return inside;
}

/** Distance in tiles between the segment and the open unit square at (x, y); 0 where they cross. */
function squareDistance(a: Point, b: Point, x: number, y: number): number {
  if (segmentCrosses(a, b, x, y)) return 0;
  const corners: Point[] = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]];
  const ofCorners = corners.map((corner) => pointToSegment(corner, a, b));
  const ofEnds = [a, b].map(([px, py]) =>
    Math.hypot(Math.max(x - px, 0, px - x - 1), Math.max(y - py, 0, py - y - 1))
  );
  // A segment along the border touches without crossing: count it as the smallest distance above 0.
  return Math.max(Number.MIN_VALUE, Math.min(...ofCorners, ...ofEnds));
}

/** Liang–Barsky clipping of the segment to the open square. */
function segmentCrosses(a: Point, b: Point, x: number, y: number): boolean {
  const dx = b[0] - a[0], dy = b[1] - a[1];
  let from = 0, to = 1;
  for (const [p, q] of [[-dx, a[0] - x], [dx, x + 1 - a[0]], [-dy, a[1] - y], [dy, y + 1 - a[1]]]) {
    if (p === 0) {
      if (q <= 0) return false;
      continue;
    }
    const at = q / p;
    if (p < 0) from = Math.max(from, at);
    else to = Math.min(to, at);
  }
  return (dx === 0 && dy === 0) || (to - from) * Math.hypot(dx, dy) > EDGE;
}

function pointToSegment([x, y]: Point, a: Point, b: Point): number {
  const dx = b[0] - a[0], dy = b[1] - a[1];
  const lengthSquared = dx * dx + dy * dy;
  const share = lengthSquared === 0
    ? 0
    : Math.max(0, Math.min(1, ((x - a[0]) * dx + (y - a[1]) * dy) / lengthSquared));
  return Math.hypot(x - a[0] - share * dx, y - a[1] - share * dy);
}
