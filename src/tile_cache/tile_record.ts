/**
 * A tile's metadata as columns, and back.
 *
 * @module
 */
import { tileBounds } from "../core/mod.ts";
import type { TileId, TileMetadata, TileMetadataPersistent } from "./contract.ts";
import { locationHash, tileUuid } from "./identity.ts";
import { sidecarBytes } from "./sidecars.ts";
import type { SqlRow } from "./sql/database.ts";

/** Columns that a writer gives, with their types. */
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

/** What {@link metadataOf} needs. */
export const COLUMNS = "zoom, x, y, tile_size_px, source, flight_id, source_gsd_m, captured_at, " +
  "coverage, attribution, content_sha256, disk_bytes, freshness_label, voting_status, quality";

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

export function metadataOf(row: SqlRow): TileMetadata {
  return {
    tileId: tileIdOf(row),
    tileSizePx: row.tile_size_px as 256,
    sourceGsdM: row.source_gsd_m as number,
    capturedAt: row.captured_at as Date | null,
    contentSha256: row.content_sha256 as string,
    // npm:pg gives 64-bit integers as text.
    diskBytes: Number(row.disk_bytes),
    coverage: row.coverage as number,
    attribution: row.attribution as string,
    ...(row.freshness_label === null ? {} : { freshnessLabel: row.freshness_label as string }),
    ...(row.voting_status === null ? {} : { votingStatus: row.voting_status as string }),
    ...(row.quality === null ? {} : { quality: row.quality as TileMetadata["quality"] }),
  };
}

/** What {@link persistentOf} needs. */
export const PERSISTENT_COLUMNS = `${COLUMNS}, tile_uuid, location_hash, latitude_deg, ` +
  "longitude_deg, created_at, accessed_at, uploaded_at, upload_attempts";

export function persistentOf(row: SqlRow): TileMetadataPersistent {
  return {
    ...metadataOf(row),
    tileUuid: row.tile_uuid as string,
    locationHash: row.location_hash as string,
    latitudeDeg: row.latitude_deg as number,
    longitudeDeg: row.longitude_deg as number,
    createdAt: row.created_at as Date,
    accessedAt: row.accessed_at as Date | null,
    uploadedAt: row.uploaded_at as Date | null,
    uploadAttempts: row.upload_attempts as number,
  };
}
