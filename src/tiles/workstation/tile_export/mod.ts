/** Tile export (operator only): tiles of the cache → MBTiles, PMTiles, GeoTIFF/COG, {z}/{x}/{y}. */
export * from "./contract.ts";
export { exportFolder } from "./export_folder.ts";
export { exportMbtiles } from "./export_mbtiles.ts";
export { exportGeotiff, PLACES_MAX } from "./geotiff/export_geotiff.ts";
export type { MosaicRange } from "./geotiff/pyramid.ts";
export { exportPmtiles } from "./pmtiles/export_pmtiles.ts";
