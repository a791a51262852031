/**
 * The error of a photograph of which a part was cut out: where its optical axis met the picture is not known, and
 * straight down neither picture nor map shows it.
 *
 * @module
 */
import type { PhotographEvent } from "../../flight/replay/mod.ts";
import type { BodyPose } from "../../navigation/pose/mod.ts";
import type { Location } from "../locator.ts";

/** With what the axis leaves open: alike everywhere within its bounds, on the ground that it meets. */
export function withUnknownMiddle(
  location: Location,
  { middleWithinPx, frame: { calibration: { fxPx } } }: Pick<
    PhotographEvent,
    "middleWithinPx" | "frame"
  >,
): Location {
  const { fix } = location;
  const withinPx = Math.max(...middleWithinPx);
  if (fix === null || withinPx === 0) return location;
  const cosine = Math.max(0.5, -fix.localFromCamera[8]);
  const withinM = withinPx / fxPx * fix.posterior.positionLocalM[2] / cosine ** 2;
  // Of a uniform distribution.
  const varianceM2 = withinM ** 2 / 3;
  const wider = (pose: BodyPose): BodyPose => {
    const covariance = Float64Array.from(pose.covariance);
    covariance[0] += varianceM2;
    covariance[7] += varianceM2;
    return { ...pose, covariance };
  };
  return {
    ...location,
    fix: { ...fix, posterior: wider(fix.posterior), measurementOnly: wider(fix.measurementOnly) },
  };
}
