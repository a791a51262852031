/**
 * Uploads and votes in the rows of tiles.
 *
 * @module
 */
import {
  type TileId,
  type TileMetadataPersistent,
  tileUuid,
  type VotingStatus,
} from "../../tile_contract/mod.ts";
import type { SqlSession } from "./sql/database.ts";
import { IDENTIFIED, PERSISTENT_COLUMNS, persistentOf } from "./packed_row.ts";

export async function selectPendingUploads(
  sql: SqlSession,
  flightId: string | null,
): Promise<readonly TileMetadataPersistent[]> {
  const rows = await sql.query(
    `SELECT ${PERSISTENT_COLUMNS} FROM tiles WHERE source = 'onboard_ingest' ` +
      "AND voting_status = 'pending' AND uploaded_at IS NULL " +
      `AND ($1::uuid IS NULL OR flight_id = $1) AND ${IDENTIFIED} ORDER BY flight_id, id`,
    [flightId],
  );
  return rows.map(persistentOf);
}

/**
 * False when there is no such row. Without a time, the database's clock is used; a time that is set
 * already stays.
 */
export async function stampUploaded(
  sql: SqlSession,
  id: TileId,
  at: Date | null,
): Promise<boolean> {
  const rows = await sql.query(
    "UPDATE tiles SET uploaded_at = COALESCE(uploaded_at, $2::timestamptz, now()) " +
      "WHERE tile_uuid = $1 RETURNING id",
    [tileUuid(id), at?.toISOString() ?? null],
  );
  return rows.length > 0;
}

/**
 * Returns the new status; sets `status` only where the current one is among `from`; null when there
 * is no row.
 */
export async function moveVotingStatus(
  sql: SqlSession,
  id: TileId,
  change: { readonly from: readonly VotingStatus[]; readonly to: VotingStatus },
): Promise<{ readonly moved: boolean; readonly status: string | null } | null> {
  const moved = await sql.query(
    "UPDATE tiles SET voting_status = $2 WHERE tile_uuid = $1 " +
      "AND voting_status = ANY ($3::text[]) RETURNING id",
    [tileUuid(id), change.to, change.from],
  );
  if (moved.length > 0) return { moved: true, status: change.to };
  const [row] = await sql.query("SELECT voting_status FROM tiles WHERE tile_uuid = $1", [
    tileUuid(id),
  ]);
  return row === undefined ? null : { moved: false, status: row.voting_status as string | null };
}

/**
 * Incremented in the database, so that concurrent calls lose no attempt; null when there is no row.
 */
export async function countUploadAttempt(sql: SqlSession, id: TileId): Promise<number | null> {
  const [row] = await sql.query(
    "UPDATE tiles SET upload_attempts = upload_attempts + 1 WHERE tile_uuid = $1 " +
      "RETURNING upload_attempts",
    [tileUuid(id)],
  );
  return row === undefined ? null : row.upload_attempts as number;
}
