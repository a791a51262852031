/** Tile import (operator only): imagery of any kind → slippy tiles in a tile store. */
export * from "./contract.ts";
export type { TileToolkit } from "./canvas.ts";
export { importTiles, importZoom } from "./import_tiles.ts";
export { openHeightFile } from "./height_file.ts";
export { centredReference, projectedReference } from "./projection/georeference.ts";
export { RasterImagery } from "./raster_imagery.ts";
export { openRaster, readRasterHeader } from "./raster_reader.ts";
export { type ImageryKind, openImagery } from "./open_imagery.ts";
export type { ArchiveSummary, TileArchive } from "./archives/contract.ts";
export { importArchive } from "./archives/import_archive.ts";
export { openArchive } from "./archives/open_archive.ts";
export { tileFromBytes } from "./archives/tile_bytes.ts";
