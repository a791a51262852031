/**
 * What the commands of jobs print with `--json`.
 *
 * @module
 */
import * as z from "zod";
import { Count, line, Utc } from "./json_line.ts";

const JOB = {
  id: z.uuid(),
  queue: z.string().describe("kind of the jobs, and the build of operator that does them"),
  run: z.string().nullable(),
  title: z.string().nullable().describe("of the run: the package's name"),
  state: z.enum(["created", "retry", "active", "completed", "failed", "cancelled"])
    .describe("failed: set aside after its attempts"),
  first: z.number().nullable().describe("of its places, flights or seeds"),
  count: z.number().nullable(),
  attempts: Count,
  attemptsMax: Count,
  worker: z.string().nullable().describe("who has it in hand, or had it last"),
  lastError: z.string().nullable(),
  createdAt: Utc,
  ageS: z.number().describe("since it was handed in, begun or ended"),
};

export const JOBS_RESULTS = {
  "jobs list": [line("job", JOB)],
  "jobs show": [line("job", {
    ...JOB,
    data: z.unknown().describe("as it was handed in"),
    attemptAt: Utc.nullable().describe("when the last attempt began"),
    heartbeatAt: Utc.nullable().describe("when its worker was heard of last"),
  })],
  "jobs retry": [line("changed", { jobs: Count })],
  "jobs cancel": [line("changed", { jobs: Count })],
} as const;
