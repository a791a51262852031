/**
 * A tile's metadata as the columns that a write sets; packed_row.ts reads them.
 *
 * @module
 */
import { tileBounds } from "../../../core/mod.ts";
import {
  locationHash,
  sidecarBytes,
  type TileId,
  type TileMetadata,
  tileUuid,
} from "../../tile_contract/mod.ts";
import type { SqlRow } from "./sql/database.ts";

/** The columns that a write sets, with their types. */
export const RECORD_COLUMNS = {
  zoom: "integer",
  x: "integer",
  y: "integer",
  tile_size_px: "integer",
  source: "text",
  flight_id: "uuid",
  latitude_deg: "double precision",
  longitude_deg: "double precision",
  source_gsd_m: "double precision",
  captured_at: "timestamptz",
  coverage: "double precision",
  attribution: "text",
  registration_error_m: "double precision",
  tile_uuid: "uuid",
  location_hash: "uuid",
  content_sha256: "text",
  disk_bytes: "bigint",
  sidecar_bytes: "bigint",
  freshness_label: "text",
  voting_status: "text",
  quality: "jsonb",
} as const;

export function recordOf(
  metadata: TileMetadata,
): Readonly<Record<keyof typeof RECORD_COLUMNS, unknown>> {
  const { tileId } = metadata;
  const bounds = tileBounds(tileId);
  return {
    zoom: tileId.zoom,
    x: tileId.x,
    y: tileId.y,
    tile_size_px: metadata.tileSizePx,
    source: tileId.source,
    flight_id: tileId.flightId ?? null,
    latitude_deg: (bounds.southDeg + bounds.northDeg) / 2,
    longitude_deg: (bounds.westDeg + bounds.eastDeg) / 2,
    source_gsd_m: metadata.sourceGsdM,
    captured_at: metadata.capturedAt?.toISOString() ?? null,
    coverage: metadata.coverage,
    attribution: metadata.attribution,
    registration_error_m: metadata.registrationErrorM ?? null,
    tile_uuid: tileUuid(tileId),
    location_hash: locationHash(tileId),
    content_sha256: metadata.contentSha256,
    disk_bytes: metadata.diskBytes,
    sidecar_bytes: sidecarBytes(metadata),
    freshness_label: metadata.freshnessLabel ?? null,
    voting_status: metadata.votingStatus ?? null,
    quality: metadata.quality ?? null,
  };
}

export function tileIdOf(row: SqlRow): TileId {
  const flightId = row.flight_id as string | null;
  return {
    zoom: row.zoom as number,
    x: row.x as number,
    y: row.y as number,
    source: row.source as string,
    ...(flightId === null ? {} : { flightId }),
  };
}
