/**
 * Tile export: tiles of the cache → one file or folder that other programs open.
 *
 * @module
 */
import type { Bbox, TileMetadata } from "../../tile_contract/mod.ts";

/** Tiles of one source (and of one flight, where it is onboard_ingest). */
export interface TileSelection {
  readonly source: string;
  readonly flightId?: string;
  /** Absent: every zoom. */
  readonly zoom?: number;
  /** Absent: everywhere. */
  readonly bbox?: Bbox;
}

export type TileReference = Pick<TileMetadata, "tileId" | "contentSha256" | "diskBytes">;

/** What the export needs of a tile cache. */
export interface ExportableTiles {
  /** Metadata of the selected tiles by zoom, y, x; never all of them in memory. */
  list(selection: TileSelection): AsyncIterable<TileMetadata>;
  /** The tile's bytes, held against its hash. */
  readFile(tile: TileReference): Promise<Uint8Array<ArrayBuffer>>;
}

/** What the GeoTIFF export needs of the native library, given by the composition root. */
export interface TileDecoder {
  decodeJpeg(
    jpeg: Uint8Array<ArrayBuffer>,
    options: { readonly name: string; readonly denominator: 1 },
  ): Promise<{ readonly pixels: Uint8Array<ArrayBuffer> }>;
}

export interface ExportRequest {
  readonly selection: TileSelection;
  readonly out: string;
  /** Replaces what stands at `out`. */
  readonly force: boolean;
  /** For people, in the file: "kyiv", say. */
  readonly name: string;
}

export interface ExportObserver {
  readonly progress?: (doneTiles: number) => void;
  readonly signal?: AbortSignal;
}

export interface ExportSummary {
  readonly tiles: number;
  /** Pictures that are stored, where the format stores equal ones once. */
  readonly pictures: number;
  readonly zooms: readonly number[];
  /** Of the file or folder. */
  readonly bytes: number;
  readonly bounds: Bbox;
}
