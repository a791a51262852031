/**
 * Tiles that became too old for their sector since the package was made.
 *
 * @module
 */
import type { FlightPackage } from "../flight/flight_package/mod.ts";

/** The warning before the flight; null where there are none. */
export function expiredTilesWarning({ manifest, expiredTiles }: FlightPackage): string | null {
  if (expiredTiles.length === 0) return null;
  const first = expiredTiles.map(({ expiresAt }) => expiresAt ?? "").sort()[0];
  return `${expiredTiles.length} of ${manifest.tileCount} tiles of the package are too old for ` +
    `their sector (the first since ${first}): the flight goes on without them; provision again ` +
    "with newer imagery";
}
