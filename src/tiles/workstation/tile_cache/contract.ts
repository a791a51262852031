/** The contracts live in a component of their own, which airborne carries without the database. */
export type * from "../../tile_contract/mod.ts";
export {
  BboxSchema,
  FRESHNESS_LABELS,
  SECTOR_CLASSIFICATIONS,
  SectorBoundarySchema,
  TILE_SOURCES,
  TileIdSchema,
  TileMetadataSchema,
  TileQualityMetadataSchema,
  VOTING_STATUSES,
} from "../../tile_contract/mod.ts";
