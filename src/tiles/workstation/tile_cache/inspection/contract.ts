/**
 * What a person asks of a tile cache: what is in it, where it is, whether it is whole.
 *
 * @module
 */
import type { Bbox, TileId, TileMetadataPersistent } from "../../../tile_contract/mod.ts";

/** Absent words choose everything. */
export interface TileFilter {
  readonly source?: string;
  readonly flightId?: string;
  readonly zoom?: number;
  readonly bbox?: Bbox;
}

/** Tiles of one source, flight and zoom. */
export interface TileGroup {
  readonly source: string;
  readonly flightId: string | null;
  readonly zoom: number;
  readonly tiles: number;
  /** Of the pictures, without what lies beside them. */
  readonly jpegBytes: number;
  readonly xMin: number;
  readonly xMax: number;
  readonly yMin: number;
  readonly yMax: number;
}

/** A tile as it is listed. */
export interface ListedTile extends TileMetadataPersistent {
  /** Missions that hold it. */
  readonly pins: number;
}

export interface SourceStatistics {
  readonly source: string;
  readonly zoom: number;
  readonly tiles: number;
  /** Pictures and what lies beside them. */
  readonly diskBytes: number;
}

export interface CacheStatistics {
  readonly tiles: number;
  readonly diskBytes: number;
  readonly bySourceAndZoom: readonly SourceStatistics[];
  /** Tiles by the word that they were judged with; "unjudged" for those without one. */
  readonly byFreshness: Readonly<Record<string, number>>;
  readonly pendingUploads: number;
  readonly pinnedTiles: number;
  readonly pinnedBytes: number;
  /** Bytes of tiles that may be put out. */
  readonly evictableBytes: number;
  readonly capturedOldest: Date | null;
  readonly capturedNewest: Date | null;
  /** Tiles whose capture nobody knows. */
  readonly undatedTiles: number;
  /** Promised to writers, and of tiles on their way out. */
  readonly reservedBytes: number;
  /** What the books of the disk budget say; equal to `diskBytes` while nobody writes. */
  readonly countedBytes: number;
}

export type TileFaultKind =
  /** A row of before identities and hashes. */
  | "no_identity"
  | "missing_file"
  | "link"
  | "wrong_size"
  | "wrong_hash"
  | "undecodable"
  | "missing_sidecar"
  /** A file below tiles/ that belongs to no row. */
  | "orphan_file"
  /** Half-written, from a process that ended badly. */
  | "temporary_file"
  | "accounting";

export interface TileFault {
  readonly kind: TileFaultKind;
  /** Tile, or path below the data folder. */
  readonly subject: string;
  readonly detail: string;
  readonly repaired: boolean;
}

export interface VerifyOptions {
  /** Sizes only: no hash, no decoding. */
  readonly quick: boolean;
  readonly repair: boolean;
  /** Throws when the bytes are no whole picture. */
  readonly decode?: (jpeg: Uint8Array<ArrayBuffer>, name: string) => Promise<unknown>;
  /** Rows up to this tile were looked at before: goes on behind it. */
  readonly after?: ListedTile;
  /** Told after each page of rows: from there a later run can go on. */
  readonly onPage?: (last: ListedTile) => void;
  /** Files without a row that are younger may be a writer's: they are left alone. */
  readonly youngerThanMs: number;
  readonly onFault?: (fault: TileFault) => void;
  readonly progress?: (done: number, note: string) => void;
  readonly signal?: AbortSignal;
}

export interface VerifyReport {
  readonly tiles: number;
  /** Of them, those whose picture is not whole. */
  readonly brokenTiles: number;
  readonly files: number;
  readonly faults: number;
  readonly repaired: number;
  readonly byKind: Readonly<Partial<Record<TileFaultKind, number>>>;
  /** Files without a row that were too young to be judged. */
  readonly young: number;
  readonly diskBytes: number;
}

export interface TidyReport {
  readonly temporaryFiles: number;
  readonly orphanFiles: number;
  readonly bytes: number;
}

export type TileName = { readonly uuid: string } | { readonly tileId: TileId };
