/**
 * Queues and workers of a test, in this process.
 *
 * @module
 */
import { createHash } from "node:crypto";
import {
  handIn,
  type JobHandler,
  type JobKind,
  runIdOf,
  type RunRequest,
  work,
  WorkQueue,
} from "../../src/workstation/work_queue/mod.ts";

export const PROGRAM = "0.0.0-tested";
export const DOCUMENT = "0".repeat(64);

interface QueueSettings {
  readonly program?: string;
  readonly concurrency?: number;
  readonly notes?: string[];
  /** Looks for lost jobs by itself. */
  readonly supervise?: boolean;
  readonly statementMsMax?: number;
}

export async function openQueue(dsn: string, settings: QueueSettings = {}): Promise<WorkQueue> {
  const { program = PROGRAM, concurrency = 1, notes = [], supervise = false } = settings;
  const { statementMsMax } = settings;
  return await WorkQueue.open({
    ...statementMsMax === undefined ? {} : { statementMsMax },
    dsn,
    program,
    concurrency,
    supervise,
    create: true,
    note: (line) => notes.push(line),
    signal: new AbortController().signal,
  });
}

/** A worker that is stopped by `stop()`. */
export function startWorker(
  queue: WorkQueue,
  handler: JobHandler,
  { name = "a worker", notes = [] as string[], kind = "describe" as JobKind } = {},
) {
  const stopping = new AbortController();
  const done = work(queue, {
    handlers: new Map([[kind, handler]]),
    concurrency: 1,
    worker: name,
    note: (line) => notes.push(line),
    signal: stopping.signal,
    graceMs: 5000,
  });
  done.catch(() => {});
  return {
    done,
    async stop() {
      stopping.abort();
      return await done;
    },
  };
}

/** Hands in `count` jobs of one unit each. */
export async function handInUnits(
  queue: WorkQueue,
  count: number,
  title = "units",
): Promise<RunRequest> {
  const request: RunRequest = {
    kind: "describe",
    title,
    run: runIdOf("describe", queue.program, createHash("sha256").update(title).digest()),
    document: DOCUMENT,
    ranges: Array.from({ length: count }, (_, first) => ({ first, count: 1 })),
  };
  await handIn(queue, request);
  return request;
}
