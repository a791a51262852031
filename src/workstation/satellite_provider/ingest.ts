/**
 * `POST /api/satellite/tiles/ingest`: digest, signature, replay, key, then tile by tile.
 *
 * @module
 */
import {
  contentDigestFault,
  type IngestAnswer,
  type Manifest,
  MANIFEST_PART,
  ManifestSchema,
  publicKeyFingerprint,
  SIGNATURE_LABEL,
  SIGNED_COMPONENTS,
  verifyRequest,
} from "../../tiles/workstation/tile_manager/mod.ts";
import type { AcceptedTiles } from "./accepted_tiles.ts";
import type { KeyRegistry } from "./key_registry.ts";
import { rejectionOf, verifies } from "./ingest_checks.ts";

const BATCH_BYTES_MAX = 256 * 1024 * 1024;
const CREATED_TOLERANCE_S = 300;

interface IngestParts {
  readonly accepted: AcceptedTiles;
  readonly keys: KeyRegistry;
  readonly checks: boolean;
  readonly ageMaxMs: number;
  readonly now: () => Date;
}

type Ingested =
  | { readonly ok: true; readonly answer: IngestAnswer }
  | { readonly ok: false; readonly status: number; readonly error: string };

interface Remembered {
  readonly digest: string | null;
  /** A batch that is sent again while the first one is still at work waits for its answer. */
  readonly outcome: Promise<Ingested>;
}

export class Ingest {
  readonly #parts: IngestParts;
  readonly #byIdempotencyKey = new Map<string, Remembered>();
  readonly #nonces = new Set<string>();

  constructor(parts: IngestParts) {
    this.#parts = parts;
  }

  async take(request: Request, url: URL): Promise<Ingested> {
    const body = await request.bytes();
    if (body.length > BATCH_BYTES_MAX) return refuse(413, "the batch is too large");
    const { headers } = request;
    const digest = headers.get("content-digest");
    const key = headers.get("idempotency-key");
    if (this.#parts.checks) {
      const fault = contentDigestFault(digest, body);
      if (fault !== null) return refuse(400, fault);
      if (key === null) return refuse(400, "Idempotency-Key is missing");
    }
    const before = key === null ? undefined : this.#byIdempotencyKey.get(key);
    if (before !== undefined) {
      return before.digest === digest
        ? await before.outcome
        : refuse(422, "the Idempotency-Key was used for another batch");
    }
    const outcome = this.#takeBatch(request.headers, url, body);
    if (key === null) return await outcome;
    this.#byIdempotencyKey.set(key, { digest, outcome });
    let taken = false;
    try {
      const ingested = await outcome;
      taken = ingested.ok;
      return ingested;
    } finally {
      // A batch that was refused may be sent again.
      if (!taken) this.#byIdempotencyKey.delete(key);
    }
  }

  async #takeBatch(
    headers: Headers,
    url: URL,
    body: Uint8Array<ArrayBuffer>,
  ): Promise<Ingested> {
    const form = await formOf(body, headers.get("content-type"));
    const manifest = form === null ? null : await manifestOf(form);
    if (form === null || manifest === null) return refuse(400, "no readable manifest");
    if (this.#parts.checks) {
      const refusal = await this.#verify(headers, url, manifest);
      if (refusal !== null) return refusal;
    }
    return { ok: true, answer: await this.#takeTiles(form, manifest) };
  }

  async #verify(headers: Headers, url: URL, manifest: Manifest): Promise<Ingested | null> {
    const fingerprint = publicKeyFingerprint(Uint8Array.fromBase64(manifest.publicKey));
    const outcome = verifyRequest(
      { method: "POST", url, fields: new Map(headers.entries()) },
      { input: headers.get("signature-input"), signature: headers.get("signature") },
      {
        label: SIGNATURE_LABEL,
        required: SIGNED_COMPONENTS,
        verify: (base, signature, keyId) =>
          keyId === fingerprint &&
          verifies(signature.toBase64(), base, manifest.publicKey),
      },
    );
    if (!outcome.ok) return refuse(403, `message signature: ${outcome.reason}`);
    const ageS = this.#parts.now().getTime() / 1000 - outcome.parameters.createdS;
    if (Math.abs(ageS) > CREATED_TOLERANCE_S) {
      return refuse(403, `message signature: made ${Math.round(ageS)} s ago`);
    }
    const key = Uint8Array.fromBase64(manifest.publicKey);
    if (!await this.#parts.keys.isOf(key, manifest.flightId)) {
      return refuse(403, `signature of an unknown key: ${fingerprint} is not enrolled`);
    }
    const nonce = `${fingerprint}/${manifest.nonce}`;
    if (this.#nonces.has(nonce)) return refuse(409, "the nonce was used before");
    this.#nonces.add(nonce);
    return null;
  }

  async #takeTiles(form: FormData, manifest: Manifest): Promise<IngestAnswer> {
    const tiles: IngestAnswer["tiles"] = [];
    for (const tile of manifest.tiles) {
      const part = form.get(tile.part);
      const jpeg = part instanceof Blob ? new Uint8Array(await part.arrayBuffer()) : null;
      const rejectionReason = jpeg === null
        ? `the part ${tile.part} is missing`
        : this.#parts.checks
        ? await rejectionOf(tile, jpeg, manifest, {
          now: this.#parts.now(),
          ageMaxMs: this.#parts.ageMaxMs,
        })
        : null;
      const status = jpeg === null || rejectionReason !== null
        ? "rejected"
        : await this.#parts.accepted.take({
          tileId: tile.tileId.toLowerCase(),
          contentSha256: tile.contentSha256,
          captureTimestampNs: BigInt(tile.captureTimestampNs),
          place: `${tile.zoom}/${tile.x}/${tile.y}`,
        }, jpeg);
      tiles.push({ tileId: tile.tileId, status, rejectionReason });
    }
    return { batchUuid: crypto.randomUUID(), tiles };
  }
}

function refuse(status: number, error: string): Ingested {
  return { ok: false, status, error };
}

async function formOf(
  body: Uint8Array<ArrayBuffer>,
  contentType: string | null,
): Promise<FormData | null> {
  try {
    return await new Response(body, { headers: { "content-type": contentType ?? "" } }).formData();
  } catch {
    return null;
  }
}

async function manifestOf(form: FormData): Promise<Manifest | null> {
  const part = form.get(MANIFEST_PART);
  const text = part instanceof Blob ? await part.text() : part;
  try {
    return ManifestSchema.parse(JSON.parse(text ?? ""));
  } catch {
    return null;
  }
}
