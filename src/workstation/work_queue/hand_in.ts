/**
 * Hands a run in, as jobs, and gathers what workers made of them. The same run handed in again goes on where it
 * was: its jobs have the same names.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { EXIT, GdnError, pause, sha256Hex } from "../../core/mod.ts";
import { QUEUE_SCHEMA, SCHEMA } from "./layout.ts";
import { reasonIn } from "./jobs.ts";
import type { JobKind, JobPayload } from "./payload.ts";
import type { WorkQueue, WorkSql } from "./work_queue.ts";

const POLL_MS = 1000;
/** Results that are read at once: up to 2 MB each. */
const RESULTS_AT_ONCE = 16;
const INSERTED_AT_ONCE = 1000;

export interface JobRange {
  readonly first: number;
  readonly count: number;
}

export interface JobResult extends JobRange {
  readonly content: Uint8Array<ArrayBuffer>;
}

export interface RunRequest {
  readonly kind: JobKind;
  /** For people: the package's name. */
  readonly title: string;
  /** As {@link runIdOf} gives it. */
  readonly run: string;
  /** SHA-256 of the document in the run's inputs. */
  readonly document: string;
  readonly ranges: readonly JobRange[];
}

/** A job that nobody works on any more. */
interface SetAsideJob extends JobRange {
  readonly id: string;
  readonly reason: string;
}

/** Some jobs were set aside: exit code 3. */
export class JobsSetAsideError extends GdnError {
  constructor(run: string, jobs: readonly SetAsideJob[]) {
    const listed = jobs.slice(0, 10).map(({ id, reason }) => `\n  ${id}: ${reason}`);
    const more = jobs.length > 10 ? `\n  and ${jobs.length - 10} more` : "";
    super(
      "JOBS_SET_ASIDE",
      `Cannot finish the run ${run}: ${jobs.length} of its jobs were set aside:${
        listed.join("")
      }${more}\n` +
        "What is done is kept: `operator jobs retry` tries them again, then give the same command again",
      { exitCode: EXIT.lossy },
    );
  }
}

/** A name that depends on what is asked for alone. `key`: a hash of everything that a result depends on. */
export function runIdOf(kind: JobKind, program: string, key: Uint8Array): string {
  return uuidOf(`${kind} ${program} ${key.toHex()}`);
}

/** RFC 9562, version 8: a UUID of one's own making. */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const variant = (8 + parseInt(hex[16], 16) % 4).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join("-");
}

/** All or nothing; jobs that are there already stay as they are. */
export async function handIn(queue: WorkQueue, request: RunRequest): Promise<void> {
  const { kind, title, run, document, ranges } = request;
  const name = await queue.makeQueue(kind);
  const jobs = ranges.map(({ first, count }) => {
    const data: JobPayload = { format: 1, kind, run, document, first, count };
    return { id: jobIdOf(run, first, count), data };
  });
  await queue.transaction(async (sql) => {
    await sql.executeSql(
      `INSERT INTO ${SCHEMA}.run (id, kind, program, title, document, jobs) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (id) DO UPDATE SET jobs = excluded.jobs`,
      [run, kind, queue.program, title, document, jobs.length],
    );
    await forgetLost(queue, sql, name, jobs.map(({ id }) => id));
    for (let at = 0; at < jobs.length; at += INSERTED_AT_ONCE) {
      await queue.boss.insert(name, jobs.slice(at, at + INSERTED_AT_ONCE), { db: sql });
    }
  });
}

function jobIdOf(run: string, first: number, count: number): string {
  return uuidOf(`${run} ${first} ${count}`);
}

/** Done by an earlier run that lost the result again: they are to be done anew. */
async function forgetLost(
  queue: WorkQueue,
  sql: WorkSql,
  name: string,
  ids: readonly string[],
): Promise<void> {
  const { rows } = await sql.executeSql(
    `SELECT j.id FROM ${QUEUE_SCHEMA}.job j LEFT JOIN ${SCHEMA}.result r ON r.job_id = j.id
     WHERE j.name = $1 AND j.id = ANY($2::uuid[]) AND j.state = 'completed' AND r.job_id IS NULL`,
    [name, ids],
  );
  if (rows.length === 0) return;
  await queue.boss.deleteJob(name, rows.map(({ id }) => id as string), { db: sql });
}

