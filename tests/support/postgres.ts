/**
 * A private PostgreSQL server for the tests: real, on a Unix socket in a temp folder, gone with the
 * process that asked for it (see postgres_server.sh).
 *
 * `deno task test` starts one server for the whole run and hands it down in
 * `GDN_TEST_POSTGRES_FOLDER`; a file that is run alone starts its own.
 *
 * @module
 */
import { fromFileUrl } from "./paths.ts";

/** Names the socket folder of a server that already runs. */
export const SHARED_SERVER_VARIABLE = "GDN_TEST_POSTGRES_FOLDER";

export interface PostgresServer extends AsyncDisposable {
  /** Folder of the server's Unix socket. */
  readonly folder: string;
  /** DSN of one of its databases, as npm:pg takes it. */
  dsn(database: string): string;
  /** Creates an empty database and returns its DSN. */
  createDatabase(name?: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
}

/** The folder of initdb, postgres and psql, or undefined. The newest version wins. */
export function postgresBinaries(): string | undefined {
  const candidates = [Deno.env.get("GDN_POSTGRES_BIN"), ...debianFolders(), ...pathFolders()];
  return candidates.find((folder) =>
    folder !== undefined &&
    ["initdb", "postgres", "psql", "pg_isready"].every((name) => isFile(`${folder}/${name}`))
  );
}

/**
 * For `Deno.test({ ignore: !postgresAvailable(), … })`: false, with a line that says why, where no
 * server is installed; with `GDN_REQUIRE_POSTGRES=1` (continuous integration) it throws instead.
 */
export function postgresAvailable(): boolean {
  if (postgresBinaries() !== undefined) return true;
  const reason = "no PostgreSQL server is installed (apt-get install postgresql)";
  if (Deno.env.get("GDN_REQUIRE_POSTGRES") === "1") throw new Error(reason);
  console.warn(`tests with PostgreSQL are skipped: ${reason}`);
  return false;
}

/** Starts a server; dispose it. */
export async function startPostgres(): Promise<PostgresServer> {
  const binaries = postgresBinaries();
  if (binaries === undefined) throw new Error("no PostgreSQL server is installed");
  const script = fromFileUrl(new URL("./postgres_server.sh", import.meta.url));
  const child = new Deno.Command("setsid", {
    args: ["sh", script, binaries],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const stop = async () => {
    await child.stdin.close();
    await child.status;
  };
  const first = await firstLine(child.stdout);
  const folder = first.match(/^ready (.+)$/)?.[1];
  if (folder === undefined) {
    await stop();
    throw new Error(`the private PostgreSQL server did not start: ${first || "see above"}`);
  }
  return server(binaries, folder, stop);
}

/** The shared server of this run where there is one (disposing leaves it alone), else a new one. */
export async function usePostgres(): Promise<PostgresServer> {
  const folder = Deno.env.get(SHARED_SERVER_VARIABLE);
  const binaries = postgresBinaries();
  return folder && binaries
    ? server(binaries, folder, () => Promise.resolve())
    : await startPostgres();
}

/** Runs `body` with the DSN of a fresh, empty database and drops the database afterwards. */
export async function withPostgres<T>(body: (dsn: string) => Promise<T>): Promise<T> {
  await using postgres = await usePostgres();
  const name = freshName();
  const dsn = await postgres.createDatabase(name);
  try {
    return await body(dsn);
  } finally {
    await postgres.dropDatabase(name);
  }
}

/**
 * One server for the tests of a file. Call it at the top level: it registers hooks. `database()`
 * runs its body with a fresh database.
 */
export function postgresForFile(): {
  database<T>(body: (dsn: string) => Promise<T>): Promise<T>;
} {
  let postgres: PostgresServer | undefined;
  if (postgresBinaries() !== undefined) {
    Deno.test.beforeAll(async () => {
      postgres = await usePostgres();
    });
    Deno.test.afterAll(async () => {
      await postgres?.[Symbol.asyncDispose]();
    });
  }
  return {
    async database(body) {
      if (postgres === undefined) throw new Error("no PostgreSQL server: guard the test by ignore");
      const name = freshName();
      const dsn = await postgres.createDatabase(name);
      try {
        return await body(dsn);
      } finally {
        await postgres.dropDatabase(name);
      }
    },
  };
}

function server(binaries: string, folder: string, stop: () => Promise<void>): PostgresServer {
  const dsn = (database: string) =>
    `postgresql:///${database}?host=${encodeURIComponent(folder)}&user=gdn`;
  const sql = async (statement: string) => {
    const { success, stderr } = await new Deno.Command(`${binaries}/psql`, {
      args: ["-X", "-q", "-h", folder, "-U", "gdn", "-d", "postgres", "-c", statement],
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(`${statement}: ${new TextDecoder().decode(stderr)}`);
  };
  return {
    folder,
    dsn,
    async createDatabase(name = freshName()) {
      await sql(`CREATE DATABASE "${name}" TEMPLATE template0`);
      return dsn(name);
    },
    dropDatabase: (name) => sql(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`),
    [Symbol.asyncDispose]: stop,
  };
}

function freshName(): string {
  return `test_${crypto.randomUUID().replaceAll("-", "")}`;
}

function debianFolders(): string[] {
  const root = "/usr/lib/postgresql";
  try {
    return [...Deno.readDirSync(root)].map((entry) => entry.name)
      .sort((a, b) => Number(b) - Number(a)).map((version) => `${root}/${version}/bin`);
  } catch {
    return [];
  }
}

function pathFolders(): string[] {
  return (Deno.env.get("PATH") ?? "").split(":").filter((folder) => folder !== "");
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Reads one line, then lets the rest go. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  return text.split("\n")[0];
}
