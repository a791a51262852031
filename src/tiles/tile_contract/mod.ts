/**
 * The contract of tile stores (C6): interfaces, records, identity, errors and the checks that every
 * implementation shares. No database: both executables carry it.
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
export { coverageMaskOf, withCoverageMask } from "./coverage_mask.ts";
export { pixelHandle } from "./pixel_handle.ts";
export { sidecarBytes, sidecarContents, SIDECARS } from "./sidecars.ts";
export { WriteJournal } from "./write_journal.ts";
