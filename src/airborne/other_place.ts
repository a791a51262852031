/**
 * A flight that begins outside of the package's map.
 *
 * @module
 */
import { LocalFrame } from "../core/mod.ts";
import type { FlightPackage } from "../flight/flight_package/mod.ts";
import type { FlightDescription } from "../flight/replay/mod.ts";

/** The warning; null where the take-off is on the map, or not known. */
export function otherPlaceWarning(
  { takeoff }: Pick<FlightDescription, "takeoff">,
  { path, manifest: { area } }: Pick<FlightPackage, "path" | "manifest">,
): string | null {
  if (takeoff === null) return null;
  const { southDeg, westDeg, northDeg, eastDeg } = area;
  const { latitudeDeg, longitudeDeg } = takeoff;
  const nearestDeg = {
    latitudeDeg: Math.min(Math.max(latitudeDeg, southDeg), northDeg),
    longitudeDeg: Math.min(Math.max(longitudeDeg, westDeg), eastDeg),
  };
  const toTakeoff = new LocalFrame({ ...nearestDeg, heightM: 0 })
    .localFromWgs({ latitudeDeg, longitudeDeg, heightM: 0 });
  const distanceM = Math.hypot(toTakeoff[0], toTakeoff[1]);
  // The uncertainty of the take-off alone says nothing.
  if (distanceM <= 3 * takeoff.sigmaHorizontalM) return null;
  const distance = distanceM < 10_000
    ? `${distanceM.toFixed(0)} m`
    : `${(distanceM / 1000).toFixed(0)} km`;
  return `the flight begins ${distance} outside of the map of ${path} ` +
    `(take-off at ${latitudeDeg.toFixed(4)},${longitudeDeg.toFixed(4)}; the map spans ` +
    `${[southDeg, westDeg, northDeg, eastDeg].map((deg) => deg.toFixed(4)).join(",")}): no ` +
    "picture from there can give a position; provision a package of that place";
}
