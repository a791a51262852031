import assert from "node:assert/strict";
import { flightMetrics } from "../../src/workstation/evaluation/mod.ts";
import { flyShortFlight, shortFlightTable } from "./short_flight.ts";
import { compare, summaryOf } from "./table.ts";

Deno.test("runCase() flies from painted ground to the positions of short_flight.csv (deno task golden)", async () => {
  const { evaluated, frames, recorded } = await flyShortFlight();
  const metrics = flightMetrics(evaluated);
  assert.ok(metrics.frames >= 20, `${metrics.frames} frames`);
  assert.ok(metrics.fixes >= metrics.frames / 2, `${metrics.fixes} fixes`);
  assert.equal(metrics.within20, 1);
  assert.ok((metrics.worstAcceptedFixM ?? Infinity) < 15);
  assert.equal(recorded.length, 1, "one flight in the recorder's folder");

  const committed = await Deno.readTextFile(new URL("short_flight.csv", import.meta.url));
  const comparison = compare(shortFlightTable(frames), committed);
  console.log(`short_flight.csv: ${summaryOf(comparison)}`);
  assert.deepEqual(comparison.misses, [], summaryOf(comparison));
});
