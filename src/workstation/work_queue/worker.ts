/**
 * Takes jobs and does them until it is asked to stop. The result of a job and its state are committed
 * together, and only for the attempt that this worker holds: who has slept past its lease is refused.
 *
 * @module
 */
import process from "node:process";
import { messageOf, pause, sha256Hex } from "../../core/mod.ts";
import { OtherProgramError, SCHEMA } from "./layout.ts";
import { type JobKind, type JobPayload, JobRefusedError, readPayload } from "./payload.ts";
import { HEARTBEAT_S, type WorkQueue } from "./work_queue.ts";

const POLL_S = 0.5;
const LOOK_MS = 5000;
/** SQLSTATE: the run that a result belongs to is gone. */
const NO_SUCH_RUN = "23503";

/** What a job came to. */
interface JobOutcome {
  readonly content: Uint8Array<ArrayBuffer>;
  /** What was read of inputs for it. */
  readonly inputBytes: number;
}

/** Does one job. @throws JobRefusedError where trying again is of no use */
export type JobHandler = (payload: JobPayload, signal: AbortSignal) => Promise<JobOutcome>;

interface WorkOptions {
  readonly handlers: ReadonlyMap<JobKind, JobHandler>;
  /** Jobs of each kind at once. */
  readonly concurrency: number;
  /** For people, in `operator jobs`: "HOST, process 1234". */
  readonly worker: string;
  readonly note: (line: string) => void;
  /** Ends the work. */
  readonly signal: AbortSignal;
  /** What the job in hand gets to end in, before it is given back. */
  readonly graceMs: number;
}

interface HeldJob {
  readonly id: string;
  readonly data: unknown;
  /** Names the attempt: the queue counts each time that a job is taken. */
  readonly retryCount: number;
  readonly signal: AbortSignal;
}

/**
 * Works until the signal.
 *
 * @throws OtherProgramError before it takes a job, where another program has handed in all that there is
 */
export async function work(queue: WorkQueue, options: WorkOptions): Promise<{ jobs: number }> {
  const { handlers, concurrency, signal, note, graceMs } = options;
  const counts = { jobs: 0 };
  await refuseOthersJobs(queue, [...handlers.keys()]);
  for (const [kind, handler] of handlers) {
    const name = await queue.patiently(() => queue.makeQueue(kind));
    const settings = {
      perJobResults: true,
      localConcurrency: concurrency,
      heartbeatRefreshSeconds: HEARTBEAT_S,
      pollingIntervalSeconds: POLL_S,
      burstWhenReadyExceeds: 1,
    } as const;
    await queue.boss.work(name, settings, async ([job]) => {
      const done = await doJob(queue, job, kind, handler, options);
      if (done.status === "completed") counts.jobs++;
      return [{ id: job.id, ...done }];
    });
  }
  try {
    while (!signal.aborted) {
      await pause(LOOK_MS, signal);
      if (!signal.aborted) await refuseOthersJobs(queue, [...handlers.keys()]);
    }
  } finally {
    note("stopping: the job in hand is finished, or given back");
    await queue.boss.stop({ graceful: true, timeout: Math.max(1000, graceMs) })
      .catch((error) => note(`the database was not told (${messageOf(error)}): the lease ends`));
  }
  return counts;
}

async function refuseOthersJobs(queue: WorkQueue, kinds: readonly JobKind[]): Promise<void> {
  const { rows } = await queue.patiently(() =>
    queue.sql.executeSql(
      `SELECT DISTINCT program FROM ${SCHEMA}.run WHERE kind = ANY($1)`,
      [kinds],
    )
  );
  const programs = rows.map(({ program }) => program as string);
  if (programs.length === 0 || programs.includes(queue.program)) return;
  throw new OtherProgramError(
    `Cannot take jobs: they were handed in by operator ${
      programs.join(", operator ")
    }, and this is operator ` +
      `${queue.program}; install the same build on both machines`,
  );
}

interface Settled {
  readonly status: "completed" | "failed" | "deadletter";
  readonly output?: { readonly reason: string };
}

async function doJob(
  queue: WorkQueue,
  job: HeldJob,
  kind: JobKind,
  handler: JobHandler,
  options: WorkOptions,
): Promise<Settled> {
  const { note } = options;
  try {
    const payload = readPayload(job.data, kind);
    await noteHolder(queue, job, payload, options.worker);
    const start = { wallMs: performance.now(), cpuMs: cpuMs() };
    const outcome = await handler(payload, job.signal);
    await store(queue, job, payload, outcome, start, options);
    return { status: "completed" };
  } catch (error) {
    const reason = messageOf(error);
    if (job.signal.aborted) {
      const isStopping = options.signal.aborted;
      note(`job ${job.id}: ${isStopping ? "given back" : "dropped, its lease ended"}`);
      const why = isStopping ? "its worker stopped" : "its worker was not heard of";
      return { status: "failed", output: { reason: why } };
    }
    note(`job ${job.id}: ${reason}`);
    // Trying again is of no use: no retry.
    const isFinal = error instanceof JobRefusedError;
    return { status: isFinal ? "deadletter" : "failed", output: { reason } };
  }
}

async function noteHolder(
  queue: WorkQueue,
  { id, retryCount }: HeldJob,
  { run }: JobPayload,
  worker: string,
): Promise<void> {
  try {
    await queue.patiently(() =>
      queue.sql.executeSql(
        `INSERT INTO ${SCHEMA}.holder (job_id, run_id, attempt, worker) VALUES ($1, $2, $3, $4)
         ON CONFLICT (job_id) DO UPDATE SET attempt = $3, worker = $4, since = now()`,
        [id, run, retryCount, worker],
      )
    );
  } catch (error) {
    if ((error as { code?: unknown }).code !== NO_SUCH_RUN) throw error;
    throw new JobRefusedError(`nobody handed in its run ${run}`, { cause: error });
  }
}

/** The job is not this worker's any more: another one does it. */
class LeaseLostError extends Error {}

/** The result and the job's state, together, for the attempt that is held. */
async function store(
  queue: WorkQueue,
  job: HeldJob,
  { kind, run, first, count }: JobPayload,
  { content, inputBytes }: JobOutcome,
  start: { readonly wallMs: number; readonly cpuMs: number },
  { worker }: WorkOptions,
): Promise<void> {
  const { id, retryCount } = job;
  const spent = [cpuMs() - start.cpuMs, performance.now() - start.wallMs];
  const values = [id, run, first, count, retryCount, worker, ...spent, inputBytes];
  await queue.patiently(async () => {
    if (await isStored(queue, id, retryCount)) return;
    await queue.transaction(async (sql) => {
      const { affected } = await queue.boss.complete(
        queue.queueOf(kind),
        { id, retryCount },
        null,
        {
          db: sql,
        },
      ) as unknown as { readonly affected: number };
      if (affected !== 1) {
        throw new LeaseLostError(
          `its lease ended and it is not ours any more: the result of attempt ${
            retryCount + 1
          } is refused`,
        );
      }
      await sql.executeSql(
        `INSERT INTO ${SCHEMA}.result
           (job_id, run_id, first, count, attempt, worker, cpu_ms, wall_ms, input_bytes, sha256, content)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
        [...values, sha256Hex(content), content],
      );
    });
  });
}

/** A commit whose answer was lost. */
async function isStored(queue: WorkQueue, id: string, attempt: number): Promise<boolean> {
  const { rows } = await queue.sql.executeSql(
    `SELECT 1 FROM ${SCHEMA}.result WHERE job_id = $1 AND attempt = $2`,
    [id, attempt],
  );
  return rows.length > 0;
}

/** Processor time of this process, milliseconds. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
