/**
 * The registry of record kinds, and the types that are derived from it.
 *
 * @module
 */
export { fdrJsonSchema } from "./json_schema.ts";
export { FDR_SCHEMA_VERSION, type FdrRecord, FdrRecordSchema } from "./record.ts";
export {
  FDR_KIND_GROUPS,
  FDR_KINDS,
  FDR_KINDS_FORBIDDEN,
  type FdrKind,
  type FdrPayload,
} from "./registry/kinds.ts";
export { checkProduced, REQUIRED_KEYS } from "./registry/required_keys.ts";
export { IMU_BATCH_MAX } from "./registry/sensors.ts";
