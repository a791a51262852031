import assert from "node:assert/strict";
import { filterRun } from "./filter_run.ts";
import { compare, summaryOf } from "./table.ts";

Deno.test("Eskf estimates what it estimated when filter_run.csv was committed (deno task golden)", async () => {
  const committed = await Deno.readTextFile(new URL("filter_run.csv", import.meta.url));
  const comparison = compare(filterRun(), committed);
  assert.deepEqual(comparison.misses, [], summaryOf(comparison));
});
