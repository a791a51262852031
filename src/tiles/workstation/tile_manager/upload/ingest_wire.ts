/**
 * Schemas of the requests and answers of an upload, used by client and provider.
 *
 * @module
 */
import * as z from "zod";

export const INGEST_PATH = "api/satellite/tiles/ingest";
export const MANIFEST_PART = "manifest";
/** Components of the request that are signed (RFC 9421); a provider requires all of them. */
export const SIGNED_COMPONENTS = [
  "@method",
  "@target-uri",
  "content-type",
  "content-digest",
  "idempotency-key",
] as const;
export const SIGNATURE_LABEL = "gdn";

const Base64 = z.base64();

const ManifestTileSchema = z.strictObject({
  /** Name of the multipart part that holds the JPEG. */
  part: z.string().regex(/^tile_\d{1,3}$/),
  /** UUID of the tile. */
  tileId: z.uuid(),
  zoom: z.int().min(0).max(22),
  x: z.int().min(0).max(2 ** 22),
  y: z.int().min(0).max(2 ** 22),
  /** Nanoseconds since the epoch, as text: a JSON number cannot hold them exactly. */
  captureTimestampNs: z.string().regex(/^-?\d{1,19}$/),
  contentSha256: z.string().regex(/^[0-9a-f]{64}$/),
  quality: z.record(z.string(), z.unknown()),
  /** Ed25519 signature of the bytes described in signing/signed_payload.ts. */
  signature: Base64,
});

export const ManifestSchema = z.strictObject({
  flightId: z.uuid(),
  companionId: z.string().min(1).max(256),
  /** Ed25519 public key, 32 raw bytes. */
  publicKey: Base64,
  nonce: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/),
  tiles: z.array(ManifestTileSchema).min(1).max(200),
});
export type Manifest = z.infer<typeof ManifestSchema>;

/** Readers accept fields and status words that they do not know. */
export const IngestAnswerSchema = z.looseObject({
  batchUuid: z.string().min(1).max(100),
  tiles: z.array(z.looseObject({
    tileId: z.string().max(100),
    status: z.string().min(1).max(40),
    rejectionReason: z.string().max(2000).nullable().default(null),
  })).max(10_000),
});
export type IngestAnswer = z.infer<typeof IngestAnswerSchema>;

/** A provider's answer with a 4xx status. */
export const ErrorAnswerSchema = z.looseObject({ error: z.string().max(2000) });
