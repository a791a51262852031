/**
 * Record kinds of the tile manager (C11): upload after landing.
 *
 * @module
 */
import * as z from "zod";
import { Count, TileId } from "./shapes.ts";

/** The flight whose tiles are uploaded; a key belongs to one flight. */
const SESSION = {
  flightId: z.uuid(),
  /** The first 16 hexadecimal digits of SHA-256 of the raw public key. */
  publicKeyFingerprint: z.string().regex(/^[0-9a-f]{16}$/),
};

export const TILE_MANAGER_KINDS = {
  "c11.upload.session.key.public": z.looseObject({
    ...SESSION,
    /** Ed25519, 32 raw bytes. */
    publicKey: z.base64(),
  }).describe("The public key that the tiles of a flight are signed with"),
  "c11.upload.session.key.zeroised": z.looseObject({
    ...SESSION,
    signatures: Count.optional(),
    reason: z.string().optional(),
  }).describe("The secret key of a session was overwritten"),
  "c11.upload.signature_rejected": z.looseObject({
    ...SESSION,
    /** null: the batch as a whole. */
    tileId: TileId.nullable(),
    rejectionReason: z.string(),
    batchUuid: z.string().optional(),
  }).describe("The provider refused a signature"),
  "c11.upload.tile.queued": z.looseObject({ tileId: TileId, batchUuid: z.string() })
    .describe("The provider accepted a tile"),
  "c11.upload.tile.rejected": z.looseObject({
    tileId: TileId,
    batchUuid: z.string(),
    rejectionReason: z.string(),
  }).describe("The provider refused a tile"),
  "c11.upload.batch.complete": z.looseObject({
    flightId: z.uuid(),
    /** null: the server gave none. */
    batchUuid: z.string().nullable(),
    outcome: z.enum(["success", "partial", "failure"]),
    queued: Count,
    rejected: Count,
    duplicate: Count,
    superseded: Count,
    retryCount: Count.optional(),
    tookMs: z.number().optional(),
  }).describe("A batch of tiles was answered"),
  "c11.upload.giveup": z.looseObject({
    tileId: TileId,
    attempts: z.int().min(1),
    rejectionReason: z.string().optional(),
  }).describe("A tile was refused too often and is not sent again"),
};
