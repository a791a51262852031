/**
 * What a package says of the flight beside its map: where it begins, by which camera, with which settings.
 *
 * @module
 */
import type { LocalFrame } from "../../core/mod.ts";
import {
  encodeCalibration,
  type Manifest,
  PACKAGE_PATHS,
} from "../../flight/flight_package/mod.ts";
import type { GridTerrain } from "../../navigation/terrain/mod.ts";
import type { GridBounds } from "../terrain/mod.ts";
import type { PackageMission } from "./contract.ts";
import { ProvisioningError } from "./errors.ts";
import type { PackageFolder } from "./package_folder.ts";

/** As far as a local frame is accurate. */
const OUTSIDE_MAX_M = 20_000;
/** Beyond its sigmas: then one of the two heights counts from something else. */
const HEIGHT_DIFFERENCE_MAX_M = 10, SIGMAS = 3;

export async function writeMission(
  folder: PackageFolder,
  { calibration, settings }: PackageMission,
): Promise<void> {
  if (calibration !== null) {
    await folder.write(PACKAGE_PATHS.calibration, encodeCalibration(calibration));
  }
  if (settings !== null) await folder.write(PACKAGE_PATHS.configuration, settings);
}

export function missionSummary({ takeoff, calibration, settings }: PackageMission) {
  return {
    takeoff: takeoff ?? null,
    cameraId: calibration?.id ?? null,
    hasSettings: settings !== null,
  };
}

/**
 * Metres by which the flight begins outside of the map.
 *
 * @throws ProvisioningError where it is too far, or as high as no ground there
 */
export function checkTakeoff(
  takeoff: NonNullable<Manifest["takeoff"]>,
  { localFrame, bounds, terrain }: {
    /** Up counts from the ellipsoid. */
    readonly localFrame: LocalFrame;
    readonly bounds: GridBounds;
    /** Over the ellipsoid; null: the ground is flat. */
    readonly terrain: GridTerrain | null;
  },
): number {
  const [eastM, northM] = localFrame.localFromWgs({ ...takeoff, heightM: 0 });
  const { eastMinM, eastMaxM, northMinM, northMaxM } = bounds;
  const outsideM = Math.hypot(
    Math.max(0, eastMinM - eastM, eastM - eastMaxM),
    Math.max(0, northMinM - northM, northM - northMaxM),
  );
  const { latitudeDeg, longitudeDeg, heightM, sigmaVerticalM } = takeoff;
  const place = `${latitudeDeg},${longitudeDeg}`;
  if (outsideM > OUTSIDE_MAX_M) {
    throw new ProvisioningError(
      `the take-off origin ${place} lies ${(outsideM / 1000).toFixed(0)} km outside of the map`,
    );
  }
  const groundM = terrain === null || outsideM > 0 ? null : terrain.upM(eastM, northM);
  const limitM = HEIGHT_DIFFERENCE_MAX_M + SIGMAS * sigmaVerticalM;
  if (groundM !== null && Math.abs(groundM - heightM) > limitM) {
    throw new ProvisioningError(
      `the take-off origin ${place} is ${heightM} m over the ellipsoid, and the terrain there ` +
        `${groundM.toFixed(1)} m: one of them counts from something else`,
    );
  }
  return outsideM;
}
