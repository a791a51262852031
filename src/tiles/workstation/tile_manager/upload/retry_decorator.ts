/**
 * Adds retries to an uploader, within two limits: attempts within one call, and refusals of one
 * tile over all calls, after which it is given up.
 *
 * @module
 */
import { type Clock, GdnError, type Logger } from "../../../../core/mod.ts";
import type { FdrSink } from "../../../../flight/flight_recorder/mod.ts";
import type { TileId, TileMetadata, VotingStatus } from "../../../tile_contract/mod.ts";
import type { UploadRetryConfig } from "../config.ts";
import type {
  FlightStateSignal,
  PerTileStatus,
  TileUploader,
  UploadBatchReport,
  UploadRequest,
} from "../contract.ts";
import { ARRIVED } from "./acknowledgement.ts";
import { outcomeOf } from "./http_tile_uploader.ts";

/** The methods of the cache that the decorator uses. */
interface UploadBookkeeping {
  incrementUploadAttempts(tileId: TileId): Promise<number>;
  updateVotingStatus(tileId: TileId, status: VotingStatus): Promise<void>;
}

interface RetryDecoratorParts {
  readonly bookkeeping: UploadBookkeeping;
  readonly config: UploadRetryConfig;
  readonly sink: FdrSink;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export class RetryingTileUploader implements TileUploader {
  readonly #inner: TileUploader;
  readonly #parts: RetryDecoratorParts;

  constructor(inner: TileUploader, parts: RetryDecoratorParts) {
    this.#inner = inner;
    this.#parts = parts;
  }

  confirmFlightState(): FlightStateSignal {
    return this.#inner.confirmFlightState();
  }

  enumeratePendingTiles(flightId: string | null): Promise<readonly TileMetadata[]> {
    return this.#inner.enumeratePendingTiles(flightId);
  }

  async uploadPendingTiles(request: UploadRequest): Promise<UploadBatchReport> {
    const { maxInCallRetries, backoffBaseS, backoffCapS } = this.#parts.config;
    let last = await this.#invoke(request);
    let merged = last;
    for (let attempt = 1; last.outcome === "partial" && attempt <= maxInCallRetries; attempt++) {
      await this.#parts.sleep(1000 * Math.min(backoffBaseS ** attempt, backoffCapS));
      last = await this.#invoke(request);
      merged = mergeReports(merged, last);
    }
    return last.outcome === "partial"
      ? { ...merged, nextRetryAtS: this.#parts.nowMs() / 1000 + backoffCapS }
      : merged;
  }

  async #invoke(request: UploadRequest): Promise<UploadBatchReport> {
    const report = await this.#inner.uploadPendingTiles(request);
    for (const status of report.perTileStatus) {
      if (!ARRIVED.has(status.status)) await this.#countRefusal(status);
    }
    return report;
  }

  async #countRefusal({ tileId, rejectionReason }: PerTileStatus): Promise<void> {
    const { bookkeeping, config, sink, clock, logger } = this.#parts;
    let attempts: number;
    try {
      attempts = await bookkeeping.incrementUploadAttempts(tileId);
    } catch (error) {
      if (!(error instanceof GdnError && error.code === "NOT_IMPLEMENTED")) throw error;
      logger.warn("c11.upload.attempts_not_counted", { tileId }, error.message);
      return;
    }
    if (attempts < config.maxPerTileAttempts) return;
    await bookkeeping.updateVotingStatus(tileId, "upload_giveup");
    const reason = rejectionReason === null ? {} : { rejectionReason };
    sink.enqueue({
      kind: "c11.upload.giveup",
      timestampNs: clock.now(),
      payload: { tileId, attempts, ...reason },
    });
    logger.error(
      "c11.upload.giveup",
      { tileId, attempts, ...reason },
      `a tile was refused ${attempts} times and is not sent again: ${rejectionReason ?? ""}`,
    );
  }
}

/** The last outcome of each tile, and the sum of all retries. */
function mergeReports(
  first: UploadBatchReport,
  second: UploadBatchReport,
): UploadBatchReport {
  const statuses = new Map<string, PerTileStatus>();
  for (const one of [...first.perTileStatus, ...second.perTileStatus]) {
    const { zoom, x, y, source, flightId } = one.tileId;
    statuses.set(`${zoom}/${x}/${y}/${source}/${flightId ?? ""}`, one);
  }
  const perTileStatus = [...statuses.values()];
  const batchUuids = [...first.batchUuids, ...second.batchUuids];
  return {
    batchUuid: batchUuids[0] ?? null,
    batchUuids,
    perTileStatus,
    retryCount: first.retryCount + second.retryCount + 1,
    nextRetryAtS: second.nextRetryAtS,
    outcome: outcomeOf(perTileStatus),
    publicKeyFingerprint: second.publicKeyFingerprint ?? first.publicKeyFingerprint,
    sessions: [...first.sessions, ...second.sessions],
  };
}
