/**
 * Archives: tiles that somebody has cut already, taken over one by one.
 *
 * @module
 */
import type { SlippyTile } from "../../../../core/mod.ts";
import type { ImportSummary } from "../contract.ts";

export type ArchiveKind = "mbtiles" | "pmtiles" | "tile_folder";

/** A tile as it stands in an archive, its bytes not yet judged. */
export interface ArchiveTile {
  /** For messages: "map.mbtiles, tile 14/8800/5373". */
  readonly name: string;
  readonly tile: SlippyTile;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An entry that makes no tile; the others go on. */
export interface RefusedTile {
  readonly name: string;
  readonly reason: string;
}

export interface TileArchive extends AsyncDisposable {
  readonly kind: ArchiveKind;
  /** Entries that `tiles` will give, for a progress bar. */
  readonly total: number;
  /** What the archive says about the rights to it; empty where it says nothing. */
  readonly attribution: string;
  /** When the oldest ground in it was seen, where the archive says so (our own exports do). */
  readonly capturedAt: Date | null;
  /** Every entry, one after the other; what is not held by the caller is forgotten. */
  tiles(): AsyncIterable<ArchiveTile | RefusedTile>;
}

export interface ArchiveSummary {
  /** Zooms that tiles were taken from, rising. */
  readonly zooms: readonly number[];
  readonly source: string;
  readonly written: number;
  /** Tiles that were there already and were left as they are. */
  readonly kept: number;
  /** Tiles without a pixel (transparent ones). */
  readonly empty: number;
  /** Of the written tiles: those that the imagery does not fill. */
  readonly partial: number;
  /** Entries that make no tile. */
  readonly refused: number;
  /** The first of them. */
  readonly refusals: readonly RefusedTile[];
  readonly bytes: number;
  readonly bounds: ImportSummary["bounds"];
}

export function isRefused(item: ArchiveTile | RefusedTile): item is RefusedTile {
  return "reason" in item;
}
