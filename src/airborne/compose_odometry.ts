/**
 * Composes the odometry that works in a process of its own.
 *
 * @module
 */
import { resolve } from "node:path";
import { UsageError } from "../core/mod.ts";
import { Odometer, Okvis2, PlanarKlt, type VioStrategy } from "../navigation/vio/mod.ts";
import type { VisionLibrary } from "../native/vision/mod.ts";
import type { AirborneConfig } from "./config.ts";

/**
 * Starts the children: before the filter of system calls, behind which nothing can be started.
 *
 * @throws UsageError where the configuration names no program; RuntimeNotAvailableError where it is not usable.
 */
export async function openOkvis2(
  vision: VisionLibrary,
  { okvis2: config, planarKlt }: AirborneConfig,
): Promise<VioStrategy> {
  if (config.program === "") {
    throw new UsageError(
      "the strategy okvis2 of vio needs its program: set okvis2.program to the path of gdn_okvis2",
    );
  }
  const program = resolve(config.program);
  const odometer = await Odometer.open({ ...config, program });
  return new Okvis2({ vision, odometer, plane: new PlanarKlt(vision, planarKlt), config });
}
