/**
 * C6 tile cache: TileStore, TileMetadataStore and their DTOs. Version 1.0.0; semver as the
 * specification has it (readers tolerate fields and words that they do not know).
 *
 * The descriptor index, which airborne searches without a database, is a component of its own
 * (../descriptor_index); its types are exported here as well.
 *
 * @module
 */
import { z } from "zod";

export type {
  DescriptorHit,
  DescriptorIndex,
  HnswParams,
  IndexMetadata,
} from "../descriptor_index/mod.ts";

export const TILE_SOURCES = [
  "googlemaps",
  "bing",
  "esri",
  "osm",
  "sentinel",
  "local_import",
  "photographs",
  "simulation",
  "onboard_ingest",
] as const; // deno-fmt-ignore

export const TileIdSchema = z.strictObject({
  zoom: z.int().min(0).max(22),
  x: z.int().min(0),
  y: z.int().min(0),
  source: z.string().regex(/^[a-z0-9_]{1,40}$/),
  /** UUID; only tiles made in flight have one. */
  flightId: z.uuid().transform((id) => id.toLowerCase()).optional(),
}).refine((id) => id.x < 2 ** id.zoom && id.y < 2 ** id.zoom, "x and y must exist at the zoom level")
  .refine(
    (id) => (id.flightId !== undefined) === (id.source === "onboard_ingest"),
    "onboard_ingest tiles, and only those, have a flightId",
  );
export type TileId = Readonly<z.infer<typeof TileIdSchema>>;

export const TileMetadataSchema = z.strictObject({
  tileId: TileIdSchema,
  tileSizePx: z.literal(256),
  /** Metres per pixel of the imagery the tile was made from. */
  sourceGsdM: z.number().positive(),
  /** When the ground looked like this; null when nobody knows (counts as stale). */
  capturedAt: z.date().nullable(),
  contentSha256: z.string().regex(/^[0-9a-f]{64}$/),
  diskBytes: z.int().positive(),
  /** 0…1: how much of the tile the imagery covers. */
  coverage: z.number().min(0).max(1),
  attribution: z.string().max(1000).default(""),
});
export type TileMetadata = Readonly<z.infer<typeof TileMetadataSchema>>;

/** Degrees; west > east crosses the antimeridian. */
export interface Bbox {
  readonly southDeg: number;
  readonly westDeg: number;
  readonly northDeg: number;
  readonly eastDeg: number;
}

/** Bytes of one tile, the caller's own copy; released by `using`. */
export interface TilePixelHandle extends Disposable {
  readonly jpeg: Uint8Array<ArrayBuffer>;
}

/** A tile on its way into the cache. */
export interface NewTile {
  readonly metadata: TileMetadata;
  readonly jpeg: Uint8Array;
}

/** A tile with its bytes, read and held against its hash. */
export interface StoredTile {
  readonly metadata: TileMetadata;
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
   * @throws TileFsError | TileDatabaseError
   */
  writeTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void>;
  /** As `writeTile` for many in one transaction: all or none; much faster than one by one. */
  writeTiles(tiles: readonly NewTile[], options?: WriteOptions): Promise<WriteSummary>;
  /** @throws TileNotFoundError | ContentHashMismatchError | TileFsError */
  readTilePixels(tileId: TileId): Promise<TilePixelHandle>;
  tileExists(tileId: TileId): Promise<boolean>;
  /** @throws TileNotFoundError */
  deleteTile(tileId: TileId): Promise<void>;
  /** Every tile that touches the box, north to south and west to east, with bytes that were checked. */
  tilesInArea(bbox: Bbox, zoom: number): AsyncIterable<StoredTile>;
}

export interface TileMetadataStore {
  getById(tileId: TileId): Promise<TileMetadata | null>;
  /** Tiles that touch the box, ordered by y, x and source. @throws TileMetadataError on a wrong box. */
  queryByBbox(bbox: Bbox, zoom: number): Promise<readonly TileMetadata[]>;
  totalDiskBytes(): Promise<number>;
}
