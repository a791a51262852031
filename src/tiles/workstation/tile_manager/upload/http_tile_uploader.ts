/**
 * Uploads the tiles that flights made: check the gate, list the pending tiles, open a session with
 * its own key for each flight, send signed batches, mark what arrived, and in every case overwrite
 * the key.
 *
 * @module
 */
import {
  type Clock,
  EXIT,
  type Logger,
  messageOf,
  parseBoundedJson,
} from "../../../../core/mod.ts";
import type { FdrSink } from "../../../../flight/flight_recorder/mod.ts";
import type {
  TileId,
  TileMetadata,
  TileMetadataPersistent,
  TilePixelHandle,
} from "../../../tile_contract/mod.ts";
import {
  type FlightStateSignal,
  type PerTileStatus,
  type SigningSession,
  type TileUploader,
  type UploadBatchReport,
  type UploadOutcome,
  type UploadRequest,
  UploadRequestSchema,
  type UploadSession,
} from "../contract.ts";
import { SatelliteProviderError, SignatureRejectedError, TileManagerError } from "../errors.ts";
import type { FlightStateGate } from "../flight_state/gate.ts";
import { providerUrl } from "../http/provider_url.ts";
import { type HttpParts, patientRequest } from "../http/request.ts";
import type { FlightKeyManager } from "../signing/key_manager.ts";
import { acknowledge, ARRIVED } from "./acknowledgement.ts";
import { buildBatchRequest, type TileToSend } from "./batch_request.ts";
import {
  ErrorAnswerSchema,
  INGEST_PATH,
  type IngestAnswer,
  IngestAnswerSchema,
} from "./ingest_wire.ts";

/** The methods of the cache that the uploader uses: it changes metadata only through these. */
interface PendingTiles {
  pendingUploads(flightId: string | null): Promise<readonly TileMetadataPersistent[]>;
  readTilePixels(tileId: TileId): Promise<TilePixelHandle>;
  markUploaded(tileId: TileId): Promise<void>;
}

export interface HttpTileUploaderParts {
  readonly gate: FlightStateGate;
  readonly tiles: PendingTiles;
  readonly keys: FlightKeyManager;
  readonly sink: FdrSink;
  /**
   * Called before the first POST of a session: the provider must be able to find its public key.
   */
  readonly announce: (session: SigningSession, base: URL) => Promise<void>;
  readonly http: HttpParts;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly companionId: string;
  /** Bearer token; null: send none. */
  readonly token: string | null;
  readonly requestTimeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/** Totals over all sessions of one call. */
class Tally {
  readonly batchUuids: string[] = [];
  readonly statuses: PerTileStatus[] = [];
  readonly sessions: UploadSession[] = [];
  retryCount = 0;

  report(): UploadBatchReport {
    return {
      batchUuid: this.batchUuids[0] ?? null,
      batchUuids: this.batchUuids,
      perTileStatus: this.statuses,
      retryCount: this.retryCount,
      nextRetryAtS: null,
      outcome: outcomeOf(this.statuses),
      publicKeyFingerprint: this.sessions.at(-1)?.publicKeyFingerprint ?? null,
      sessions: this.sessions,
    };
  }
}

export class HttpTileUploader implements TileUploader {
  readonly #parts: HttpTileUploaderParts;

  constructor(parts: HttpTileUploaderParts) {
    this.#parts = parts;
  }

  confirmFlightState(): FlightStateSignal {
    return this.#parts.gate.confirmOnGround();
  }

  async enumeratePendingTiles(flightId: string | null): Promise<readonly TileMetadata[]> {
    return await this.#parts.tiles.pendingUploads(flightId);
  }

  async uploadPendingTiles(request: UploadRequest): Promise<UploadBatchReport> {
    const { flightId, batchSize, satelliteProviderUrl } = UploadRequestSchema.parse(request);
    const given = providerUrl(satelliteProviderUrl);
    const base = given.href.endsWith("/") ? given : new URL(`${given.href}/`);
    this.#parts.gate.confirmOnGround();
    const pending = await this.#parts.tiles.pendingUploads(flightId);
    const tally = new Tally();
    for (const [flight, tiles] of byFlight(pending)) {
      await this.#uploadFlight(flight, tiles, { base, batchSize, total: pending.length }, tally);
    }
    return tally.report();
  }

  async #uploadFlight(
    flightId: string,
    tiles: readonly TileMetadataPersistent[],
    run: { readonly base: URL; readonly batchSize: number; readonly total: number },
    tally: Tally,
  ): Promise<void> {
    const { keys, announce, signal, onProgress } = this.#parts;
    const session = keys.startSession(flightId);
    try {
      tally.sessions.push({ flightId, publicKeyFingerprint: session.publicKeyFingerprint });
      await announce(session, run.base);
      for (let at = 0; at < tiles.length; at += run.batchSize) {
        signal?.throwIfAborted();
        const batch = tiles.slice(at, at + run.batchSize);
        await this.#uploadBatch(session, await this.#load(batch), run.base, tally);
        onProgress?.(tally.statuses.length, run.total);
      }
    } finally {
      keys.endSession();
    }
  }

