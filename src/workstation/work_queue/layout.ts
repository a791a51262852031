/**
 * The tables beside pg-boss's own: runs, results, and who holds what.
 *
 * @module
 */
import pg from "pg";
import { EXIT, GdnError } from "../../core/mod.ts";

/** Schema of our tables, and that of pg-boss. */
export const SCHEMA = "gdn_work";
export const QUEUE_SCHEMA = "gdn_jobs";

/** Of our tables, and the version of pg-boss, whose tables change with it. */
const LAYOUT = "1, pg-boss 12.38.0";

const TABLES = `
CREATE SCHEMA IF NOT EXISTS ${SCHEMA};
CREATE TABLE IF NOT EXISTS ${SCHEMA}.layout (version text NOT NULL);
CREATE TABLE IF NOT EXISTS ${SCHEMA}.run (
  id uuid PRIMARY KEY,
  kind text NOT NULL,
  program text NOT NULL,
  title text NOT NULL,
  document text NOT NULL,
  jobs integer NOT NULL,
  handed_in_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS ${SCHEMA}.result (
  job_id uuid PRIMARY KEY,
  run_id uuid NOT NULL REFERENCES ${SCHEMA}.run ON DELETE CASCADE,
  first integer NOT NULL,
  count integer NOT NULL,
  attempt integer NOT NULL,
  worker text NOT NULL,
  cpu_ms double precision NOT NULL,
  wall_ms double precision NOT NULL,
  input_bytes bigint NOT NULL,
  sha256 text NOT NULL,
  content bytea NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS result_run ON ${SCHEMA}.result (run_id);
CREATE TABLE IF NOT EXISTS ${SCHEMA}.holder (
  job_id uuid PRIMARY KEY,
  run_id uuid NOT NULL REFERENCES ${SCHEMA}.run ON DELETE CASCADE,
  attempt integer NOT NULL,
  worker text NOT NULL,
  since timestamptz NOT NULL DEFAULT now()
);
`;

/** A number that nothing else uses: two that make the tables wait for each other on it. */
const ADVISORY_LOCK = "6155301862297149002";

/** The part of npm:pg that is used; it has no types of its own. */
interface Client {
  connect(): Promise<void>;
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): void;
}

/** Jobs were handed in by another program than this one. */
export class OtherProgramError extends GdnError {
  constructor(message: string) {
    super("OTHER_PROGRAM", message, { exitCode: EXIT.configuration });
  }
}

/**
 * Makes the tables where `create` allows it, and holds what is there against this program.
 * `connection`: as npm:pg takes it, with its timeouts.
 *
 * @returns false: there are none yet
 * @throws OtherProgramError
 */
export async function prepareTables(
  connection: Readonly<Record<string, string | number>>,
  create: boolean,
): Promise<boolean> {
  const client: Client = new pg.Client({
    ...connection,
    application_name: "gps-denied-onboard",
  });
  client.on("error", () => {});
  try {
    await client.connect();
    const there = await client.query("SELECT to_regclass($1) AS name", [`${SCHEMA}.layout`]);
    if (there.rows[0].name === null) {
      if (!create) return false;
      await makeTables(client);
    }
    const { rows } = await client.query(`SELECT version FROM ${SCHEMA}.layout`);
    if (rows[0]?.version !== LAYOUT) {
      throw new OtherProgramError(
        `Cannot use the jobs of this database: they have layout ${
          rows[0]?.version
        }, this program ` +
          `${LAYOUT}; use the program that made them, or drop the schemas ${SCHEMA} and ${QUEUE_SCHEMA}`,
      );
    }
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}

async function makeTables(client: Client): Promise<void> {
  await client.query("BEGIN");
  await client.query("SELECT pg_advisory_xact_lock($1::bigint)", [ADVISORY_LOCK]);
  await client.query(TABLES);
  await client.query(
    `INSERT INTO ${SCHEMA}.layout SELECT $1 WHERE NOT EXISTS (SELECT 1 FROM ${SCHEMA}.layout)`,
    [LAYOUT],
  );
  await client.query("COMMIT");
}
