/**
 * The ground of a package: flat, or the terrain of a file.
 *
 * @module
 */
import type { LocalFrame } from "../../core/mod.ts";
import { encodeTerrain, type TerrainEntry } from "../../flight/flight_package/mod.ts";
import { GridTerrain } from "../../navigation/terrain/mod.ts";
import type { Bbox } from "../../tiles/tile_contract/mod.ts";
import { type GridBounds, heightGrid, heightRange } from "../terrain/mod.ts";
import type { ProvisionRequest, ProvisionTools } from "./contract.ts";
import { ProvisioningError } from "./errors.ts";
import { checkTakeoff } from "./package_mission.ts";

/** A given ground height further outside of the terrain means that the two count from something else. */
const OUTSIDE_MAX_M = 10;

interface PackageGround {
  readonly groundHeightM: number;
  readonly terrain: TerrainEntry | null;
  /** Content of the terrain's file. */
  readonly heights: Uint8Array<ArrayBuffer> | null;
  /** Metres by which the flight begins outside of the map; 0 where nothing says where it begins. */
  readonly takeoffOutsideM: number;
}

interface Ground {
  /** Of the package, but for the height. */
  readonly localFrame: LocalFrame;
  /** Of the map in it. */
  readonly bounds: GridBounds;
  readonly area: Bbox;
}

/** @throws ProvisioningError where the terrain does not cover the area */
export async function groundOf(
  { groundHeightM: given, mission }: ProvisionRequest,
  { openTerrain }: ProvisionTools,
  { localFrame, bounds, area }: Ground,
): Promise<PackageGround> {
  const takeoff = mission?.takeoff ?? null;
  const outsideM = (terrain: GridTerrain | null) =>
    takeoff === null ? 0 : checkTakeoff(takeoff, { localFrame, bounds, terrain });
  if (openTerrain === undefined) {
    const groundHeightM = given ?? takeoff?.heightM ?? 0;
    return { groundHeightM, terrain: null, heights: null, takeoffOutsideM: outsideM(null) };
  }
  const source = await openTerrain(boxOf(localFrame, bounds));
  const grid = heightGrid(source, localFrame, bounds, area);
  if ("missing" in grid) {
    const { missing, posts, first: { latitudeDeg, longitudeDeg } } = grid;
    throw new ProvisioningError(
      `the terrain (${source.name}) has no height at ${missing} of ${posts} places of the area, the first at ` +
        `${latitudeDeg.toFixed(5)},${
          longitudeDeg.toFixed(5)
        }; give one that covers all of it, or a ` +
        "smaller area",
    );
  }
  const { minimumM, maximumM, meanM } = heightRange(grid);
  const groundHeightM = given ?? Math.round(10 * meanM) / 10;
  if (groundHeightM < minimumM - OUTSIDE_MAX_M || groundHeightM > maximumM + OUTSIDE_MAX_M) {
    throw new ProvisioningError(
      `the terrain (${source.name}) lies ${minimumM.toFixed(0)} to ${
        maximumM.toFixed(0)
      } m over the ` +
        `ellipsoid, --ground-height says ${groundHeightM} m: one of them counts from something else`,
    );
  }
  const { heightM, ...place } = grid;
  return {
    groundHeightM,
    terrain: { ...place, minimumM, maximumM, source: source.name },
    heights: encodeTerrain(heightM),
    takeoffOutsideM: outsideM(new GridTerrain({ ...place, upM: heightM })),
  };
}

/** Around the bounds, in degrees. */
function boxOf(
  localFrame: LocalFrame,
  { eastMinM, eastMaxM, northMinM, northMaxM }: GridBounds,
): Bbox {
  const corners = [[eastMinM, northMinM], [eastMaxM, northMinM], [eastMinM, northMaxM], [
    eastMaxM,
    northMaxM,
  ]].map(([east, north]) => localFrame.wgsFromLocal([east, north, 0]));
  return {
    southDeg: Math.min(...corners.map((corner) => corner.latitudeDeg)),
    westDeg: Math.min(...corners.map((corner) => corner.longitudeDeg)),
    northDeg: Math.max(...corners.map((corner) => corner.latitudeDeg)),
    eastDeg: Math.max(...corners.map((corner) => corner.longitudeDeg)),
  };
}
