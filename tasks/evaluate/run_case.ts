/**
 * Runs one case from map to figures.
 *
 * @module
 */
import { type EvaluatedFlight, evaluateFlight } from "../../src/workstation/evaluation/mod.ts";
import type { EvaluateCase } from "./cases.ts";
import { flyCase } from "./fly.ts";
import type { CaseHost, PackageCache } from "./host.ts";
import { runPhotographs } from "./photographs.ts";
import type { TilePlacement } from "./tiles/placement.ts";

export interface EvaluatedCase extends EvaluatedFlight {
  /** null: no tiles were made. */
  readonly tiles: readonly TilePlacement[] | null;
}

/** @throws GdnError */
export async function runCase(
  evaluated: EvaluateCase,
  packages: PackageCache,
  host: CaseHost,
): Promise<EvaluatedCase> {
  switch (evaluated.kind) {
    case "flight": {
      const { frames, summary, truth, tiles } = await flyCase(evaluated, packages, host);
      return { ...evaluateFlight(frames, summary, truth, evaluated.flight.prior), tiles };
    }
    case "photographs":
      return { ...await runPhotographs(evaluated, host), tiles: null };
    default:
      return evaluated satisfies never;
  }
}
