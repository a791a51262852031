/**
 * `deno task golden`: writes the golden tables of tests/golden anew and says what changed. The tests
 * hold the program against them; the diff shows a change of behaviour to whoever reviews it.
 *
 * @module
 */
import { EXIT } from "../src/core/mod.ts";
import { filterRun } from "../tests/golden/filter_run.ts";
import { flyShortFlight, shortFlightTable } from "../tests/golden/short_flight.ts";
import { compare, csvOf, summaryOf, type Table } from "../tests/golden/table.ts";
import { REPOSITORY } from "./executables.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    console.log("deno task golden: no options; writes tests/golden/*.csv anew");
    return args[0] === "--help" ? EXIT.ok : EXIT.usage;
  }
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
