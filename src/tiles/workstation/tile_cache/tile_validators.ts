/**
 * Stores the HTTP ETags that providers gave with tiles.
 *
 * @module
 */
import { type TileId, tileUuid } from "../../tile_contract/mod.ts";
import { databaseFault, type SqlDatabase } from "./sql/database.ts";

interface TileValidator {
  readonly tileId: TileId;
  /** SHA-256 of the picture as the cache holds it. */
  readonly contentSha256: string;
  readonly etag: string;
}

/** The ETags that were found, by tile UUID. */
const IDS_PER_QUERY = 5000;

export class TileValidators {
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  /**
   * Stores them for `origin` (a hash of the provider's URL), replacing older ones. Tiles that the
   * cache does not hold with this content are ignored.
   *
   * @throws TileDatabaseError
   */
  async remember(origin: string, validators: readonly TileValidator[]): Promise<void> {
    // The last entry for a tile wins.
    const rows = new Map(validators.map(({ tileId, contentSha256, etag }) => {
      const uuid = tileUuid(tileId);
      return [uuid, { tile_uuid: uuid, content_sha256: contentSha256, etag }];
    }));
    if (rows.size === 0) return;
    await this.#query(
      "INSERT INTO tile_validators (tile_uuid, content_sha256, origin, etag) " +
        "SELECT v.tile_uuid, v.content_sha256, $1, v.etag FROM jsonb_to_recordset($2::text::jsonb) " +
        "AS v (tile_uuid uuid, content_sha256 text, etag text) JOIN tiles AS t " +
        "ON t.tile_uuid = v.tile_uuid AND t.content_sha256 = v.content_sha256 " +
        "ON CONFLICT (tile_uuid) DO UPDATE SET content_sha256 = EXCLUDED.content_sha256, " +
        "origin = EXCLUDED.origin, etag = EXCLUDED.etag",
      [origin, JSON.stringify([...rows.values()])],
    );
  }

  /** By tile UUID, for tiles whose content is still the one that the ETag was given for. */
  async of(origin: string, tileIds: readonly TileId[]): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (let at = 0; at < tileIds.length; at += IDS_PER_QUERY) {
      const uuids = tileIds.slice(at, at + IDS_PER_QUERY).map(tileUuid);
      const rows = await this.#query(
        "SELECT v.tile_uuid, v.etag FROM tile_validators AS v JOIN tiles AS t " +
          "ON t.tile_uuid = v.tile_uuid AND t.content_sha256 = v.content_sha256 " +
          "WHERE v.origin = $1 AND v.tile_uuid = ANY($2::text[]::uuid[])",
        [origin, uuids],
      );
      for (const row of rows) found.set(row.tile_uuid as string, row.etag as string);
    }
    return found;
  }

  async #query(text: string, parameters: readonly (string | readonly string[])[]) {
    try {
      return await this.#database.query(text, parameters);
    } catch (error) {
      throw databaseFault(error);
    }
  }
}
