/** The flight recorder (C13): records of every component in one MCAP file per flight. */
export type {
  EnqueueResult,
  FdrAlert,
  FdrSink,
  FlightCounters,
  NewRecord,
  ProducerCounts,
} from "./contract.ts";
export {
  attachFdrClient,
  FdrClient,
  type FdrClientHost,
  type FdrClientOptions,
  makeFdrClient,
} from "./client.ts";
export { type FdrConfig, FdrConfigSchema } from "./config.ts";
export {
  FdrFlightMismatchError,
  FdrFlightStateError,
  FdrKindError,
  FdrOpenError,
  FdrProducerIdError,
  FdrRecordEncodeError,
  FdrRecordError,
  FdrRecordTooLargeError,
  FdrRingError,
  FdrRingGeometryError,
  FdrSchemaVersionError,
  FdrSpscViolationError,
  FdrTileError,
  FdrWriterDiedError,
  RawFrameWriteForbiddenError,
} from "./errors.ts";
export {
  FlightRecorder,
  type FlightRecorderOptions,
  type FlightStart,
  type OpenedFlight,
} from "./flight_recorder.ts";
export type { ClosedFlight } from "./flight_writer.ts";
export { channelSchemaName, foxgloveFields, foxgloveSchema } from "./foxglove.ts";
export { enforceOrThrow } from "./kind_policy.ts";
export { createLogBridge, type LogBridge } from "./log_bridge.ts";
export type { OverrunNotice } from "./overrun_reporter.ts";
export { checkSchemaVersion, decodeRecord, encodeRecord } from "./record.ts";
export {
  checkProduced,
  FDR_KIND_GROUPS,
  FDR_KINDS,
  FDR_KINDS_FORBIDDEN,
  FDR_SCHEMA_VERSION,
  fdrJsonSchema,
  type FdrKind,
  type FdrPayload,
  type FdrRecord,
  FdrRecordSchema,
  IMU_BATCH_MAX,
  REQUIRED_KEYS,
} from "./registry.ts";
export { NonThrowingSink } from "./non_throwing_sink.ts";
export { startFlightRecorder } from "./start_recorder.ts";
export type { SavedTile } from "./tile_snapshots.ts";
export type { NewTile } from "./writer_protocol.ts";
