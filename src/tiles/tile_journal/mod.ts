/**
 * Tiles on the aircraft: those of its package, read-only, and those that it makes, in a journal.
 */
export { type JournalledTile, TileJournal } from "./journal.ts";
export { mergeJournal, type MergeReport, type MergeTarget } from "./merge.ts";
export { buildPackageTileStore, PackageTileStore } from "./package_tile_store.ts";
