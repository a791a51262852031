/**
 * C6 tile cache: TileStore, TileMetadataStore and what they take. Version 1.3.0; semver as the
 * specification has it (readers tolerate fields and words that they do not know). The documents that
 * go with it: contracts/tile_store.md, contracts/tile_metadata_store.md.
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
  /** What a tile that exists already does: `refuse` (throws, the default) or `keep` (left alone). */
  readonly existing?: "refuse" | "keep";
}

export interface WriteSummary {
  readonly written: number;
  /** Tiles that existed and stay as they were. */
  readonly kept: number;
}

export interface TileStore {
  /**
   * Adds one tile: row and files, both or neither.
   *
   * @throws TileMetadataError on metadata or bytes that make no tile, and when the key exists.
   * @throws ContentHashMismatchError when the bytes are not those of the metadata.
   * @throws FreshnessRejectionError where a freshness gate is wired and refuses the tile.
   * @throws TileFsError | TileDatabaseError
   */
  writeTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void>;
  /** As `writeTile` for many in one transaction: all or none; much faster than one by one. */
  writeTiles(tiles: readonly NewTile[], options?: WriteOptions): Promise<WriteSummary>;
  /**
   * Swaps row and files of a tile that exists for those of a newer capture, together: whoever reads
   * gets the old tile or the new one, also after a crash.
   *
   * @throws TileNotFoundError when there is none; TileMetadataError when the capture is not newer.
   * @throws what `writeTile` throws for the new one; the old stays as it was then.
   */
  renewTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void>;
  /** @throws TileNotFoundError | ContentHashMismatchError | TileFsError */
  readTilePixels(tileId: TileId): Promise<TilePixelHandle>;
  tileExists(tileId: TileId): Promise<boolean>;
  /** @throws TileNotFoundError */
  deleteTile(tileId: TileId): Promise<void>;
  /** Every tile that touches the box, north to south and west to east, with bytes that were checked. */
  tilesInArea(bbox: Bbox, zoom: number): AsyncIterable<StoredTile>;
}

export interface TileMetadataStore {
  /**
   * Makes the row of a tile whose files are in place already (they came back, or were put there).
   *
   * @throws TileFsError | ContentHashMismatchError when the files are not whole, TileMetadataError
   * when the key exists.
   */
  insertMetadata(metadata: TileMetadata): Promise<void>;
  getById(tileId: TileId): Promise<TileMetadataPersistent | null>;
  /**
   * Tiles that touch the box, ordered by y, x and source. With `at`, and where a freshness gate is
   * wired, as of that time: too old tiles of a conflict sector are left out, other old ones are
   * labelled.
   *
   * @throws TileMetadataError on a wrong box.
   */
  queryByBbox(bbox: Bbox, zoom: number, at?: Date): Promise<readonly TileMetadata[]>;
  /** Exactly: `source = onboard_ingest`, `votingStatus = pending`, not uploaded; null: of all flights. */
  pendingUploads(flightId: string | null): Promise<readonly TileMetadataPersistent[]>;
  /** The first time counts. @throws TileNotFoundError */
  markUploaded(tileId: TileId): Promise<void>;
  /**
   * Forward only: `pending | trusted → upload_giveup`; the words of trust come with the provider's
   * tiles and are never set here. The status that it has already is no change.
   *
   * @throws TileMetadataError for every other change; TileNotFoundError
   */
  updateVotingStatus(tileId: TileId, status: VotingStatus): Promise<void>;
  /**
   * One more, counted by the database; returns how many there are now. Since 1.3.
   *
   * @throws NotImplementedError in older and read-only implementations; TileNotFoundError
   */
  incrementUploadAttempts(tileId: TileId): Promise<number>;
  /** Notes a read, for the eviction order; written in batches, later. Unknown tiles are ignored. */
  recordLruAccess(tileId: TileId, at: Date): Promise<void>;
  /**
   * Least recently used first (never read: since it was written); no pending uploads, no pinned
   * tiles.
   */
  lruCandidates(limit: number): Promise<readonly LruCandidate[]>;
  /** Of all files of all tiles: pictures with their sidecars. */
  totalDiskBytes(): Promise<number>;
}

/** What a person looks at: paging through everything, and totals. */
export interface TileCatalogue {
  /** In the order of their tile UUIDs, beginning after `after`; at most `limit`. */
  listTiles(page: TilePage): Promise<readonly TileMetadataPersistent[]>;
  statistics(): Promise<readonly TileStatistics[]>;
}

export interface TilePage {
  readonly limit: number;
  /** Tile UUID of the last tile of the page before. */
  readonly after?: string;
  readonly source?: string;
  readonly zoom?: number;
}

/** Of the tiles of one source, zoom, freshness label and voting status. */
export interface TileStatistics {
  readonly source: string;
  readonly zoom: number;
  readonly freshnessLabel: string | null;
  readonly votingStatus: string | null;
  readonly tiles: number;
  /** Of all their files. */
  readonly diskBytes: number;
}

/** Decides how old a tile may be where it lies; SqlFreshnessGate of freshness/ is one. */
export interface WriteFreshnessGate {
  /**
   * The label of a tile that is written now.
   *
   * @throws FreshnessRejectionError
   */
  admit(tile: TileMetadata): FreshnessLabel;
  /** The same at any moment and without throwing; a tile that is `rejected` then must not be used. */
  judgeAt(tile: TileMetadata, at: Date): { readonly outcome: FreshnessLabel };
}

type TileRecordKind = "c6.write" | "c6.write_failed";

/** The flight recorder's FdrSink, as far as it is used here. */
export interface TileRecordSink {
  enqueue<K extends TileRecordKind>(record: {
    readonly kind: K;
    readonly timestampNs: MonotonicNs;
    readonly payload: FdrPayload<K>;
  }): unknown;
}

/** Whoever composes may add them; without them nothing is judged, stamped or recorded. */
export interface TileStoreCollaborators {
  readonly freshnessGate?: WriteFreshnessGate;
  /** Time of LRU stamps (none without it), of uploads and of records. */
  readonly clock?: Clock;
  /** Needs the clock. */
  readonly fdr?: TileRecordSink;
  /**
   * Decodes a picture to its end, and throws for one that is damaged inside: markers alone do not
   * show it. Without it, pictures are taken by their structure and hash.
   */
  readonly decodePicture?: (jpeg: Uint8Array<ArrayBuffer>, name: string) => Promise<unknown>;
}
