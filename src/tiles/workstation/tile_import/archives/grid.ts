/**
 * What an archive says of its grid: whether rows count from the north (XYZ) or from the south (TMS), and
 * which box its tiles lie in. Where the two disagree nothing is imported: the map would lie in the other
 * hemisphere.
 *
 * @module
 */
import { DataError, tileBounds } from "../../../../core/mod.ts";
import type { StoredExtent } from "./sqlite_tiles.ts";

/** Rows count from the north, or from the south. */
export type TileScheme = "xyz" | "tms";

export interface DegreeBox {
  readonly southDeg: number;
  readonly westDeg: number;
  readonly northDeg: number;
  readonly eastDeg: number;
}

/** "W,S,E,N" or its numbers, as TileJSON and MBTiles have it; null for what is no box. */
export function boxFrom(bounds: unknown): DegreeBox | null {
  const numbers = typeof bounds === "string"
    ? bounds.split(",").map(Number)
    : Array.isArray(bounds)
    ? bounds.map(Number)
    : [];
  const [westDeg, southDeg, eastDeg, northDeg] = numbers;
  const isBox = numbers.length === 4 && numbers.every(Number.isFinite) && southDeg <= northDeg &&
    westDeg <= eastDeg && Math.abs(southDeg) <= 90.1 && Math.abs(northDeg) <= 90.1;
  return isBox ? { southDeg, westDeg, northDeg, eastDeg } : null;
}

export function schemeFrom(text: unknown): TileScheme | null {
  if (typeof text !== "string") return null;
  const word = text.trim().toLowerCase();
  return word === "tms" || word === "xyz" ? word : null;
}

/**
 * The scheme of an archive.
 *
 * @throws DataError where its bounds contradict it and no scheme is given
 */
export function schemeOf(
  path: string,
  { given, declared, usual, bounds, extent }: {
    /** On the command line: it counts. */
    readonly given: TileScheme | null;
    /** By the archive itself, and where it says so. */
    readonly declared: { readonly scheme: TileScheme; readonly by: string } | null;
    /** Of archives of this kind that say nothing. */
    readonly usual: TileScheme;
    readonly bounds: DegreeBox | null;
    readonly extent: StoredExtent | null;
  },
): TileScheme {
  if (given !== null) return given;
  const scheme = declared?.scheme ?? usual;
  if (bounds === null || extent === null) return scheme;
  if (meet(boxOf(extent, scheme), bounds)) return scheme;
  const other = scheme === "xyz" ? "tms" : "xyz";
  const box = boxOf(extent, scheme);
  const middle = `${((box.southDeg + box.northDeg) / 2).toFixed(2)},` +
    `${((box.westDeg + box.eastDeg) / 2).toFixed(2)}`;
  const said = `${((bounds.southDeg + bounds.northDeg) / 2).toFixed(2)},` +
    `${((bounds.westDeg + bounds.eastDeg) / 2).toFixed(2)}`;
  const word = declared === null
    ? `tiles of this kind are ${usual}`
    : `${declared.by} says ${scheme}`;
  const fits = meet(boxOf(extent, other), bounds) ? `; as ${other} they would be there` : "";
  throw new DataError(
    path,
    `it contradicts itself: ${word}, which puts its tiles around ${middle}, but its bounds are ` +
      `around ${said}${fits}; say which is right: --scheme xyz or --scheme tms`,
  );
}

/** y of the slippy map. */
export function rowFromNorth(zoom: number, row: number, scheme: TileScheme): number {
  return scheme === "xyz" ? row : 2 ** zoom - 1 - row;
}

function boxOf({ zoom, west, east, low, high }: StoredExtent, scheme: TileScheme): DegreeBox {
  const [y0, y1] = [rowFromNorth(zoom, low, scheme), rowFromNorth(zoom, high, scheme)];
  const first = tileBounds({ zoom, x: west, y: Math.min(y0, y1) });
  const last = tileBounds({ zoom, x: east, y: Math.max(y0, y1) });
  return {
    southDeg: last.southDeg,
    westDeg: first.westDeg,
    northDeg: first.northDeg,
    eastDeg: last.eastDeg,
  };
}

function meet(a: DegreeBox, b: DegreeBox): boolean {
  return a.southDeg <= b.northDeg && b.southDeg <= a.northDeg && a.westDeg <= b.eastDeg &&
    b.westDeg <= a.eastDeg;
}
