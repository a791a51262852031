/**
 * What a job costs beside its work: JOBS jobs that do nothing but give back so many bytes, done by one worker in
 * a process of its own; time, processor time, bytes on the connection, rows and bytes of the database.
 *
 *     deno run -A tests/bench/workers_jobs.ts [JOBS]
 *
 * @module
 */
import { fromFileUrl } from "../support/paths.ts";
import { gather, type RunRequest, type WorkQueue } from "../../src/workstation/work_queue/mod.ts";
import { CrashablePostgres } from "../support/postgres_crashable.ts";
import { spentBy } from "../support/process_times.ts";
import { handInUnits, openQueue, startWorker } from "../support/work_queues.ts";

/** Bytes of a result: nothing; a flight; 805 places. */
const RESULT_BYTES = [0, 20_000, 413_000];
const IDLE_S = 5;
const ALONE_JOBS = 10;

if (Deno.args[0] === "worker") await workAsProcess(Deno.args[1], Number(Deno.args[2]));
else await measure(Number(Deno.args[0] ?? "1000"));

/** The worker's process: until its end is asked for. */
async function workAsProcess(dsn: string, bytes: number): Promise<void> {
  await using queue = await openQueue(dsn, { supervise: true });
  // As what is sent: nothing that a connection could make shorter.
  const content = crypto.getRandomValues(new Uint8Array(Math.min(bytes, 65_536)));
  const result = new Uint8Array(bytes).map((_, i) => content[i % content.length]);
  const worker = startWorker(queue, () => Promise.resolve({ content: result, inputBytes: 0 }));
  await new Promise<void>((resolve) => Deno.addSignalListener("SIGTERM", () => resolve()));
  await worker.stop();
}

async function measure(jobs: number): Promise<void> {
  await using server = await CrashablePostgres.start();
  await using proxy = await countingProxy(server.folder);
  for (const bytes of RESULT_BYTES) await measureResults(server, proxy, jobs, bytes);
}

async function measureResults(
  server: CrashablePostgres,
  proxy: CountingProxy,
  jobs: number,
  bytes: number,
): Promise<void> {
  const database = `results_${bytes}`;
  await using maintenance = await openQueue(server.dsn());
  await maintenance.sql.executeSql(`CREATE DATABASE ${database}`);
  await using queue = await openQueue(server.dsn(database));
  const own = fromFileUrl(new URL(import.meta.url));
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", "--no-check", own, "worker", proxy.dsn(database), String(bytes)],
  }).spawn();
  const during = (work: () => Promise<void>) => spent(process.pid, server, proxy, work);
  try {
    // Its start, and the first job of all, are not part of it.
    await handInUnits(queue, 1, "first");
    await drained(queue);
    const idle = await during(() => new Promise((resolve) => setTimeout(resolve, IDLE_S * 1000)));
    const alone = await during(async () => {
      for (let i = 0; i < ALONE_JOBS; i++) {
        await handInUnits(queue, 1, `alone ${i}`);
        await drained(queue);
      }
    });
    const before = await sizeOf(queue.sql);
    const beginMs = performance.now();
    const request = await handInUnits(queue, jobs, "many");
    const handInMs = performance.now() - beginMs;
    const many = await during(() => drained(queue));
    const after = await sizeOf(queue.sql);
    const gatherMs = await gatherAll(queue, request);
    console.log(`${jobs} jobs with ${bytes} bytes of result`);
    report(jobs, { handInMs, gatherMs, many, before, after });
    reportWaiting(idle, alone);
  } finally {
    process.kill("SIGTERM");
    await process.status;
  }
}

