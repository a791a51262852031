/**
 * The connection to the queue: pg-boss (MIT; a queue in PostgreSQL, whose jobs are settled in the transaction
 * that stores their result), with tables of our own beside its.
 *
 * @module
 */
import { PgBoss } from "pg-boss";
import { EXIT, GdnError, messageOf, pause } from "../../core/mod.ts";
import { OtherProgramError, prepareTables, QUEUE_SCHEMA, SCHEMA } from "./layout.ts";
import type { JobKind } from "./payload.ts";

/** A worker that says nothing for so long has lost its job: another one takes it. */
const LEASE_S = 20;
export const HEARTBEAT_S = 5;
/** How often it is looked for jobs whose worker is gone. */
const SUPERVISION_S = 5;
/** The first try and five more. */
const RETRIES_MAX = 5;
const JOB_S_MAX = 6 * 3600;
const RETRY_MS = 1000;
const POOL_SIZE_MIN = 4;
const CONNECT_MS_MAX = 10_000;
/** A server that hangs, or a lock that lasts: the statement ends, and it is tried again with a message. */
const STATEMENT_MS_MAX = 30_000;
/** What the answer of a statement that the server ended gets on its way. */
const ANSWER_MS = 1000;

type Row = Record<string, unknown>;

/** One session: of the pool, or inside a transaction. */
export interface WorkSql {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: Row[] }>;
}

interface WorkDatabase extends WorkSql {
  beginTransaction(): Promise<
    { readonly db: WorkSql; commit(): Promise<void>; rollback(): Promise<void> }
  >;
}

interface WorkQueueOptions {
  readonly dsn: string;
  /** "0.1.0-4f2a9c01d2e3", see {@link programIdentity}. */
  readonly program: string;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
  /** Makes the tables; without it, it is waited until somebody has made them. */
  readonly create: boolean;
  /** Jobs at once, each of which may hold a connection. */
  readonly concurrency?: number;
  /** Looks for jobs whose worker is gone. */
  readonly supervise: boolean;
  /** 30 s where it is absent. */
  readonly statementMsMax?: number;
}

export class WorkQueue implements AsyncDisposable {
  readonly boss: PgBoss;
  readonly program: string;
  readonly #note: (line: string) => void;
  readonly #signal: AbortSignal;

  private constructor(boss: PgBoss, { program, note, signal }: WorkQueueOptions) {
    this.boss = boss;
    this.program = program;
    this.#note = note;
    this.#signal = signal;
  }

  /**
   * Waits, with a message, for a server that does not answer.
   *
   * @throws OtherProgramError; GdnError 69 where the server refuses
   */
  static async open(options: WorkQueueOptions): Promise<WorkQueue> {
    const { dsn, note, signal, create, supervise, concurrency = 1 } = options;
    const timeouts = timeoutsOf(options.statementMsMax ?? STATEMENT_MS_MAX);
    const boss = new PgBoss({
      connectionString: dsn,
      schema: QUEUE_SCHEMA,
      application_name: "gps-denied-onboard",
      max: POOL_SIZE_MIN + concurrency,
      ...timeouts,
      schedule: false,
      supervise,
      superviseIntervalSeconds: SUPERVISION_S,
      monitorIntervalSeconds: SUPERVISION_S,
      queueCacheIntervalSeconds: SUPERVISION_S,
      registerInstance: false,
      openTelemetry: { enabled: false },
      reindex: false,
      monitorVacuum: false,
    });
    const queue = new WorkQueue(boss, options);
    // The next statement reports it; without a listener it would end the process.
    boss.on("error", (error) => queue.#onError(error));
    await queue.patiently(async () => {
      let waits = false;
      while (!await prepareTables({ connectionString: dsn, ...timeouts }, create)) {
        if (!waits) note("nothing was handed in to this database yet: waiting");
        waits = true;
        await pause(RETRY_MS, signal);
        signal.throwIfAborted();
      }
      await boss.start();
    });
    return queue;
  }

  get sql(): WorkSql {
    return this.boss.getDb();
  }

  /** The program's name is in it: no other program takes from it. */
  queueOf(kind: JobKind): string {
    return `${kind}/${this.program}`;
  }

  async makeQueue(kind: JobKind): Promise<string> {
    const name = this.queueOf(kind);
    await this.boss.createQueue(name, {
      heartbeatSeconds: LEASE_S,
      retryLimit: RETRIES_MAX,
      expireInSeconds: JOB_S_MAX,
    });
    return name;
  }

  /** Commits when `body` returns; rolls back and rethrows when it throws. */
  async transaction<T>(body: (sql: WorkSql) => Promise<T>): Promise<T> {
    const database = this.boss.getDb() as WorkDatabase;
    const transaction = await database.beginTransaction();
    try {
      const result = await body(transaction.db);
      await transaction.commit();
      return result;
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
  }

  /** Tries again, with a message, for as long as the server does not answer. */
  async patiently<T>(work: () => Promise<T>): Promise<T> {
    for (let waits = false;;) {
      try {
        const result = await work();
        if (waits) this.#note("the database answers again");
        return result;
      } catch (error) {
        if (!isUnreachable(error)) throw unavailable(error);
        if (!waits) this.#note(`the database does not answer (${messageOf(error)}): waiting`);
        waits = true;
        await pause(RETRY_MS, this.#signal);
        this.#signal.throwIfAborted();
      }
    }
  }

  #isSilent = false;

  #onError(error: Error): void {
    if (!isUnreachable(error)) this.#note(`the queue: ${messageOf(error)}`);
    else if (!this.#isSilent) {
      this.#note(`the database does not answer (${messageOf(error)}): waiting`);
      this.#isSilent = true;
      setTimeout(() => this.#isSilent = false, 60 * RETRY_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.boss.stop({ graceful: false }).catch(() => {});
  }
}

/** As npm:pg takes them: the server ends a statement, and where it does not answer even then, we do not wait. */
function timeoutsOf(statementMsMax: number) {
  return {
    connectionTimeoutMillis: CONNECT_MS_MAX,
    statement_timeout: statementMsMax,
    query_timeout: statementMsMax + ANSWER_MS,
  };
}

/**
 * Connection errors of the system, and classes of SQLSTATE: connection, operator intervention; 57014 ends a
 * statement after its time.
 */
function isUnreachable(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  if (typeof code === "string") {
    return /^(EAGAIN|ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)$/
      .test(code) || /^(08|57P0|57014)/.test(code);
  }
  return /connection (terminated|timeout|ended)|query read timeout|timeout expired|timeout exceeded when trying to connect|client has encountered a connection error/i
    .test(messageOf(error));
}

/** What the server or the system says, without the DSN, which may hold a password. */
function unavailable(error: unknown): unknown {
  const { code } = error as { code?: unknown };
  const isRefusal = typeof code === "string" && /^(28|3D|42501|E[A-Z])/.test(code);
  if (error instanceof OtherProgramError || !isRefusal) return error;
  return new GdnError(
    "QUEUE_UNAVAILABLE",
    `Cannot use the database: ${messageOf(error)}; check --dsn, and that its user may use the ` +
      `schemas ${SCHEMA} and ${QUEUE_SCHEMA}`,
    { cause: error, exitCode: EXIT.unavailable },
  );
}
