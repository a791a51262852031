/**
 * Reads the tiles of a GeoPackage whose matrix is that of the slippy map; rows count from the north.
 *
 * Source: OGC 12-128r18 (GeoPackage 1.3.1), 2.2
 *
 * @module
 */
import { DataError, UsageError, ZOOM_MAX } from "../../../../core/mod.ts";
import type { TileArchive } from "./contract.ts";
import { type PlaceOf, SqliteTiles } from "./sqlite_tiles.ts";

const EARTH_HALF_M = 20_037_508.342789244;
const WEB_MERCATOR = [3857, 900_913, 3785, 102_100, 102_113];
/** Part of a tile, by which places may differ from the grid. */
const GRID_ERROR = 1e-3;

interface Matrix {
  /** zoom_level of the table → zoom of the slippy map, and the tile of its first column and row. */
  readonly zoom: number;
  readonly x0: number;
  readonly y0: number;
}

export function openGeopackage(file: SqliteTiles, wanted: number | null): TileArchive {
  const table = tileTable(file);
  const matrices = matricesOf(file, table);
  const stored = wanted === null
    ? null
    : [...matrices].find(([, { zoom }]) => zoom === wanted)?.[0] ?? wanted;
  file.check(table, stored);
  const total = file.count(table, stored);
  return {
    kind: "geopackage",
    total,
    attribution: "",
    capturedAt: null,
    registrationErrorM: 0,
    tiles: () => file.tiles(table, stored, placeBy(matrices)),
    [Symbol.asyncDispose]() {
      file[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

function placeBy(matrices: ReadonlyMap<number, Matrix>): PlaceOf {
  return ({ zoom, column, row }) => {
    const matrix = matrices.get(zoom);
    if (matrix === undefined) return `zoom level ${zoom} is not in gpkg_tile_matrix`;
    const tile = { zoom: matrix.zoom, x: matrix.x0 + column, y: matrix.y0 + row };
    const last = 2 ** tile.zoom - 1;
    return tile.x >= 0 && tile.x <= last && tile.y >= 0 && tile.y <= last
      ? tile
      : `column ${column}, row ${row}: there is no such tile at zoom ${tile.zoom}`;
  };
}

function tileTable(file: SqliteTiles): string {
  const contents = file.rowsOf(
    "gpkg_contents",
    "SELECT table_name FROM gpkg_contents WHERE data_type = 'tiles' LIMIT 20",
  );
  const names = contents.map(({ table_name }) => String(table_name));
  if (names.length === 1) return names[0];
  if (names.length === 0) throw new DataError(file.path, "the GeoPackage holds no tiles");
  throw new UsageError(
    `${file.path} holds several pictures (${names.join(", ")}); convert one: ` +
      `gdal_translate GPKG:${file.path}:${names[0]} OUT.tif`,
  );
}

function matricesOf(file: SqliteTiles, table: string): ReadonlyMap<number, Matrix> {
  const name = `'${table.replaceAll("'", "''")}'`;
  const [set] = file.rowsOf(
    "gpkg_tile_matrix_set",
    `SELECT srs_id, min_x, max_y FROM gpkg_tile_matrix_set WHERE table_name = ${name}`,
  );
  const system = file.rowsOf(
    "gpkg_spatial_ref_sys",
    "SELECT organization_coordsys_id AS code FROM gpkg_spatial_ref_sys WHERE srs_id = " +
      `${Number(set?.srs_id ?? NaN) || 0}`,
  )[0]?.code;
  const other = (reason: string) =>
    new DataError(
      file.path,
      `its tiles (table ${table}) are not those of the slippy map: ${reason}; make a GeoTIFF of it, ` +
        `which can be imported: gdal_translate ${file.path} OUT.tif`,
    );
  if (set === undefined || !WEB_MERCATOR.includes(Number(system))) {
    throw other(`they are in EPSG:${system ?? "unknown"}, not EPSG:3857`);
  }
  const rows = file.rowsOf(
    "gpkg_tile_matrix",
    "SELECT zoom_level, tile_width, tile_height, pixel_x_size, pixel_y_size FROM gpkg_tile_matrix " +
      `WHERE table_name = ${name} LIMIT 100`,
  );
  const matrices = new Map<number, Matrix>();
  for (const row of rows) {
    const [level, width, height, sizeX, sizeY] = [
      row.zoom_level,
      row.tile_width,
      row.tile_height,
      row.pixel_x_size,
      row.pixel_y_size,
    ].map(Number);
    if (width !== 256 || height !== 256) throw other(`they have ${width}×${height} pixels`);
    const exact = Math.log2(2 * EARTH_HALF_M / 256 / sizeX);
    const zoom = Math.round(exact);
    const spanM = 2 * EARTH_HALF_M / 2 ** zoom;
    const x0 = (Number(set.min_x) + EARTH_HALF_M) / spanM;
    const y0 = (EARTH_HALF_M - Number(set.max_y)) / spanM;
    const isGrid = Math.abs(exact - zoom) < 1e-6 && Math.abs(sizeY / sizeX - 1) < 1e-6 &&
      zoom >= 0 && zoom <= ZOOM_MAX && [x0, y0].every((at) =>
        Math.abs(at - Math.round(at)) < GRID_ERROR
      );
    if (!isGrid) throw other(`zoom level ${level} has ${sizeX} m a pixel from a corner of its own`);
    matrices.set(level, { zoom, x0: Math.round(x0), y0: Math.round(y0) });
  }
  return matrices;
}
