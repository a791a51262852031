/**
 * C11 tile manager: fetch what the route needs before a flight, hand in what the flight made after
 * it. Operator only. Upload contract version 1.0.0.
 *
 * @module
 */
import { z } from "zod";
import type { Bbox, TileId, TileMetadata } from "../../tile_contract/mod.ts";

// ---- Download ------------------------------------------------------------------------------------

/** What is wanted: degrees; a corridor is a route with a half width on both sides. */
export type Area =
  | { readonly kind: "box"; readonly box: Bbox }
  | { readonly kind: "polygon"; readonly ring: readonly Position[] }
  | {
    readonly kind: "corridor";
    readonly route: readonly Position[];
    readonly halfWidthM: number;
  };

export interface Position {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
}

export interface DownloadRequest {
  readonly area: Area;
  readonly zooms: readonly number[];
  /** Name of the source in the cache ("googlemaps"). */
  readonly source: string;
  /** A provider of the contract (base URL) or any template with {z}, {x} and {y}. */
  readonly url: string;
  readonly concurrency: number;
  /** Only these (a failed run's list). */
  readonly only?: readonly TileId[];
}

/** What a download would do, told before it does anything. */
export interface DownloadPlan {
  readonly tiles: number;
  /** In the cache already, and fresh enough. */
  readonly kept: number;
  readonly toFetch: number;
  /** As the inventory says, else estimated from the cache's mean; null where nobody knows. */
  readonly bytes: number | null;
  /** The provider has none of these. */
  readonly absent: number;
  readonly budgetBytes: number | null;
  readonly headroomBytes: number | null;
  readonly boxTiles: number;
}

export interface DownloadReport {
  readonly fetched: number;
  readonly kept: number;
  /** 404: the provider has no such tile; never retried. */
  readonly absent: number;
  readonly unchanged: number;
  readonly refused: readonly RefusedTile[];
  readonly failed: readonly RefusedTile[];
  readonly bytes: number;
  readonly retryCount: number;
}

export interface RefusedTile {
  readonly tileId: TileId;
  readonly reason: string;
}

export interface TileDownloader {
  enumerateRemoteCoverage(area: Area, zooms: readonly number[]): Promise<RemoteCoverage>;
  plan(request: DownloadRequest): Promise<DownloadPlan>;
  download(
    request: DownloadRequest,
    options?: { readonly signal?: AbortSignal; readonly onProgress?: (done: number) => void },
  ): Promise<DownloadReport>;
}

/** null where the source has no inventory. */
export type RemoteCoverage =
  | {
    readonly available: number;
    readonly absent: number;
    readonly bytes: number;
    readonly newestCapturedAt: Date | null;
    readonly oldestCapturedAt: Date | null;
  }
  | null;

// ---- Upload --------------------------------------------------------------------------------------

export const UploadRequestSchema = z.strictObject({
  /** null: every flight, one session and one key for each, in order. */
  flightId: z.uuid().nullable(),
  /** Tiles per POST. */
  batchSize: z.int().min(1).max(200),
  satelliteProviderUrl: z.url(),
});
export type UploadRequest = Readonly<z.infer<typeof UploadRequestSchema>>;

/** Words that are known; a new one of the server is kept and reported. */
export const INGEST_STATUSES = ["queued", "rejected", "duplicate", "superseded"] as const;
export type IngestStatus = (typeof INGEST_STATUSES)[number] | (string & Record<never, never>);

export interface PerTileStatus {
  readonly tileId: TileId;
  readonly status: IngestStatus;
  readonly rejectionReason: string | null;
}

export type UploadOutcome = "success" | "partial" | "failure";

export interface UploadSession {
  readonly flightId: string;
  /** First 16 hex digits of SHA-256 of the raw public key. */
  readonly publicKeyFingerprint: string;
}

export interface UploadBatchReport {
  /** By the server; the first of `batchUuids`; null when nothing was sent. */
  readonly batchUuid: string | null;
  readonly batchUuids: readonly string[];
  /** One for each tile that was tried. */
  readonly perTileStatus: readonly PerTileStatus[];
  readonly retryCount: number;
  /** Seconds since the epoch. */
  readonly nextRetryAtS: number | null;
  readonly outcome: UploadOutcome;
  /** Of the last session; null without one. */
  readonly publicKeyFingerprint: string | null;
  readonly sessions: readonly UploadSession[];
}

export type FlightState = "ON_GROUND" | "UNKNOWN" | "IN_FLIGHT" | "TAKING_OFF" | "LANDING";

export interface FlightStateSignal {
  readonly state: FlightState;
  /** Where the word comes from: "recorder footer", "link". */
  readonly source: string;
  readonly observedAt: Date | null;
  /** Of a state that is not known. */
  readonly reason?: string;
}

/** The latest known state, at once. Asked once per invocation; may throw: that counts as UNKNOWN. */
export interface FlightStateSource {
  readonly name: string;
  flightState(): FlightStateSignal;
}

export interface TileUploader {
  /**
   * @throws FlightStateNotOnGroundError before anything is read or sent.
   * @throws SatelliteProviderError | RateLimitedError | SignatureRejectedError
   */
  uploadPendingTiles(request: UploadRequest): Promise<UploadBatchReport>;
  enumeratePendingTiles(flightId: string | null): Promise<readonly TileMetadata[]>;
  confirmFlightState(): FlightStateSignal;
}

/** A flight's own key; the secret never leaves it. */
export interface SigningSession {
  readonly flightId: string;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly publicKeyFingerprint: string;
  /** 64 bytes of Ed25519. @throws SessionNotActiveError */
  sign(payload: Uint8Array): Uint8Array<ArrayBuffer>;
}

export interface KeyManager {
  startSession(flightId: string): SigningSession;
  /** Overwrites the secret with zeros; idempotent. */
  endSession(): void;
}