  async #load(batch: readonly TileMetadataPersistent[]): Promise<TileToSend[]> {
    const loaded: TileToSend[] = [];
    for (const tile of batch) {
      using pixels = await this.#parts.tiles.readTilePixels(tile.tileId);
      loaded.push({
        tileId: tile.tileId,
        tileUuid: tile.tileUuid,
        jpeg: pixels.jpeg.slice(),
        contentSha256: tile.contentSha256,
        captureTimestampNs: BigInt((tile.capturedAt ?? tile.createdAt).getTime()) * 1_000_000n,
        quality: { ...tile.quality },
      });
    }
    return loaded;
  }

  async #uploadBatch(
    session: SigningSession,
    tiles: readonly TileToSend[],
    base: URL,
    tally: Tally,
  ): Promise<void> {
    const { http, companionId, token, requestTimeoutMs, signal } = this.#parts;
    const startNs = this.#parts.clock.now();
    const url = new URL(INGEST_PATH, base);
    const nowS = http.nowMs() / 1000;
    const request = await buildBatchRequest(tiles, { url, companionId, session, nowS });
    const { status, body, retryCount } = await patientRequest(http, {
      url,
      method: "POST",
      headers: {
        ...request.headers,
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: request.body,
      timeoutMs: requestTimeoutMs,
      bodyBytesMax: ANSWER_BYTES_MAX,
      ...(signal ? { signal } : {}),
    });
    tally.retryCount += retryCount;
    const answer = this.#answer(session, url, status, body);
    tally.batchUuids.push(answer.batchUuid);
    const { statuses, oddities } = acknowledge(tiles, answer);
    for (const oddity of oddities) {
      this.#parts.logger.warn("c11.upload.odd_answer", { batchUuid: answer.batchUuid }, oddity);
    }
    // Mark what arrived first: then a crash after this point sends nothing twice.
    for (const one of statuses) {
      if (ARRIVED.has(one.status)) await this.#parts.tiles.markUploaded(one.tileId);
    }
    tally.statuses.push(...statuses);
    this.#record(session, answer.batchUuid, statuses, {
      retryCount,
      tookMs: (this.#parts.clock.now() - startNs) / 1e6,
    });
  }

  /**
   * @throws SignatureRejectedError | SatelliteProviderError for anything but an acknowledgement.
   */
  #answer(
    session: SigningSession,
    url: URL,
    status: number,
    body: Uint8Array<ArrayBuffer>,
  ): IngestAnswer {
    const json = parseJson(body);
    const refusal = ErrorAnswerSchema.safeParse(json);
    const reason = refusal.success ? refusal.data.error : `status ${status}`;
    if (status >= 400 && isAboutSignature(reason)) {
      this.#parts.keys.recordSignatureRejection({ session, tileId: null, rejectionReason: reason });
      throw new SignatureRejectedError(
        `${url.host} refused the signature of a batch: ${reason}; enrol the key ` +
          `${session.publicKeyFingerprint} of flight ${session.flightId} with the provider`,
      );
    }
    if (status === 401 || status === 403) {
      throw new SatelliteProviderError(
        `${url.host} refused access (${status}): ${reason}; check GDN_SATELLITE_TOKEN`,
        { exitCode: EXIT.refused },
      );
    }
    const answer = IngestAnswerSchema.safeParse(json);
    if (status < 200 || status > 299 || !answer.success) {
      const why = status > 299 || refusal.success ? `${status}, ${reason}` : "no acknowledgement";
      throw new SatelliteProviderError(
        `${url.host} answered a batch with ${why}; its tiles stay pending`,
        { exitCode: EXIT.data },
      );
    }
    return answer.data;
  }

  #record(
    session: SigningSession,
    batchUuid: string,
    statuses: readonly PerTileStatus[],
    facts: { readonly retryCount: number; readonly tookMs: number },
  ): void {
    const { sink, clock, keys } = this.#parts;
    const count = (word: string) => statuses.filter(({ status }) => status === word).length;
    for (const { tileId, status, rejectionReason } of statuses) {
      const timestampNs = clock.now();
      if (status === "rejected") {
        const reason = rejectionReason ?? "no reason given";
        sink.enqueue({
          kind: "c11.upload.tile.rejected",
          timestampNs,
          payload: { tileId, batchUuid, rejectionReason: reason },
        });
        if (isAboutSignature(reason)) {
          keys.recordSignatureRejection({ session, tileId, rejectionReason: reason, batchUuid });
        }
      } else if (ARRIVED.has(status)) {
        sink.enqueue({
          kind: "c11.upload.tile.queued",
          timestampNs,
          payload: { tileId, batchUuid },
        });
      }
    }
    sink.enqueue({
      kind: "c11.upload.batch.complete",
      timestampNs: clock.now(),
      payload: {
        flightId: session.flightId,
        batchUuid,
        outcome: outcomeOf(statuses),
        queued: count("queued"),
        rejected: count("rejected"),
        duplicate: count("duplicate"),
        superseded: count("superseded"),
        ...facts,
      },
    });
  }
}

/** Also "success" when there was nothing to send. */
export function outcomeOf(statuses: readonly PerTileStatus[]): UploadOutcome {
  const arrived = statuses.filter(({ status }) => ARRIVED.has(status)).length;
  if (arrived === statuses.length) return "success";
  return arrived === 0 ? "failure" : "partial";
}

function isAboutSignature(reason: string): boolean {
  return /signature/i.test(reason);
}

function byFlight(
  tiles: readonly TileMetadataPersistent[],
): Map<string, TileMetadataPersistent[]> {
  const flights = new Map<string, TileMetadataPersistent[]>();
  for (const tile of tiles) {
    const { flightId } = tile.tileId;
    if (flightId === undefined) {
      throw new TileManagerError(
        "TILE_WITHOUT_FLIGHT",
        `tile ${tile.tileUuid} belongs to no flight`,
      );
    }
    const list = flights.get(flightId) ?? [];
    list.push(tile);
    flights.set(flightId, list);
  }
  return flights;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return parseBoundedJson(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    return { error: `not JSON: ${messageOf(error)}` };
  }
}
