/**
 * A PostgreSQL server through npm:pg, with a connection pool.
 *
 * @module
 */
import pg from "pg";
import { messageOf } from "../../../../core/mod.ts";
import { TileDatabaseError } from "../../../tile_contract/mod.ts";
import type { SqlDatabase, SqlRow, SqlTransaction, SqlValue } from "./database.ts";
import { sqlStateOf } from "./database.ts";

/** Connections in the pool: writing a batch uses one, readers the others. */
const POOL_SIZE = 4;
const CONNECT_TIMEOUT_MS = 10_000;

/** Prepared statements, which the server parses and plans once for each connection. */
interface Prepared {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Names of the prepared statements; their texts are constants of the program, so there are few. */
const NAMES = new Map<string, string>();
const NAMES_MAX = 200;

/** Returns no name when planning costs nothing, or when there are too many texts already. */
function prepared(text: string, parameters: readonly SqlValue[]): Prepared {
  const values = [...parameters];
  let name = NAMES.get(text);
  if (name === undefined && values.length > 0 && NAMES.size < NAMES_MAX) {
    name = `gdn_${NAMES.size}`;
    NAMES.set(text, name);
  }
  return name === undefined ? { text, values } : { name, text, values };
}

/** The part of npm:pg that is used; it has no types of its own. */
interface Client {
  query(statement: string | Prepared): Promise<{ rows: SqlRow[] }>;
  release(error?: Error | boolean): void;
  on(event: "error", listener: (error: Error) => void): void;
  off(event: "error", listener: (error: Error) => void): void;
  readonly host: string;
  readonly port: number;
  readonly database: string;
}
interface Pool {
  query(statement: string | Prepared): Promise<{ rows: SqlRow[] }>;
  connect(): Promise<Client>;
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): void;
}

class PostgresDatabase implements SqlDatabase {
  readonly name: string;
  readonly #pool: Pool;
  #ended = false;

  constructor(pool: Pool, name: string) {
    this.#pool = pool;
    this.name = name;
  }

  async query<Row extends SqlRow>(
    text: string,
    parameters: readonly SqlValue[] = [],
  ): Promise<readonly Row[]> {
    return (await this.#pool.query(prepared(text, parameters))).rows as Row[];
  }

  async transaction<T>(body: (sql: SqlTransaction) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    // Without a listener, a connection that breaks between two queries would end this process.
    const onError = (error: Error) => broken = error;
    client.on("error", onError);
    try {
      await client.query("BEGIN");
      const result = await body(session(client));
      await client.query("COMMIT");
      return result;
    } catch (error) {
      // A connection that cannot roll back must not return to the pool.
      await client.query("ROLLBACK").catch((failure) => broken = failure);
      throw error;
    } finally {
      client.off("error", onError);
      client.release(broken);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#pool.end();
  }
}

function session(client: Client): SqlTransaction {
  return {
    query: async <Row extends SqlRow>(text: string, parameters: readonly SqlValue[] = []) =>
      (await client.query(prepared(text, parameters))).rows as Row[],
    script: async (text) => {
      await client.query(text);
    },
  };
}

/**
 * Connects to a server. `dsn`: "postgresql://USER@HOST:PORT/DATABASE", or with `?host=/folder` for a
 * Unix socket.
 *
 * @throws TileDatabaseError when it cannot be reached, or does not answer in time; the message never
 * holds the password.
 */
export async function openPostgres(
  dsn: string,
  { connectTimeoutMs = CONNECT_TIMEOUT_MS }: { readonly connectTimeoutMs?: number } = {},
): Promise<SqlDatabase> {
  let pool: Pool | undefined;
  try {
    await knockAtSocket(addressOf(dsn));
    pool = new pg.Pool({
      connectionString: dsn,
      max: POOL_SIZE,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      application_name: "gps-denied-onboard",
    }) as Pool;
    // Without a listener a server that restarts would end this process; the next query reports it.
    pool.on("error", () => {});
    const client = await answered(pool.connect(), connectTimeoutMs);
    const name = `PostgreSQL server ${client.host}:${client.port}, database ${client.database}`;
    client.release();
    return new PostgresDatabase(pool, name);
  } catch (error) {
    // end() waits for connections that are never established, so it is not awaited.
    pool?.end().catch(() => {});
    const state = sqlStateOf(error);
    const said = messageOf(error);
    const why = /connection timeout/i.test(said) ? silence(connectTimeoutMs) : said;
    throw new TileDatabaseError(
      `Cannot connect to PostgreSQL: ${why}${state ? ` (SQLSTATE ${state})` : ""}; ` +
        "check the DSN and that the server runs",
      { cause: error },
    );
  }
}

interface ServerAddress {
  /** Host name or, for a Unix socket, its folder. */
  readonly host: string;
  readonly port: number;
}

/** The parser's own error contains the whole DSN, including the password. */
function addressOf(dsn: string): ServerAddress {
  try {
    return new pg.Client({ connectionString: dsn }) as ServerAddress;
  } catch {
    throw new Error("the DSN cannot be read: it must be postgresql://USER@HOST:PORT/DATABASE");
  }
}

/**
 * Opens a Unix socket once to see whether it exists and is permitted; npm:pg would never report a
 * refused permission.
 */
async function knockAtSocket({ host, port }: ServerAddress): Promise<void> {
  if (!host.startsWith("/")) return;
  const path = `${host}/.s.PGSQL.${port}`;
  try {
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    throw new Error(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

function silence(timeoutMs: number): string {
  return `the server did not answer within ${timeoutMs / 1000} s`;
}

/** npm:pg has a deadline of its own, which some faults bypass. */
async function answered(connecting: Promise<Client>, timeoutMs: number): Promise<Client> {
  const deadline = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    deadline.reject(new Error(silence(timeoutMs)));
    // A connection that arrives too late is closed.
    connecting.then((client) => client.release(true), () => {});
  }, timeoutMs);
  try {
    return await Promise.race([connecting, deadline.promise]);
  } finally {
    clearTimeout(timer);
  }
}
