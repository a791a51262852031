/**
 * The height of the ground, where it is not flat.
 *
 * @module
 */
import type { Relief } from "../../native/vision/mod.ts";

/** Ground as a plane around a place: up = `upM` + east · `slopeEast` + north · `slopeNorth`, from the place. */
export interface GroundPlane {
  /** Over up = 0 of the local frame, metres. */
  readonly upM: number;
  /** Metres up per metre east and north. */
  readonly slopeEast: number;
  readonly slopeNorth: number;
}

/** Heights of the ground in the local frame of a flight, metres over its up = 0. */
export interface Terrain {
  /** Beyond what is known the ground goes on as it is at the edge. */
  upM(eastM: number, northM: number): number;
  /** The plane that fits the ground within `radiusM` either way of a place best. */
  plane(eastM: number, northM: number, radiusM: number): GroundPlane;
  /** How much its height differs from that at the place, `distanceM` away in any direction: root mean square. */
  differenceM(eastM: number, northM: number, distanceM: number): number;
  /** The ground within `radiusM` either way of a place: from the place, heights over `planeUpM`. */
  relief(eastM: number, northM: number, radiusM: number, planeUpM: number): Relief;
}
