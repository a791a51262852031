/**
 * Interfaces of tile stores (C6): TileStore, TileMetadataStore and their parameters. Version 1.3.0;
 * semantic versioning (readers tolerate fields and labels that they do not know). Documents:
 * contracts/tile_store.md, contracts/tile_metadata_store.md.
 *
 * The descriptor index, which airborne searches without a database, is a component of its own
 * (../../navigation/descriptor_index); its types are exported here as well.
 *
 * @module
 */
import type { Clock, MonotonicNs } from "../../core/mod.ts";
import type { FdrPayload } from "../../flight/flight_recorder/mod.ts";
import type {
  Bbox,
  FreshnessLabel,
  LruCandidate,
  NewTile,
  StoredTile,
  TileId,
  TileMetadata,
  TileMetadataPersistent,
  VotingStatus,
} from "./dto.ts";

export * from "./dto.ts";

/** Bytes of one tile, the caller's own copy; released by `using`. */
export interface TilePixelHandle extends Disposable {
  readonly jpeg: Uint8Array<ArrayBuffer>;
}

export interface WriteOptions {
  /**
   * What happens to a tile that exists already: `refuse` (throws, the default) or `keep` (left
   * unchanged).
   */
  readonly existing?: "refuse" | "keep";
}

export interface WriteSummary {
  readonly written: number;
  /** Tiles that existed and were left unchanged. */
  readonly kept: number;
}

export interface TileStore {
  /**
   * Adds one tile: row and files, both or neither.
   *
   * @throws TileMetadataError for invalid metadata or bytes, and when the key exists.
   * @throws ContentHashMismatchError when the bytes do not match the metadata.
   * @throws FreshnessRejectionError when a freshness gate is configured and refuses the tile.
   * @throws TileFsError | TileDatabaseError
   */
  writeTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void>;
  /** Like `writeTile` for many in one transaction: all or none; much faster than one by one. */
  writeTiles(tiles: readonly NewTile[], options?: WriteOptions): Promise<WriteSummary>;
  /**
   * Replaces row and files of an existing tile by those of a newer capture, atomically: a reader
   * gets the old tile or the new one, also after a crash.
   *
   * @throws TileNotFoundError when there is none; TileMetadataError when the capture is not newer.
   * @throws what `writeTile` throws for the new one; then the old one is unchanged.
   */
  renewTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void>;
  /** @throws TileNotFoundError | ContentHashMismatchError | TileFsError */
  readTilePixels(tileId: TileId): Promise<TilePixelHandle>;
  tileExists(tileId: TileId): Promise<boolean>;
  /** @throws TileNotFoundError */
  deleteTile(tileId: TileId): Promise<void>;
  /** Every tile that touches the box, north to south and west to east, with verified bytes. */
  tilesInArea(bbox: Bbox, zoom: number): AsyncIterable<StoredTile>;
}

export interface TileMetadataStore {
  /**
   * Creates the row of a tile whose files are in place already (restored, or copied there).
   *
   * @throws TileFsError | ContentHashMismatchError when the files are damaged, TileMetadataError
   * when the key exists.
   */
  insertMetadata(metadata: TileMetadata): Promise<void>;
  getById(tileId: TileId): Promise<TileMetadataPersistent | null>;
  /**
   * Tiles that touch the box, ordered by y, x and source. With `at`, and when a freshness gate is
   * configured, as of that time: tiles of a conflict sector that are too old are left out, other
   * old ones are labelled.
   *
   * @throws TileMetadataError for an invalid box.
   */
  queryByBbox(bbox: Bbox, zoom: number, at?: Date): Promise<readonly TileMetadata[]>;
  /**
   * Tiles with `source = onboard_ingest` and `votingStatus = pending` that are not uploaded; null:
   * of all flights.
   */
  pendingUploads(flightId: string | null): Promise<readonly TileMetadataPersistent[]>;
  /** The first time is kept. @throws TileNotFoundError */
  markUploaded(tileId: TileId): Promise<void>;
  /**
   * Forward only: `pending | trusted → upload_giveup`; other statuses come with the provider's
   * tiles and are never set here. Setting the current status again changes nothing.
   *
   * @throws TileMetadataError for every other change; TileNotFoundError
   */
  updateVotingStatus(tileId: TileId, status: VotingStatus): Promise<void>;
  /**
   * Adds one, counted by the database; returns the new number. Since 1.3.
   *
   * @throws NotImplementedError in older and read-only implementations; TileNotFoundError
   */
  incrementUploadAttempts(tileId: TileId): Promise<number>;
  /** Notes a read, for the eviction order; written later, in batches. Unknown tiles are ignored. */
  recordLruAccess(tileId: TileId, at: Date): Promise<void>;
  /**
   * Least recently used first (never read: by time of writing); no pending uploads, no pinned
   * tiles.
   */
  lruCandidates(limit: number): Promise<readonly LruCandidate[]>;
  /** Of all files of all tiles: pictures with their sidecars. */
  totalDiskBytes(): Promise<number>;
}

/** For listing: pages through all tiles, and totals. */
export interface TileCatalogue {
  /** In the order of their tile UUIDs, beginning after `after`; at most `limit`. */
  listTiles(page: TilePage): Promise<readonly TileMetadataPersistent[]>;
  statistics(): Promise<readonly TileStatistics[]>;
}

export interface TilePage {
  readonly limit: number;
  /** Tile UUID of the last tile of the previous page. */
  readonly after?: string;
  readonly source?: string;
  readonly zoom?: number;
}

/** Totals of one source, zoom, freshness label and voting status. */
export interface TileStatistics {
  readonly source: string;
  readonly zoom: number;
  readonly freshnessLabel: string | null;
  readonly votingStatus: string | null;
  readonly tiles: number;
  /** Of all their files. */
  readonly diskBytes: number;
}

/** Decides how old a tile may be where it lies; implemented by SqlFreshnessGate of freshness/. */
export interface WriteFreshnessGate {
  /**
   * The label of a tile that is being written.
   *
   * @throws FreshnessRejectionError
   */
  admit(tile: TileMetadata): FreshnessLabel;
  /**
   * The same for any moment and without throwing; a tile that is `rejected` then must not be used.
   */
  judgeAt(tile: TileMetadata, at: Date): { readonly outcome: FreshnessLabel };
}

type TileRecordKind = "c6.write" | "c6.write_failed";

/** The part of the flight recorder's FdrSink that is used here. */
export interface TileRecordSink {
  enqueue<K extends TileRecordKind>(record: {
    readonly kind: K;
    readonly timestampNs: MonotonicNs;
    readonly payload: FdrPayload<K>;
  }): unknown;
}

/** Optional parts of a store; without them nothing is judged, timed or recorded. */
export interface TileStoreCollaborators {
  readonly freshnessGate?: WriteFreshnessGate;
  /** Clock for times of use (none without it), of uploads and of records. */
  readonly clock?: Clock;
  /** Needs the clock. */
  readonly fdr?: TileRecordSink;
  /**
   * Decodes a picture completely, and throws for one that is damaged inside, which its markers do
   * not show. Without it, pictures are checked by structure and hash.
   */
  readonly decodePicture?: (jpeg: Uint8Array<ArrayBuffer>, name: string) => Promise<unknown>;
}
