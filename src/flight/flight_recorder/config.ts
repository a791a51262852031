/**
 * Settings of the flight recorder (section `fdr`) and their limits.
 *
 * @module
 */
import * as z from "zod";

const MEBIBYTE = 1024 * 1024;
const PowerOfTwo = z.int().min(2).max(2 ** 20)
  .refine((value) => Number.isInteger(Math.log2(value)), "a capacity is a power of two");

export const FdrConfigSchema = z.strictObject({
  /** Slots of a producer's ring, unless perProducerCapacity states otherwise. */
  queueSize: PowerOfTwo.default(4096),
  perProducerCapacity: z.record(z.string(), PowerOfTwo).default({}),
  /** Largest encoded record, bytes. */
  slotBytes: z.int().min(64).max(MEBIBYTE).default(4096),
  /** Time span of the records that a loss of power may destroy, milliseconds. */
  durabilityMs: z.int().min(10).max(10_000).default(200),
  /** A new segment begins above this size. */
  segmentSizeBytes: z.int().min(64 * 1024).default(64 * MEBIBYTE),
  /** Records taken from one ring at a time. */
  batchSize: z.int().min(1).max(65_536).default(256),
  /** When a flight takes more than this, its oldest closed segments are deleted. */
  flightCapBytes: z.int().min(MEBIBYTE).default(64 * 1024 * MEBIBYTE),
  /** Limit for pictures of tiles made in flight: above it, the oldest are deleted. */
  tileSnapshotsBytesMax: z.int().min(MEBIBYTE).default(64 * MEBIBYTE),
  /** Detect a second producer or consumer of a ring; for tests and debugging. */
  spscGuard: z.boolean().default(false),
  /** Log every record at DEBUG. */
  debugLogPerRecord: z.boolean().default(false),
});
export type FdrConfig = Readonly<z.infer<typeof FdrConfigSchema>>;
