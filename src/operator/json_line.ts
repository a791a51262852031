/**
 * What the schemas of `--json` are made of.
 *
 * @module
 */
import * as z from "zod";

export const Count = z.int().min(0);
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/).describe("SHA-256, hex");
export const Utc = z.iso.datetime().describe("UTC, ISO 8601");
export const Verdict = z.enum(["complete", "lossy", "nothing"]);

/** One JSON object a line, of a kind that `type` names. */
export function line<T extends string, S extends z.core.$ZodLooseShape>(type: T, shape: S) {
  return z.strictObject({ type: z.literal(type), ...shape });
}
