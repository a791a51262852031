/**
 * What the queue holds: for `operator jobs`, and for the run that waits.
 *
 * @module
 */
import { QUEUE_SCHEMA, SCHEMA } from "./layout.ts";
import type { WorkQueue, WorkSql } from "./work_queue.ts";

export type JobState = "created" | "retry" | "active" | "completed" | "failed" | "cancelled";

/** One job as people see it. */
export interface JobView {
  readonly id: string;
  readonly queue: string;
  readonly run: string | null;
  readonly title: string | null;
  readonly state: JobState;
  readonly first: number | null;
  readonly count: number | null;
  /** Begun so often. */
  readonly attempts: number;
  readonly attemptsMax: number;
  /** Who has it in hand, or had it last. */
  readonly worker: string | null;
  readonly lastError: string | null;
  readonly createdAt: Date;
  /** Since when it is in this state, as far as that is known. */
  readonly ageS: number;
}

interface JobFilter {
  readonly queue?: string;
  readonly ids?: readonly string[];
  readonly states?: readonly JobState[];
  readonly run?: string;
  readonly limit?: number;
}

/** Jobs in the order in which they were handed in. */
export async function listJobs(sql: WorkSql, filter: JobFilter = {}): Promise<JobView[]> {
  const { rows } = await sql.executeSql(
    `SELECT j.id, j.name, j.state::text AS state, j.retry_count, j.retry_limit, j.started_on,
            j.created_on, j.data->>'run' AS run, j.data->'first' AS first, j.data->'count' AS count,
            j.output, r.title, h.worker,
            extract(epoch FROM now() - coalesce(j.completed_on, j.started_on, j.created_on))::float8 AS age
     FROM ${QUEUE_SCHEMA}.job j
     LEFT JOIN ${SCHEMA}.run r ON r.id::text = j.data->>'run'
     LEFT JOIN ${SCHEMA}.holder h ON h.job_id = j.id
     WHERE ($1::text IS NULL OR j.name = $1) AND ($2::uuid[] IS NULL OR j.id = ANY($2))
       AND ($3::text[] IS NULL OR j.state::text = ANY($3)) AND ($4::text IS NULL OR j.data->>'run' = $4)
     ORDER BY j.created_on, j.id LIMIT $5`,
    [
      filter.queue ?? null,
      filter.ids ?? null,
      filter.states ?? null,
      filter.run ?? null,
      filter.limit ?? 1_000_000,
    ],
  );
  return rows.map((row) => ({
    id: row.id as string,
    queue: row.name as string,
    run: row.run as string | null,
    title: row.title as string | null,
    state: row.state as JobState,
    first: numberOrNull(row.first),
    count: numberOrNull(row.count),
    attempts: row.started_on === null ? 0 : row.retry_count as number + 1,
    attemptsMax: row.retry_limit as number + 1,
    worker: row.worker as string | null,
    lastError: reasonIn(row.output),
    createdAt: row.created_on as Date,
    ageS: row.age as number,
  }));
}

/** A hostile payload may hold anything. */
function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

/** What the queue keeps of a failure. */
export function reasonIn(output: unknown): string | null {
  if (typeof output !== "object" || output === null) return null;
  const { reason, message, value } = output as Record<string, unknown>;
  const inner = typeof value === "object" && value !== null
    ? (value as Record<string, unknown>).message
    : undefined;
  const text = reason ?? message ?? inner;
  return typeof text === "string" ? text : null;
}

interface JobDetails extends JobView {
  /** As it was handed in, whatever it holds. */
  readonly data: unknown;
  readonly attemptAt: Date | null;
  readonly heartbeatAt: Date | null;
}

export async function showJob(sql: WorkSql, id: string): Promise<JobDetails | null> {
  const [job] = await listJobs(sql, { ids: [id] });
  if (job === undefined) return null;
  const { rows: [row] } = await sql.executeSql(
    `SELECT data, started_on, heartbeat_on FROM ${QUEUE_SCHEMA}.job WHERE name = $1 AND id = $2`,
    [job.queue, id],
  );
  return {
    ...job,
    data: row.data,
    attemptAt: row.started_on as Date | null,
    heartbeatAt: row.heartbeat_on as Date | null,
  };
}

/** Jobs that were set aside get one attempt more, those that were cancelled are taken up again. Returns how many. */
export async function retryJobs({ boss, sql }: WorkQueue, filter: JobFilter): Promise<number> {
  return await change(sql, { ...filter, states: ["failed", "cancelled"] }, async (queue, jobs) => {
    const failed = jobs.filter(({ state }) => state === "failed").map(({ id }) => id);
    const cancelled = jobs.filter(({ state }) => state === "cancelled").map(({ id }) => id);
    if (failed.length > 0) await boss.retry(queue, failed);
    if (cancelled.length > 0) await boss.resume(queue, cancelled);
  });
}

/** Jobs that are not done are not done any more; who has one in hand is refused its result. */
export async function cancelJobs({ boss, sql }: WorkQueue, filter: JobFilter): Promise<number> {
  return await change(
    sql,
    { ...filter, states: ["created", "retry", "active"] },
    async (queue, jobs) => {
      await boss.cancel(queue, jobs.map(({ id }) => id));
    },
  );
}

async function change(
  sql: WorkSql,
  filter: JobFilter,
  each: (queue: string, jobs: readonly JobView[]) => Promise<void>,
): Promise<number> {
  const jobs = await listJobs(sql, filter);
  for (const [queue, those] of Map.groupBy(jobs, (job) => job.queue)) await each(queue, those);
  return jobs.length;
}
