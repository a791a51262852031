/**
 * Configuration of the tile manager.
 *
 * @module
 */
import { z } from "zod";

export const UploadRetryConfigSchema = z.strictObject({
  /** Further tries of one call while some tiles are refused. */
  maxInCallRetries: z.int().min(0).max(20).default(3),
  /** Seconds; the n-th wait is base to the power of n… */
  backoffBaseS: z.number().min(1).max(60).default(2),
  /** …and no longer than this. */
  backoffCapS: z.number().positive().max(3600).default(60),
  /** A tile that was refused this often is given up, over all calls. */
  maxPerTileAttempts: z.int().min(1).max(100).default(5),
});
export type UploadRetryConfig = Readonly<z.infer<typeof UploadRetryConfigSchema>>;

export const TileManagerConfigSchema = z.strictObject({
  retry: UploadRetryConfigSchema.prefault({}),
  /** The bare uploader, for tests and for providers with a patience of their own. */
  disableRetryDecorator: z.boolean().default(false),
  requestTimeoutMs: z.int().min(100).max(600_000).default(30_000),
  /** Requests at a time. */
  concurrency: z.int().min(1).max(64).default(8),
  /** Requests a second that a provider is asked at most; 0: no limit (loopback). */
  requestsPerSecondMax: z.number().min(0).default(50),
});
export type TileManagerConfig = Readonly<z.infer<typeof TileManagerConfigSchema>>;
