/**
 * Locates a photograph on the ground of another one: the same flight and the same light, so that features are
 * matched, not structure.
 *
 * @module
 */
import type { MapSource } from "../navigation/map/mod.ts";
import { FeatureMatcher, SiftExtractor } from "../navigation/matcher/mod.ts";
import type { PoseSolver } from "../navigation/pose/mod.ts";
import type { VisionLibrary } from "../native/vision/mod.ts";
import type { AirborneConfig } from "./config.ts";
import { Locator } from "./locator.ts";
import type { StageClock } from "./stage_clock.ts";

/** Side of the pictures that are described, pixels. */
const SIDE_PX = 1024;
/** Further than any photograph that still overlaps: the prior limits the search. */
const REACH_MAX_M = 5000;

interface OverlapParts {
  readonly vision: VisionLibrary;
  readonly solver: PoseSolver;
  readonly config: Pick<AirborneConfig, "features" | "navigator">;
  /** What it costs counts there. */
  readonly stages: StageClock;
}

export function composeOverlapLocator(
  { vision, solver, config, stages }: OverlapParts,
  ground: MapSource,
): Locator {
  const features = {
    ...config.features,
    gsdShare: 1,
    sidePx: SIDE_PX,
    searchRadiusMaxM: REACH_MAX_M,
  };
  return new Locator({
    // It is where the flight says, or nowhere.
    recogniser: {
      strategyLabel: "prior",
      propose: (_frame, prior) => Promise.resolve({ method: "prior", hypotheses: [prior] }),
    },
    matcher: new FeatureMatcher(vision, ground, new SiftExtractor(vision, features), features),
    solver,
  }, { rerank: 1, refineResidualPx: config.navigator.refineResidualPx, stages });
}