async function drained({ sql }: WorkQueue): Promise<void> {
  for (;;) {
    const { rows: [{ left }] } = await sql.executeSql(
      "SELECT count(*)::int AS left FROM gdn_jobs.job WHERE state < 'completed'",
    );
    if (left === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Returns the processor time of this process, milliseconds. */
async function gatherAll(queue: WorkQueue, request: RunRequest): Promise<number> {
  const before = spentBy(Deno.pid).cpuS;
  let results = 0;
  await gather(queue, request, (some) => void (results += some.length));
  if (results !== request.ranges.length) throw new Error(`only ${results} results`);
  return 1000 * (spentBy(Deno.pid).cpuS - before);
}

type Spent = Awaited<ReturnType<typeof spent>>;
type Size = Awaited<ReturnType<typeof sizeOf>>;

function report(
  jobs: number,
  { handInMs, gatherMs, many, before, after }: {
    readonly handInMs: number;
    readonly gatherMs: number;
    readonly many: Spent;
    readonly before: Size;
    readonly after: Size;
  },
): void {
  const each = (value: number, digits = 0) => (value / jobs).toFixed(digits);
  console.log(
    `  each: ${each(handInMs, 2)} ms to hand in, ${
      each(1000 * many.wallS, 1)
    } ms one after the other; ` +
      `processor time ${each(1000 * many.workerS, 2)} ms of the worker, ` +
      `${each(1000 * many.serverS, 2)} ms of the server, ${each(gatherMs, 2)} ms to gather`,
  );
  console.log(
    `  each: ${each(many.sentBytes)} bytes sent and ${each(many.receivedBytes)} received; ` +
      `${each(after.rows - before.rows, 2)} rows, ${
        each(after.bytes - before.bytes)
      } bytes of tables, ` +
      `${each(after.wal - before.wal)} bytes of the server's log`,
  );
}

function reportWaiting(idle: Spent, alone: Spent): void {
  const bytesEach = (idle.sentBytes + idle.receivedBytes) / IDLE_S;
  console.log(
    `  a job for a worker that waits is done after ${
      (1000 * alone.wallS / ALONE_JOBS).toFixed(0)
    } ms; ` +
      `waiting, each second: ${
        (1000 * idle.workerS / IDLE_S).toFixed(1)
      } ms of processor time of the worker, ` +
      `${(1000 * idle.serverS / IDLE_S).toFixed(1)} ms of the server, ${
        (bytesEach / 1000).toFixed(1)
      } kB`,
  );
}

async function spent(
  pid: number,
  server: CrashablePostgres,
  proxy: CountingProxy,
  work: () => Promise<void>,
) {
  const before = { workerS: spentBy(pid).cpuS, serverS: server.cpuS(), ...proxy.bytes };
  const beginMs = performance.now();
  await work();
  return {
    wallS: (performance.now() - beginMs) / 1000,
    workerS: spentBy(pid).cpuS - before.workerS,
    serverS: server.cpuS() - before.serverS,
    sentBytes: proxy.bytes.sent - before.sent,
    receivedBytes: proxy.bytes.received - before.received,
  };
}

async function sizeOf(sql: { executeSql(text: string): Promise<{ rows: unknown[] }> }) {
  const { rows: [row] } = await sql.executeSql(
    `SELECT (SELECT count(*) FROM gdn_jobs.job)::float8 + (SELECT count(*) FROM gdn_work.holder)
       + (SELECT count(*) FROM gdn_work.result) AS rows,
     (SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
       WHERE nspname IN ('gdn_jobs', 'gdn_work') AND relkind = 'r')::float8 AS bytes,
     (pg_current_wal_lsn() - '0/0')::float8 AS wal`,
  );
  return row as { readonly rows: number; readonly bytes: number; readonly wal: number };
}

interface CountingProxy extends AsyncDisposable {
  dsn(database: string): string;
  readonly bytes: { sent: number; received: number };
}

/** A socket before that of the server, which counts what goes through. */
async function countingProxy(serverFolder: string): Promise<CountingProxy> {
  const folder = await Deno.makeTempDir({ prefix: "gdn-proxy-" });
  const listener = Deno.listen({ transport: "unix", path: `${folder}/.s.PGSQL.5432` });
  const bytes = { sent: 0, received: 0 };
  const pass = async (from: Deno.Conn, to: Deno.Conn, direction: keyof typeof bytes) => {
    const counting = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes[direction] += chunk.length;
        controller.enqueue(chunk);
      },
    });
    await from.readable.pipeThrough(counting).pipeTo(to.writable).catch(() => {});
  };
  const accepting = (async () => {
    for await (const client of listener) {
      const path = `${serverFolder}/.s.PGSQL.5432`;
      const upstream = await Deno.connect({ transport: "unix", path });
      pass(client, upstream, "sent");
      pass(upstream, client, "received");
    }
  })();
  return {
    dsn: (database) => `postgresql:///${database}?host=${encodeURIComponent(folder)}&user=gdn`,
    bytes,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting.catch(() => {});
      await Deno.remove(folder, { recursive: true });
    },
  };
}
