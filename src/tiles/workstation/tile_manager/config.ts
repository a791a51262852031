/**
 * Settings of the tile manager (C11) and their limits.
 *
 * @module
 */
import * as z from "zod";
import { quantity } from "../../../core/mod.ts";

export const UploadRetryConfigSchema = z.strictObject({
  /** Further attempts within one call while the provider refuses some of the tiles. */
  maxInCallRetries: z.int().min(0).max(20).default(3),
  /** Seconds; the n-th wait is this base raised to the power n… */
  backoffBaseS: z.number().min(1).max(60).default(2),
  /** …but at most this many seconds. */
  backoffCapS: quantity.durationS.max(3600).default(60),
  /** A tile that was refused this often, counted over all calls, is not sent again. */
  maxPerTileAttempts: z.int().min(1).max(100).default(5),
});
export type UploadRetryConfig = Readonly<z.infer<typeof UploadRetryConfigSchema>>;

export const TileManagerConfigSchema = z.strictObject({
  retry: UploadRetryConfigSchema.prefault({}),
  /**
   * Use the uploader without retries: for tests, and for providers that have their own retry rules.
   */
  disableRetryDecorator: z.boolean().default(false),
  requestTimeoutMs: z.int().min(100).max(600_000).default(30_000),
  /** Requests under way at the same time. */
  concurrency: z.int().min(1).max(64).default(8),
  /**
   * Upper limit of requests a second to one provider; 0: no limit (for a provider on this machine).
   */
  requestsPerSecondMax: z.number().min(0).max(1e6).default(50),
});
export type TileManagerConfig = Readonly<z.infer<typeof TileManagerConfigSchema>>;
