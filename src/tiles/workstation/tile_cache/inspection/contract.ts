/**
 * Types of the inspection of a tile cache: what is in it, where it is, and whether it is undamaged.
 *
 * @module
 */
import type { Bbox, TileId, TileMetadataPersistent } from "../../../tile_contract/mod.ts";

/** A field that is absent selects everything. */
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
  /** Of the pictures, without their sidecars. */
  readonly jpegBytes: number;
  readonly xMin: number;
  readonly xMax: number;
  readonly yMin: number;
  readonly yMax: number;
}

/** A tile as it is listed. */
export interface ListedTile extends TileMetadataPersistent {
  /** Missions that have pinned it. */
  readonly pins: number;
}

export interface SourceStatistics {
  readonly source: string;
  readonly zoom: number;
  readonly tiles: number;
  /** Pictures and sidecars. */
  readonly diskBytes: number;
}

export interface CacheStatistics {
  readonly tiles: number;
  readonly diskBytes: number;
  readonly bySourceAndZoom: readonly SourceStatistics[];
  /** Tiles by freshness label; "unjudged" for those without one. */
  readonly byFreshness: Readonly<Record<string, number>>;
  readonly pendingUploads: number;
  readonly pinnedTiles: number;
  readonly pinnedBytes: number;
  /** Bytes of tiles that may be evicted. */
  readonly evictableBytes: number;
  readonly capturedOldest: Date | null;
  readonly capturedNewest: Date | null;
  /** Tiles whose capture date is unknown. */
  readonly undatedTiles: number;
  /** Reserved for writers, and of tiles that are being deleted. */
  readonly reservedBytes: number;
  /** The total of the disk budget's accounting; equals `diskBytes` while no process writes. */
  readonly countedBytes: number;
}

export type TileFaultKind =
  /** A row from a version without tile UUIDs and hashes. */
  | "no_identity"
  | "missing_file"
  | "link"
  | "wrong_size"
  | "wrong_hash"
  | "undecodable"
  | "missing_sidecar"
  /** A file below tiles/ that belongs to no row. */
  | "orphan_file"
  /** A temporary file of a process that did not end well. */
  | "temporary_file"
  | "accounting";

export interface TileFault {
  readonly kind: TileFaultKind;
  /** Tile, or path relative to the data folder. */
  readonly subject: string;
  readonly detail: string;
  readonly repaired: boolean;
}

export interface VerifyOptions {
  /** Sizes only: no hash, no decoding. */
  readonly quick: boolean;
  readonly repair: boolean;
  /** Throws when the bytes are not a complete picture. */
  readonly decode?: (jpeg: Uint8Array<ArrayBuffer>, name: string) => Promise<unknown>;
  /** Rows up to this tile were verified before: continue behind it. */
  readonly after?: ListedTile;
  /** Called after each page of rows with the tile from which a later run can continue. */
  readonly onPage?: (last: ListedTile) => void;
  /** Files without a row that are younger than this may belong to a writer and are ignored. */
  readonly youngerThanMs: number;
  readonly onFault?: (fault: TileFault) => void;
  readonly progress?: (done: number, note: string) => void;
  readonly signal?: AbortSignal;
}

export interface VerifyReport {
  readonly tiles: number;
  /** Of them, those with a damaged picture. */
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
