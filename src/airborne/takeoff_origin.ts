/**
 * Where the estimator starts.
 *
 * @module
 */
import type { FlightDescription } from "../flight/replay/mod.ts";
import type { Airborne } from "./contract.ts";

/** A guess that the first sample of the barometer outweighs. */
const HEIGHT_GUESS_M = 100;
const HEIGHT_GUESS_SIGMA_M = 1000;

/** At the last trusted position; without one, anywhere on the map. */
export function setTakeoffOrigin(
  { estimator, localFrame, flightPackage }: Airborne,
  takeoff: FlightDescription["takeoff"],
): void {
  if (takeoff !== null) {
    estimator.setTakeoffOrigin(
      { positionLocalM: localFrame.localFromWgs(takeoff) },
      takeoff.sigmaHorizontalM,
      takeoff.sigmaVerticalM,
    );
    return;
  }
  const { southDeg, westDeg, northDeg, eastDeg } = flightPackage.manifest.area;
  const { heightM } = localFrame.origin;
  const a = localFrame.localFromWgs({ latitudeDeg: southDeg, longitudeDeg: westDeg, heightM });
  const b = localFrame.localFromWgs({ latitudeDeg: northDeg, longitudeDeg: eastDeg, heightM });
  estimator.setTakeoffOrigin(
    { positionLocalM: [0, 0, HEIGHT_GUESS_M] },
    Math.hypot(b[0] - a[0], b[1] - a[1]) / 2,
    HEIGHT_GUESS_SIGMA_M,
  );
}
