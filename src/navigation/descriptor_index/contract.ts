/**
 * The descriptor index of the tile cache (C6): which places of the map look like this picture?
 *
 * A folder of its own, so that airborne, which searches a prebuilt index, carries no database in its
 * module graph. The contract's document is contracts/descriptor_index.md.
 *
 * @module
 */
import * as z from "zod";
import { descriptorMetric } from "../../core/mod.ts";

/** Floats that are stored and compared; longer descriptors are projected onto as many axes. */
export const DESCRIPTOR_DIMENSION_MAX = 512;
/** Floats of a descriptor before the projection. */
export const INPUT_DIMENSION_MAX = 65_536;

export const HnswParamsSchema = z.object({
  /** Neighbours per node of the graph. */
  m: z.int().min(2).max(256),
  /** Width of the search while building. */
  efConstruction: z.int().min(1).max(100_000),
  /** Width of a search: larger finds more of the true neighbours and takes longer. */
  efSearch: z.int().min(1).max(100_000),
});
export type HnswParams = Readonly<z.infer<typeof HnswParamsSchema>>;

/** What a search must find of the truth; the build takes the smallest efSearch that does. */
export interface RecallTarget {
  /** 0…1: share of the true k best that a search returns, the mean over the queries. */
  readonly recallMin: number;
  readonly k: number;
  /** Rows like those that will be asked for, not among the descriptors; L2-normalised. */
  readonly queries: Float32Array;
}

/** `efSearch` as a number, or measured by the build. */
export type HnswBuildParams =
  & Omit<HnswParams, "efSearch">
  & { readonly efSearch: number | RecallTarget };

const RecallSchema = z.object({
  k: z.int().min(1),
  /** What was asked for, and what was measured against exact search when the index was built. */
  wanted: z.number().min(0).max(1),
  measured: z.number().min(0).max(1),
  queryCount: z.int().min(1),
});

const ProjectionSchema = z.object({
  method: z.literal("pca"),
  inputDimension: z.int().min(2).max(INPUT_DIMENSION_MAX),
  /** Share of the descriptors' variance along the kept axes. */
  keptVariance: z.number().min(0).max(1.001),
  /** float32, little-endian: inputDimension, and dimension × inputDimension of them. */
  meanBase64: z.base64(),
  axesBase64: z.base64(),
  /** Of mean and axes, one after the other. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** The metadata has a few hundred. */
export const INDEX_METADATA_BYTES_MAX = 1024 * 1024;

export const IndexMetadataSchema = z.object({
  format: z.literal("gdn-descriptor-index"),
  formatVersion: z.literal(1),
  /** Floats of a stored descriptor. */
  dimension: z.int().min(1).max(DESCRIPTOR_DIMENSION_MAX),
  count: z.int().min(1),
  metric: z.literal(descriptorMetric()),
  hnsw: HnswParamsSchema,
  /** There where the build measured its efSearch. */
  recall: RecallSchema.optional(),
  /** There where longer descriptors were projected. */
  projection: ProjectionSchema.optional(),
  /** Of the `.index` file. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type IndexMetadata = Readonly<z.infer<typeof IndexMetadataSchema>>;

export interface DescriptorHit {
  /** As it was given to rebuild. */
  readonly id: number;
  /** Inner product of L2-normalised descriptors: 1 is the same, 0 is unlike. */
  readonly score: number;
}

export interface RebuildOptions {
  /** Descriptors in the graph so far, of all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** The old index stays when it is aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Nearest neighbours by inner product of L2-normalised descriptors.
 *
 * Invariants: hits come best first; there are min(k, count) of them unless the graph is badly
 * connected; a search never changes the index; searches may overlap, also with a rebuild, and end on
 * the index that they began on; `rebuildFromDescriptors` replaces files and searched index together
 * or leaves both as they were, whenever the process or the machine stops.
 */
export interface DescriptorIndex extends Disposable, AsyncDisposable {
  /**
   * The k best for `query` (float32[descriptorDim()], L2-normalised; copied before the call returns).
   *
   * @throws IndexUnavailableError before `load()` or `rebuildFromDescriptors()`, and when disposed.
   * @throws RangeError when the query has another dimension, is not finite or not normalised.
   */
  searchTopK(query: Float32Array, k: number): Promise<readonly DescriptorHit[]>;
  /**
   * Builds the index of float32[tileIds.length × dimension] L2-normalised descriptors and opens it.
   * `tileIds` are distinct whole numbers that the caller can tell its tiles or places by: positions
   * in a list beside the index, or `descriptorIdOfTile()`. Writes `.index`, `.index.sha256` and
   * `.index.meta.json`. The same input makes the same files.
   *
   * @throws IndexBuildError on descriptors, ids or parameters that make no index, or a failed write.
   */
  rebuildFromDescriptors(
    descriptors: Float32Array,
    tileIds: readonly number[],
    hnswParams: HnswBuildParams,
    options?: RebuildOptions,
  ): Promise<void>;
  /** Opens the files. @throws IndexUnavailableError when one is absent or they do not agree. */
  load(): Promise<void>;
  /** Floats of a query. @throws IndexUnavailableError while nothing is loaded. */
  descriptorDim(): number;
  /** @throws IndexUnavailableError while nothing is loaded. */
  indexMetadata(): IndexMetadata;
}
