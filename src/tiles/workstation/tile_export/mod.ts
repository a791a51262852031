/**
 * Tile export (operator only): writes tiles of the cache as MBTiles, PMTiles, GeoTIFF/COG or a
 * {z}/{x}/{y} folder.
 */
export * from "./contract.ts";
export { exportFolder } from "./export_folder.ts";
export { exportMbtiles } from "./export_mbtiles.ts";
export { exportGeotiff } from "./geotiff/export_geotiff.ts";
export type { MosaicRange } from "./geotiff/pyramid.ts";
export { exportPmtiles } from "./pmtiles/export_pmtiles.ts";
