/**
 * Interfaces of the tile manager (C11): downloads the tiles that a route needs before a flight, and
 * uploads those that the flight made after it. Operator only. Upload contract version 1.0.0.
 *
 * @module
 */
import * as z from "zod";
import type { Bbox, TileId, TileMetadata } from "../../tile_contract/mod.ts";

// ---- Download ------------------------------------------------------------------------------------

/** The area to download, in degrees; a corridor is a route with a half width on both sides. */
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
  /** Base URL of a provider that implements the contract, or any template with {z}, {x} and {y}. */
  readonly url: string;
  readonly concurrency: number;
  /** Only these tiles (the list of failed tiles of an earlier run). */
  readonly only?: readonly TileId[];
}

/** What a download would do; computed before anything is fetched. */
export interface DownloadPlan {
  readonly tiles: number;
  /** In the cache already, and fresh enough. */
  readonly kept: number;
  readonly toFetch: number;
  /**
   * From the provider's inventory, else estimated from the mean size of the tiles in the cache;
   * null when neither is known.
   */
  readonly bytes: number | null;
  /** Tiles that the provider does not have. */
  readonly absent: number;
  readonly budgetBytes: number | null;
  readonly headroomBytes: number | null;
  readonly boxTiles: number;
}

export interface DownloadReport {
  readonly fetched: number;
  readonly kept: number;
  /** HTTP 404: the provider has no such tile; never retried. */
  readonly absent: number;
  /** Of the absent: one and the same picture at many places, which shows no ground. */
  readonly placeholders: number;
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
  /** null: every flight in turn, each with its own session and key. */
  flightId: z.uuid().nullable(),
  /** Tiles in one POST. */
  batchSize: z.int().min(1).max(200),
  satelliteProviderUrl: z.url(),
});
export type UploadRequest = Readonly<z.infer<typeof UploadRequestSchema>>;

/** The status words that we know; an unknown one from the server is kept and reported. */
const INGEST_STATUSES = ["queued", "rejected", "duplicate", "superseded"] as const;
type IngestStatus = (typeof INGEST_STATUSES)[number] | (string & Record<never, never>);

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
  /** Assigned by the server: the first of `batchUuids`; null when nothing was sent. */
  readonly batchUuid: string | null;
  readonly batchUuids: readonly string[];
  /** One for each tile that was sent. */
  readonly perTileStatus: readonly PerTileStatus[];
  readonly retryCount: number;
  /** Seconds since the epoch. */
  readonly nextRetryAtS: number | null;
  readonly outcome: UploadOutcome;
  /** Of the last session; null when there was none. */
  readonly publicKeyFingerprint: string | null;
  readonly sessions: readonly UploadSession[];
}

export type FlightState = "ON_GROUND" | "UNKNOWN" | "IN_FLIGHT" | "TAKING_OFF" | "LANDING";

export interface FlightStateSignal {
  readonly state: FlightState;
  /** Which source reported the state: "recorder footer", "link". */
  readonly source: string;
  readonly observedAt: Date | null;
  /** Why the state is not known. */
  readonly reason?: string;
}

/**
 * The latest known state, without waiting for a new one. Read once per upload; an exception counts
 * as UNKNOWN.
 */
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

/** The signing key of one flight; the secret never leaves this object. */
export interface SigningSession {
  readonly flightId: string;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly publicKeyFingerprint: string;
  /** An Ed25519 signature, 64 bytes. @throws SessionNotActiveError */
  sign(payload: Uint8Array): Uint8Array<ArrayBuffer>;
}

export interface KeyManager {
  startSession(flightId: string): SigningSession;
  /** Overwrites the secret with zeros; idempotent. */
  endSession(): void;
}
