/**
 * What jobs cost, kept beside their results: these are forgotten once they are gathered.
 *
 * @module
 */
import type { WorkQueue } from "../../src/workstation/work_queue/mod.ts";

interface JobCosts {
  readonly jobs: number;
  /** Of the workers' own processes, while they had a job in hand. */
  readonly cpuS: number;
  readonly inputBytes: number;
  readonly resultBytes: number;
}

/** From now on; once for a database. */
export async function recordCosts({ sql }: WorkQueue): Promise<void> {
  await sql.executeSql("CREATE TABLE cost (cpu_ms float8, input_bytes bigint, bytes int)");
  await sql.executeSql(`CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO cost VALUES (new.cpu_ms, new.input_bytes, length(new.content)); RETURN new; END $$`);
  await sql.executeSql(`CREATE TRIGGER note AFTER INSERT ON gdn_work.result
    FOR EACH ROW EXECUTE FUNCTION note()`);
}

/** Of all jobs since then. */
export async function recordedCosts({ sql }: WorkQueue): Promise<JobCosts> {
  const { rows: [row] } = await sql.executeSql(
    `SELECT count(*)::int AS jobs, sum(cpu_ms)::float8 / 1000 AS "cpuS",
       sum(input_bytes)::float8 AS "inputBytes", sum(bytes)::float8 AS "resultBytes" FROM cost`,
  );
  return row as unknown as JobCosts;
}
