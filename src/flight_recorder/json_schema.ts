/**
 * JSON Schemas of the messages in the file.
 *
 * @module
 */
import { z } from "zod";
import { FdrRecordSchema } from "./record.ts";
import { FDR_KINDS, type FdrKind } from "./registry/kinds.ts";

/** JSON Schema (draft 2020-12) of a whole record of this kind. */
export function fdrJsonSchema(kind: FdrKind): string {
  return JSON.stringify(
    z.toJSONSchema(FdrRecordSchema.extend({ payload: FDR_KINDS[kind] }), { io: "output" }),
  );
}
