/**
 * The descriptor index of the tile cache (C6): which places of the map look like this picture?
 *
 * A folder of its own, so that airborne, which searches a prebuilt index, carries no database in its
 * module graph.
 *
 * @module
 */
import { z } from "zod";

/** Larger descriptors are reduced (PCA) before they come here. */
export const DESCRIPTOR_DIMENSION_MAX = 512;

export const HnswParamsSchema = z.object({
  /** Neighbours per node of the graph. */
  m: z.int().min(2).max(256),
  /** Width of the search while building. */
  efConstruction: z.int().min(1).max(100_000),
  /** Width of a search: larger finds more of the true neighbours and takes longer. */
  efSearch: z.int().min(1).max(100_000),
});
export type HnswParams = Readonly<z.infer<typeof HnswParamsSchema>>;

export const IndexMetadataSchema = z.object({
  format: z.literal("gdn-descriptor-index"),
  formatVersion: z.literal(1),
  dimension: z.int().min(1).max(DESCRIPTOR_DIMENSION_MAX),
  count: z.int().min(1),
  metric: z.literal("inner_product"),
  hnsw: HnswParamsSchema,
  /** Of the `.index` file. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type IndexMetadata = Readonly<z.infer<typeof IndexMetadataSchema>>;

export interface DescriptorHit {
  /** Position of the descriptor in the order in which it was given to rebuild. */
  readonly id: number;
  /** Inner product of L2-normalised descriptors: 1 is the same, 0 is unlike. */
  readonly score: number;
}

/**
 * Nearest neighbours by inner product of L2-normalised descriptors.
 *
 * Invariants: hits come best first; there are min(k, count) of them unless the graph is badly
 * connected; a search never changes the index; searches may overlap; `rebuildFromDescriptors`
 * replaces files and searched index together or leaves both as they were.
 */
export interface DescriptorIndex extends Disposable, AsyncDisposable {
  /**
   * The k best for `query` (float32[dimension], L2-normalised; copied before the call returns).
   *
   * @throws IndexUnavailableError before `load()` or `rebuildFromDescriptors()`, and when disposed.
   * @throws RangeError when the query has another dimension, is not finite or not normalised.
   */
  searchTopK(query: Float32Array, k: number): Promise<readonly DescriptorHit[]>;
  /**
   * Builds the index of float32[count × dimension] L2-normalised descriptors and opens it. Writes
   * `.index`, `.index.sha256` and `.index.meta.json`. The same descriptors make the same files.
   *
   * @throws IndexBuildError on descriptors or parameters that make no index, or a failed write.
   */
  rebuildFromDescriptors(
    descriptors: Float32Array,
    dimension: number,
    hnswParams: HnswParams,
  ): Promise<void>;
  /** Opens the files. @throws IndexUnavailableError when one is absent or they do not agree. */
  load(): Promise<void>;
  /** @throws IndexUnavailableError while nothing is loaded. */
  descriptorDim(): number;
  /** @throws IndexUnavailableError while nothing is loaded. */
  indexMetadata(): IndexMetadata;
}
