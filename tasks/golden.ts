/**
 * `deno task golden`: rewrites the golden tables of tests/golden and prints what changed. The tests
 * compare the program with them; a change of behaviour shows in the diff.
 *
 * @module
 */
import { defineCommand, EXIT, type ExitCode, runCommand } from "../src/core/mod.ts";
import { filterRun } from "../tests/golden/filter_run.ts";
import { flyShortFlight, shortFlightTable } from "../tests/golden/short_flight.ts";
import { compare, csvOf, summaryOf, type Table } from "../tests/golden/table.ts";
import { REPOSITORY } from "./executables.ts";

export const goldenCommand = defineCommand({
  name: "golden",
  summary: "write the golden tables of tests/golden anew",
  about: "Writes tests/golden/*.csv anew and says what changed.",
  options: {},
  examples: ["deno task golden"],
  run: writeTables,
});

if (import.meta.main) {
  Deno.exit(
    await runCommand({
      title: "deno task golden",
      command: goldenCommand,
      args: Deno.args,
      permissionSet: "tasks",
    }),
  );
}

async function writeTables(): Promise<ExitCode> {
  await refresh("filter_run", filterRun());
  await refresh("short_flight", shortFlightTable((await flyShortFlight()).frames));
  return EXIT.ok;
}

async function refresh(name: string, table: Table): Promise<void> {
  const path = `${REPOSITORY}/tests/golden/${name}.csv`;
  const committed = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
  const change = committed === null ? "new" : summaryOf(compare(table, committed));
  await Deno.writeTextFile(path, csvOf(table));
  console.log(`${name}.csv: ${change}`);
}
