/**
 * Reads MBTiles 1.3: an SQLite file with a table (or view) `tiles`, whose rows count from the south
 * (TMS) unless its metadata says otherwise.
 *
 * Source: https://github.com/mapbox/mbtiles-spec/blob/master/1.3/spec.md
 *
 * @module
 */
import { DataError } from "../../../../core/mod.ts";
import type { TileArchive } from "./contract.ts";
import { openGeopackage } from "./geopackage.ts";
import { boxFrom, rowFromNorth, schemeFrom, schemeOf, type TileScheme } from "./grid.ts";
import { capturedAtOf, sidecarOf } from "./sidecar.ts";
import { type PlaceOf, SqliteTiles } from "./sqlite_tiles.ts";

export const SQLITE_MAGIC = "SQLite format 3\0";
const TABLE = "tiles";
/** Largest number of rows of the metadata table that are read. */
const METADATA_ROWS_MAX = 1000;
const METADATA = "SELECT name, substr(value, 1, 10000) AS value FROM metadata " +
  `WHERE typeof(name) = 'text' LIMIT ${METADATA_ROWS_MAX}`;

/** Opens an SQLite file of tiles, one zoom of it or all (null). */
export function openSqlite(
  path: string,
  zoom: number | null,
  scheme: TileScheme | null,
): TileArchive {
  const file = new SqliteTiles(path);
  try {
    const names = file.objects().map(({ name }) => name);
    // A GeoPackage may call its table as MBTiles do, but its rows count from the north.
    if (names.includes("gpkg_contents")) return openGeopackage(file, zoom);
    return openMbtiles(file, names, zoom, scheme);
  } catch (error) {
    file[Symbol.dispose]();
    throw file.dataError(error);
  }
}

function openMbtiles(
  file: SqliteTiles,
  names: readonly string[],
  zoom: number | null,
  given: TileScheme | null,
): TileArchive {
  const { path } = file;
  if (!names.includes(TABLE)) {
    throw new DataError(
      path,
      `it has no table "tiles" (tables: ${names.slice(0, 5).join(", ") || "none"}): it is not an ` +
        "MBTiles file",
    );
  }
  checkColumns(file);
  file.check(TABLE, zoom);
  const rows = file.rowsOf("metadata", METADATA);
  const metadata = Object.fromEntries(rows.map(({ name, value }) => [String(name), value]));
  const sidecar = sidecarOf(metadata, path);
  if (sidecar.format === "pbf") {
    throw new DataError(path, "it holds vector tiles (pbf); give one of pictures (jpg, png, webp)");
  }
  const total = file.count(TABLE, zoom);
  const declared = schemeFrom(metadata.scheme);
  const scheme = schemeOf(path, {
    given,
    declared: declared && { scheme: declared, by: "its metadata" },
    usual: "tms",
    bounds: boxFrom(metadata.bounds),
    extent: file.extent(TABLE),
  });
  return {
    kind: "mbtiles",
    total,
    attribution: sidecar.attribution ?? "",
    capturedAt: capturedAtOf(sidecar),
    registrationErrorM: sidecar.registration_error_m ?? 0,
    tiles: () => file.tiles(TABLE, zoom, placeBy(scheme)),
    [Symbol.asyncDispose]() {
      file[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

/** RMaps, Locus and others call their table `tiles` too, with columns x, y and z of their own kind. */
function checkColumns(file: SqliteTiles): void {
  const columns = file.database.prepare("SELECT name FROM pragma_table_info('tiles')").all()
    .map(({ name }) => String(name).toLowerCase());
  if (columns.includes("zoom_level") || !["x", "y", "z"].every((name) => columns.includes(name))) {
    return;
  }
  throw new DataError(
    file.path,
    "it is a tile database of RMaps or Locus (columns x, y, z), not MBTiles; export it as MBTiles " +
      "(MOBAC: format MBTiles SQLite)",
  );
}

function placeBy(scheme: TileScheme): PlaceOf {
  return ({ zoom, column, row }) => {
    const last = 2 ** zoom - 1;
    if (column > last || row > last) {
      return `column ${column}, row ${row}: there is no such tile at zoom ${zoom}`;
    }
    return { zoom, x: column, y: rowFromNorth(zoom, row, scheme) };
  };
}
