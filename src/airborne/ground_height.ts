/**
 * A flight recorded over one ground height and a package made for another: the height above the ground
 * is then wrong, and with it every scale.
 *
 * @module
 */
import type { FlightPackage } from "../flight/flight_package/mod.ts";
import type { FlightDescription } from "../flight/replay/mod.ts";

/** Terrain and geoid models differ by this much without harm, metres. */
const DIFFERENCE_MAX_M = 2;

/** The warning; null where the two heights agree. */
export function groundHeightWarning(
  { groundHeightM: flown }: Pick<FlightDescription, "groundHeightM">,
  { path, manifest: { groundHeightM: mapped, terrain } }: Pick<
    FlightPackage,
    "path" | "manifest"
  >,
): string | null {
  // Terrain says how high the ground is, whatever the flight's description takes it for.
  if (terrain !== undefined) return null;
  if (Math.abs(flown - mapped) <= DIFFERENCE_MAX_M) return null;
  return `the flight's ground lies ${flown} m over the ellipsoid (flight.json), that of ${path} ` +
    `${mapped} m: heights above ground are wrong by ${Math.abs(flown - mapped).toFixed(1)} m; ` +
    `provision the package with --ground-height ${flown}, or correct flight.json`;
}
