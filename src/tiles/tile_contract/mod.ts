/**
 * What a tile is and what a tile store does (C6): contracts, records, identity, errors and the gates
 * that every implementation has in common. No database: both executables carry it.
 */
export * from "./contract.ts";
export * from "./errors.ts";
export * from "./identity.ts";
export { checkBbox, type TileRange, tileRange } from "./tile_range.ts";
export { checkNewTile, checkTileId, checkTileMetadata, JPEG_BYTES_MAX } from "./check_tile.ts";
export {
  admitted,
  asOf,
  checkFlightId,
  checkPage,
  checkPictures,
  GIVE_UP_FROM,
  newerCapture,
  refuseDuplicates,
  refusedVote,
} from "./rules.ts";
export { pixelHandle } from "./pixel_handle.ts";
export { sidecarBytes, sidecarContents, SIDECARS } from "./sidecars.ts";
export { WriteJournal } from "./write_journal.ts";
