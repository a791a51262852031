/**
 * Where the estimator starts.
 *
 * @module
 */
import type { FlightDescription } from "../flight/replay/mod.ts";
import type { Enu } from "../core/mod.ts";
import type { Airborne } from "./contract.ts";
import type { LastPosition } from "./live/live_state_file.ts";
import type { StartOrigin } from "./live/start.ts";
import { besideTakeoffM } from "./mission.ts";

/** A guess that the first sample of the barometer outweighs. */
const HEIGHT_GUESS_M = 100;
const HEIGHT_GUESS_SIGMA_M = 1000;
/** Of the barometer at the start of a live flight. */
const HEIGHT_SIGMA_M = 5;

/** At the last trusted position; without one, where the package says; else anywhere on the map. */
export function setTakeoffOrigin(
  { estimator, localFrame, flightPackage }: Airborne,
  trusted: FlightDescription["takeoff"],
): void {
  const takeoff = trusted ?? flightPackage.manifest.takeoff;
  if (takeoff !== undefined) {
    estimator.setTakeoffOrigin(
      { positionLocalM: localFrame.localFromWgs(takeoff) },
      takeoff.sigmaHorizontalM,
      takeoff.sigmaVerticalM,
    );
    return;
  }
  const { positionLocalM, sigmaHorizM } = mapMiddle({ localFrame, flightPackage });
  estimator.setTakeoffOrigin({ positionLocalM }, sigmaHorizM, HEIGHT_GUESS_SIGMA_M);
}

/** Height of the ground that an aircraft took off from, over the ellipsoid, metres. */
interface TakeoffGround {
  readonly groundHeightM: number;
  /** What is not known of it, 1 sigma. */
  readonly sigmaM: number;
}

/**
 * As the package says of the place that it takes off from; else the package's ground height where the ground is
 * flat, the terrain where the aircraft stands, what was known before an interruption. Else anything between the
 * lowest and the highest ground.
 */
export function takeoffGround(
  { flightPackage, localFrame, terrain }: Pick<
    Airborne,
    "flightPackage" | "localFrame" | "terrain"
  >,
  origin: StartOrigin,
  { stands, interrupted }: { readonly stands: boolean; readonly interrupted: LastPosition | null },
): TakeoffGround {
  const { groundHeightM, terrain: range, takeoff } = flightPackage.manifest;
  const isContradicted = origin.from === "package" && origin.gpsBesideM !== null;
  const isThere = takeoff !== undefined && stands && origin.from !== "map" && !isContradicted &&
    besideTakeoffM(flightPackage.manifest, origin) === null;
  const isFlat = terrain === null || range === undefined;
  if (isFlat && !isThere && takeoff === undefined) return { groundHeightM, sigmaM: 0 };
  if (interrupted?.takeoffGroundM !== undefined) {
    return { groundHeightM: interrupted.takeoffGroundM, sigmaM: 0 };
  }
  if (isThere) return { groundHeightM: takeoff.heightM, sigmaM: takeoff.sigmaVerticalM };
  if (isFlat) return { groundHeightM, sigmaM: 0 };
  if (!stands || origin.from === "map") {
    return { groundHeightM, sigmaM: (range.maximumM - range.minimumM) / SIGMAS_PER_RANGE };
  }
  const [eastM, northM] = localFrame.localFromWgs({ ...origin, heightM: groundHeightM });
  return {
    groundHeightM: groundHeightM + terrain.upM(eastM, northM),
    sigmaM: terrain.differenceM(eastM, northM, origin.sigmaHorizontalM),
  };
}

/** Between the lowest and the highest ground. */
const SIGMAS_PER_RANGE = 4;

/** A live flight's: at the height that the barometer says, where it says one. */
export function startAt(
  airborne: Pick<Airborne, "estimator" | "localFrame" | "flightPackage">,
  origin: StartOrigin,
  { heightM, groundSigmaM }: { readonly heightM: number | null; readonly groundSigmaM: number },
): void {
  const { estimator, localFrame } = airborne;
  const upM = heightM === null ? HEIGHT_GUESS_M : heightM - localFrame.origin.heightM;
  const sigmaVertM = heightM === null
    ? HEIGHT_GUESS_SIGMA_M
    : Math.hypot(HEIGHT_SIGMA_M, groundSigmaM);
  const { positionLocalM: [eastM, northM], sigmaHorizM } = origin.from === "map"
    ? mapMiddle(airborne)
    : {
      positionLocalM: localFrame.localFromWgs({ ...origin, heightM: localFrame.origin.heightM }),
      sigmaHorizM: origin.sigmaHorizontalM,
    };
  estimator.setTakeoffOrigin({ positionLocalM: [eastM, northM, upM] }, sigmaHorizM, sigmaVertM);
}

/** Anywhere on the map: its middle, and half of its diagonal. */
function mapMiddle(
  { localFrame, flightPackage }: Pick<Airborne, "localFrame" | "flightPackage">,
): { readonly positionLocalM: Enu; readonly sigmaHorizM: number } {
  const { southDeg, westDeg, northDeg, eastDeg } = flightPackage.manifest.area;
  const { heightM } = localFrame.origin;
  const a = localFrame.localFromWgs({ latitudeDeg: southDeg, longitudeDeg: westDeg, heightM });
  const b = localFrame.localFromWgs({ latitudeDeg: northDeg, longitudeDeg: eastDeg, heightM });
  return {
    positionLocalM: [0, 0, HEIGHT_GUESS_M],
    sigmaHorizM: Math.hypot(b[0] - a[0], b[1] - a[1]) / 2,
  };
}
