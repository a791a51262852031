/**
 * The tile manager (C11): downloads tiles before a flight and uploads signed tiles after it.
 * Operator only.
 */
export * from "./contract.ts";
export {
  type TileManagerConfig,
  TileManagerConfigSchema,
  type UploadRetryConfig,
  UploadRetryConfigSchema,
} from "./config.ts";
export * from "./errors.ts";
export { boxTileCount, tilesOfArea } from "./download/area.ts";
export { collectFile, type CopyOutcome } from "./collect/collect_files.ts";
export { findFlightMedia, type RecordedFlightFolder } from "./collect/flight_media.ts";
export { BATCH_MAX, type DownloadCache } from "./download/batch_writer.ts";
export type { EtagStore } from "./download/etag_notes.ts";
export { RateLimit } from "./download/rate_limit.ts";
export { HttpTileDownloader, type HttpTileDownloaderParts } from "./download/tile_downloader.ts";
export { HttpTileSource } from "./download/tile_source.ts";
export { latestFlight } from "./flight_state/latest_flight.ts";
export { recordedEnd } from "./flight_state/recorded_end.ts";
export { FlightStateGate } from "./flight_state/gate.ts";
export { CombinedSource, type RecordedEnd, RecorderFooterSource } from "./flight_state/sources.ts";
export type { HttpParts } from "./http/request.ts";
export { contentDigest, contentDigestFault } from "./http_signatures/content_digest.ts";
export { signRequest, verifyRequest } from "./http_signatures/message_signature.ts";
export { enrolKey } from "./signing/enrolment.ts";
export { FlightKeyManager, publicKeyFingerprint } from "./signing/key_manager.ts";
export { canonicalJson, signedPayload } from "./signing/signed_payload.ts";
export { HttpTileUploader, type HttpTileUploaderParts } from "./upload/http_tile_uploader.ts";
export {
  INGEST_PATH,
  type IngestAnswer,
  IngestAnswerSchema,
  type Manifest,
  MANIFEST_PART,
  ManifestSchema,
  SIGNATURE_LABEL,
  SIGNED_COMPONENTS,
} from "./upload/ingest_wire.ts";
export { RetryingTileUploader } from "./upload/retry_decorator.ts";