interface GatherOptions {
  readonly signal?: AbortSignal;
  /** Jobs that are done, and those in hand. */
  readonly onProgress?: (done: number, active: number) => void;
}

/**
 * Results as they come, in any order, each once; `keep` has stored one when it returns: then it is forgotten here.
 *
 * @returns jobs that were set aside, once all others are done
 */
export async function gather(
  queue: WorkQueue,
  { kind, run, ranges }: RunRequest,
  keep: (results: readonly JobResult[]) => void | Promise<void>,
  { signal = new AbortController().signal, onProgress }: GatherOptions = {},
): Promise<readonly SetAsideJob[]> {
  const left = new Map(ranges.map((range) => [jobIdOf(run, range.first, range.count), range]));
  for (;;) {
    signal.throwIfAborted();
    const rows = await queue.patiently(() => storedResults(queue, run));
    const results = rows.filter(({ id }) => left.has(id));
    await keep(results);
    for (const { id } of results) left.delete(id);
    await queue.patiently(() =>
      queue.sql.executeSql(
        `DELETE FROM ${SCHEMA}.result WHERE job_id = ANY($1::uuid[])`,
        [rows.map(({ id }) => id)],
      )
    );
    if (left.size === 0) return [];
    const done = ranges.length - left.size;
    if (rows.length > 0) {
      onProgress?.(done, 0);
      continue;
    }
    const { ended, active } = await queue.patiently(() => stateOf(queue, kind, left));
    onProgress?.(done, active);
    if (ended.length === left.size) return ended;
    await pause(POLL_MS, signal);
  }
}

async function storedResults(
  queue: WorkQueue,
  run: string,
): Promise<(JobResult & { readonly id: string })[]> {
  const { rows } = await queue.sql.executeSql(
    `SELECT job_id, first, count, sha256, content FROM ${SCHEMA}.result WHERE run_id = $1
     ORDER BY stored_at LIMIT ${RESULTS_AT_ONCE}`,
    [run],
  );
  return rows.map(({ job_id, first, count, sha256, content }) => {
    const bytes = Uint8Array.from(content as Uint8Array);
    if (sha256Hex(bytes) !== sha256) {
      throw new GdnError("RESULT_ALTERED", `the result of the job ${job_id} was altered`, {
        exitCode: EXIT.data,
      });
    }
    return {
      id: job_id as string,
      first: first as number,
      count: count as number,
      content: bytes,
    };
  });
}

/** Of the jobs that are left: those that nobody works on any more, and how many are in hand. */
async function stateOf(
  queue: WorkQueue,
  kind: JobKind,
  left: ReadonlyMap<string, JobRange>,
): Promise<{ readonly ended: SetAsideJob[]; readonly active: number }> {
  const { rows } = await queue.sql.executeSql(
    `SELECT wanted.id, j.state::text AS state, j.output
     FROM unnest($2::uuid[]) AS wanted (id) LEFT JOIN ${QUEUE_SCHEMA}.job j ON j.name = $1 AND j.id = wanted.id
     WHERE j.id IS NULL OR j.state IN ('failed', 'cancelled', 'active')`,
    [queue.queueOf(kind), [...left.keys()]],
  );
  const ended = rows.filter(({ state }) => state !== "active").map(({ id, state, output }) => ({
    id: id as string,
    ...left.get(id as string) as JobRange,
    reason: state === null
      ? "the queue does not have it any more"
      : reasonIn(output) ?? state as string,
  }));
  return { ended, active: rows.length - ended.length };
}

/** The run is whole: nobody comes back to it. */
export async function forgetRun(queue: WorkQueue, { kind, run }: RunRequest): Promise<void> {
  await queue.patiently(() =>
    queue.transaction(async (sql) => {
      await sql.executeSql(
        `DELETE FROM ${QUEUE_SCHEMA}.job WHERE name = $1 AND data->>'run' = $2`,
        [
          queue.queueOf(kind),
          run,
        ],
      );
      await sql.executeSql(`DELETE FROM ${SCHEMA}.run WHERE id = $1`, [run]);
    })
  );
}
