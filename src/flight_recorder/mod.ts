/** C13: what every component did, as records in one MCAP file per flight. */
export { FdrClosedError, FdrKindError, FdrOpenError } from "./errors.ts";
export {
  FDR_KINDS,
  FDR_KINDS_FORBIDDEN,
  FDR_SCHEMA_VERSION,
  type FdrKind,
  type FdrPayload,
  type FdrRecord,
  FdrRecordSchema,
} from "./registry.ts";
export {
  openRecorder,
  type Recorder,
  type RecorderCounts,
  type RecorderOptions,
} from "./recorder.ts";
