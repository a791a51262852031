/**
 * Builds one signed multipart request for a batch of tiles. Its bytes are built once: a retry sends
 * exactly the same request, with the same Idempotency-Key.
 *
 * @module
 */
import type { TileId } from "../../../tile_contract/mod.ts";
import type { SigningSession } from "../contract.ts";
import { contentDigest } from "../http_signatures/content_digest.ts";
import { signRequest } from "../http_signatures/message_signature.ts";
import { signedPayload } from "../signing/signed_payload.ts";
import { type Manifest, MANIFEST_PART, SIGNATURE_LABEL, SIGNED_COMPONENTS } from "./ingest_wire.ts";

/** A tile with everything about it that is signed. */
export interface TileToSend {
  readonly tileId: TileId;
  readonly tileUuid: string;
  readonly jpeg: Uint8Array<ArrayBuffer>;
  readonly contentSha256: string;
  /** Since the epoch. */
  readonly captureTimestampNs: bigint;
  readonly quality: Readonly<Record<string, unknown>>;
}

interface BatchRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

interface BatchFrame {
  readonly url: URL;
  readonly companionId: string;
  readonly session: SigningSession;
  /** Seconds since the epoch. */
  readonly nowS: number;
}

export async function buildBatchRequest(
  tiles: readonly TileToSend[],
  frame: BatchFrame,
): Promise<BatchRequest> {
  const { url, session } = frame;
  const form = new FormData();
  form.append(MANIFEST_PART, JSON.stringify(manifestOf(tiles, frame)));
  tiles.forEach(({ jpeg, tileUuid }, index) =>
    form.append(partName(index), new Blob([jpeg], { type: "image/jpeg" }), `${tileUuid}.jpg`)
  );
  const encoded = new Response(form);
  const contentType = encoded.headers.get("content-type") as string;
  const body = await encoded.bytes();
  const fields = {
    "content-type": contentType,
    "content-digest": contentDigest(body),
    "idempotency-key": `"${crypto.randomUUID()}"`,
  };
  const signature = signRequest(
    { method: "POST", url, fields: new Map(Object.entries(fields)) },
    {
      components: SIGNED_COMPONENTS,
      createdS: Math.floor(frame.nowS),
      keyId: session.publicKeyFingerprint,
    },
    (base) => session.sign(base),
    SIGNATURE_LABEL,
  );
  return { url, headers: { ...fields, ...signature, accept: "application/json" }, body };
}

function manifestOf(tiles: readonly TileToSend[], { session, companionId }: BatchFrame): Manifest {
  const { flightId } = session;
  return {
    flightId,
    companionId,
    publicKey: session.publicKey.toBase64(),
    nonce: crypto.getRandomValues(new Uint8Array(18)).toBase64({ alphabet: "base64url" }),
    tiles: tiles.map((tile, index) => {
      const { contentSha256, captureTimestampNs, quality } = tile;
      const { zoom, x, y } = tile.tileId;
      const place = { zoom, x, y, contentSha256, quality };
      const payload = signedPayload({ ...place, captureTimestampNs, flightId, companionId });
      return {
        part: partName(index),
        tileId: tile.tileUuid,
        ...place,
        captureTimestampNs: captureTimestampNs.toString(),
        signature: session.sign(payload).toBase64(),
      };
    }),
  };
}

function partName(index: number): string {
  return `tile_${index}`;
}
