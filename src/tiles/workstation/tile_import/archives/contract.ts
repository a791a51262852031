/**
 * Interface of archives: files and folders of tiles that are cut already.
 *
 * @module
 */
import type { SlippyTile } from "../../../../core/mod.ts";
import type { ImportSummary, RefusedTile } from "../contract.ts";

type ArchiveKind = "mbtiles" | "geopackage" | "pmtiles" | "tile_folder";

/** A tile as stored in an archive, not checked yet. */
export interface ArchiveTile {
  /** For messages: "map.mbtiles, tile 14/8800/5373". */
  readonly name: string;
  readonly tile: SlippyTile;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface TileArchive extends AsyncDisposable {
  readonly kind: ArchiveKind;
  /** Number of entries that `tiles` will yield, for a progress bar. */
  readonly total: number;
  /** The attribution that the archive states; empty when it states none. */
  readonly attribution: string;
  /** Date of the oldest picture in it, when the archive states one (our own exports do). */
  readonly capturedAt: Date | null;
  /** By how much the datum of its imagery may shift it, metres, as our own exports state; else 0. */
  readonly registrationErrorM: number;
  /** Yields every entry in turn and keeps none of them. */
  tiles(): AsyncIterable<ArchiveTile | RefusedTile>;
}

export interface ArchiveSummary {
  /** Zooms of the imported tiles, ascending. */
  readonly zooms: readonly number[];
  readonly source: string;
  readonly written: number;
  /** Tiles that existed already and were left unchanged. */
  readonly kept: number;
  /** Tiles without a visible pixel (fully transparent). */
  readonly empty: number;
  /** Number of written tiles that the imagery covers only partly. */
  readonly partial: number;
  /** Entries that are not tiles. */
  readonly refused: number;
  /** The first of them. */
  readonly refusals: readonly RefusedTile[];
  readonly bytes: number;
  readonly bounds: ImportSummary["bounds"];
}

export function isRefused(item: ArchiveTile | RefusedTile): item is RefusedTile {
  return "reason" in item;
}
