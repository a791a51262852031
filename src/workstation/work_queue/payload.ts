/**
 * What stands in a job. A worker takes nothing else: what comes out of the database may have been written by
 * anybody who can write there.
 *
 * @module
 */
import * as z from "zod";
import { EXIT, GdnError } from "../../core/mod.ts";

/** Places of a map to describe; one simulated flight; a range of seeds. */
export const JOB_KINDS = ["describe", "fly", "campaign"] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** Coarse enough that a job's own cost does not count, and small enough to be done again. */
export const JOB_UNITS_MAX = 4000;

const UNITS_MAX = 1e9;
export const Sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

const JobPayloadSchema = z.strictObject({
  format: z.literal(1),
  kind: z.enum(JOB_KINDS),
  run: z.uuid(),
  /** SHA-256 of the run's document, which lies with its inputs. */
  document: Sha256Schema,
  /** The units of the run that this job is: places, flights or seeds. */
  first: z.int().min(0).max(UNITS_MAX),
  count: z.int().min(1).max(JOB_UNITS_MAX),
});
export type JobPayload = Readonly<z.infer<typeof JobPayloadSchema>>;

/** A job that no worker can do, however often it is tried: it is set aside with the reason. */
export class JobRefusedError extends GdnError {
  constructor(reason: string, options: { cause?: unknown } = {}) {
    super("JOB_REFUSED", `Cannot take the job: ${reason}`, { ...options, exitCode: EXIT.data });
  }
}

/** @throws JobRefusedError that names what is wrong */
export function readPayload(data: unknown, kind: JobKind): JobPayload {
  const { success, data: payload, error } = JobPayloadSchema.safeParse(data);
  if (!success) {
    const faults = error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`);
    throw new JobRefusedError(`its content is not a job of this program (${faults.join("; ")})`);
  }
  if (payload.kind !== kind) {
    throw new JobRefusedError(`a job of kind ${payload.kind} stands in the queue of ${kind}`);
  }
  return payload;
}
