/**
 * What a package says of the flight, beside what the aircraft, its crew or a recording say. Who is nearer to the
 * flight is believed, and what the package says otherwise is told.
 *
 * @module
 */
import { type LatitudeLongitude, WgsConverter } from "../core/mod.ts";
import type { FlightPackage, Manifest } from "../flight/flight_package/mod.ts";
import { calibrationDifferences, type CameraCalibration } from "../navigation/camera/mod.ts";

/** null where the two are of one camera, or the package is for any. */
export function calibrationWarning(
  { path, calibration }: Pick<FlightPackage, "path" | "calibration">,
  used: CameraCalibration | null,
  whose: string,
): string | null {
  if (calibration === null || used === null) return null;
  const differences = calibrationDifferences(calibration, used);
  if (differences.length === 0) return null;
  return `NOT flown with the package's calibration: ${whose} is another camera's than ${path} was made ` +
    `for (${differences.join("; ")})`;
}

/** A place within so many sigmas is the same. */
const SIGMAS = 3;

/** Metres by which a place is another than where the package says that the flight begins; null: the same. */
export function besideTakeoffM(
  { takeoff }: Pick<Manifest, "takeoff">,
  place: LatitudeLongitude & { readonly sigmaHorizontalM: number },
): number | null {
  if (takeoff === undefined) return null;
  const distanceM = WgsConverter.horizontalDistanceM(takeoff, { ...place, heightM: 0 });
  const sigmaM = Math.hypot(takeoff.sigmaHorizontalM, place.sigmaHorizontalM);
  return distanceM <= SIGMAS * sigmaM ? null : distanceM;
}

/** null where the package says the same, or nothing. */
export function takeoffWarning(
  { path, manifest }: Pick<FlightPackage, "path" | "manifest">,
  place: (LatitudeLongitude & { readonly sigmaHorizontalM: number }) | null,
  whose: string,
): string | null {
  const besideM = place === null ? null : besideTakeoffM(manifest, place);
  if (besideM === null) return null;
  return `NOT started at the package's take-off origin: ${whose} lies ${
    besideM.toFixed(0)
  } m from ` +
    `where ${path} says that the flight begins`;
}
