/**
 * Types of tile export: writes tiles of the cache to one file or folder for other programs.
 *
 * @module
 */
import type { Bbox, TileMetadata } from "../../tile_contract/mod.ts";

/** Selects tiles of one source (for onboard_ingest, of one flight). */
export interface TileSelection {
  readonly source: string;
  readonly flightId?: string;
  /** Absent: every zoom. */
  readonly zoom?: number;
  /** Absent: everywhere. */
  readonly bbox?: Bbox;
}

type TileReference = Pick<TileMetadata, "tileId" | "contentSha256" | "diskBytes">;

/** The methods of a tile cache that the export needs. */
export interface ExportableTiles {
  /** Metadata of the selected tiles by zoom, y, x; streamed, never all in memory. */
  list(selection: TileSelection): AsyncIterable<TileMetadata>;
  /** The tile's bytes, verified against its hash. */
  readFile(tile: TileReference): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * The functions of the native library that the GeoTIFF export needs, passed by the composition
 * root.
 */
export interface TileDecoder {
  decodeJpeg(
    jpeg: Uint8Array<ArrayBuffer>,
    options: { readonly name: string; readonly denominator: 1 },
  ): Promise<{ readonly pixels: Uint8Array<ArrayBuffer> }>;
}

export interface ExportRequest {
  readonly selection: TileSelection;
  readonly out: string;
  /** Replace an existing output. */
  readonly force: boolean;
  /** Name of the map for people, stored in the file: "kyiv". */
  readonly name: string;
}

export interface ExportObserver {
  readonly progress?: (doneTiles: number) => void;
  readonly signal?: AbortSignal;
}

export interface ExportSummary {
  readonly tiles: number;
  /** Number of stored pictures, for formats that store equal ones once. */
  readonly pictures: number;
  readonly zooms: readonly number[];
  /** Size of the file or folder. */
  readonly bytes: number;
  readonly bounds: Bbox;
}
