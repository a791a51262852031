/**
 * One case from map to figures.
 *
 * @module
 */
import { type EvaluatedFlight, evaluateFlight } from "../../src/evaluation/mod.ts";
import type { EvaluateCase } from "./cases.ts";
import { flyCase } from "./fly.ts";
import type { CaseHost, PackageCache } from "./host.ts";
import { runPhotographs } from "./photographs.ts";

/** @throws GdnError */
export async function runCase(
  evaluated: EvaluateCase,
  packages: PackageCache,
  host: CaseHost,
): Promise<EvaluatedFlight> {
  switch (evaluated.kind) {
    case "flight": {
      const { frames, summary, truth } = await flyCase(evaluated, packages, host);
      return evaluateFlight(frames, summary, truth, evaluated.flight.prior);
    }
    case "photographs":
      return await runPhotographs(evaluated, host);
    default:
      return evaluated satisfies never;
  }
}
