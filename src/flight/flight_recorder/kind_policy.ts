/**
 * Refuses kinds that must never be recorded, where a record is made.
 *
 * @module
 */
import { RawFrameWriteForbiddenError } from "./errors.ts";
import { FDR_KINDS_FORBIDDEN } from "./registry/kinds.ts";

/** @throws RawFrameWriteForbiddenError for `raw_nav_frame` and `raw_ai_cam_frame`. */
export function enforceOrThrow(kind: string): void {
  if (FDR_KINDS_FORBIDDEN.includes(kind)) throw new RawFrameWriteForbiddenError(kind);
}
