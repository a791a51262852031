/**
 * C6 tile cache: TileStore, TileMetadataStore, DescriptorIndex and their DTOs.
 * Behaviour is fixed by the specification of the tile cache; this is the first version.
 *
 * @module
 */
import { z } from "zod";

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
  flightId: z.uuid().optional(),
}).refine((id) => id.x < 2 ** id.zoom && id.y < 2 ** id.zoom, "x and y must exist at the zoom level");
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

export interface Bbox {
  readonly southDeg: number;
  readonly westDeg: number;
  readonly northDeg: number;
  readonly eastDeg: number;
}

/** Bytes of one tile; released by `using`. */
export interface TilePixelHandle extends Disposable {
  readonly jpeg: Uint8Array<ArrayBuffer>;
}

export interface TileStore {
  writeTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void>;
  readTilePixels(tileId: TileId): Promise<TilePixelHandle>;
  tileExists(tileId: TileId): Promise<boolean>;
  deleteTile(tileId: TileId): Promise<void>;
}

export interface TileMetadataStore {
  getById(tileId: TileId): Promise<TileMetadata | null>;
  queryByBbox(bbox: Bbox, zoom: number): Promise<readonly TileMetadata[]>;
  totalDiskBytes(): Promise<number>;
}

export interface HnswParams {
  readonly m: number;
  readonly efConstruction: number;
  readonly efSearch: number;
}

export interface IndexMetadata {
  readonly dimension: number;
  readonly count: number;
  readonly metric: "inner_product";
  readonly hnsw: HnswParams;
  readonly sha256: string;
}

export interface DescriptorHit {
  /** Position of the descriptor in the order in which it was given to rebuild. */
  readonly id: number;
  /** Inner product of L2-normalised descriptors: 1 is the same. */
  readonly score: number;
}

export interface DescriptorIndex extends Disposable {
  /** `query`: float32[dimension], L2-normalised. */
  searchTopK(query: Float32Array, k: number): Promise<readonly DescriptorHit[]>;
  /** `descriptors`: float32[count × dimension]. Atomic over `.index`, `.index.sha256`, `.index.meta.json`. */
  rebuildFromDescriptors(
    descriptors: Float32Array,
    dimension: number,
    hnswParams: HnswParams,
  ): Promise<void>;
  load(): Promise<void>;
  descriptorDim(): number;
  indexMetadata(): IndexMetadata;
}
