/**
 * Measurements less the truth, as a firmware's filter sees them that takes them for a certain time.
 *
 * @module
 */
import type { Vector3 } from "../../core/mod.ts";
import type { Flight, GpsFix } from "./contract.ts";

export interface FixErrors {
  /** East, north, 0. */
  readonly positionM: Vector3;
  /** undefined where it measured none. */
  readonly velocityMps: Vector3 | undefined;
}

/** `timeS`: what the filter takes the fix for. */
export function fixErrors(flight: Flight, fix: GpsFix, timeS: number): FixErrors {
  const { velocityLocalMps } = flight.truthAt(timeS);
  return {
    positionM: positionErrorM(flight, fix.position, timeS),
    velocityMps: [0, 1, 2].map((axis) =>
      fix.velocityEnuMps[axis] - velocityLocalMps[axis]
    ) as unknown as Vector3,
  };
}

export function positionErrorM(
  flight: Flight,
  { latitudeDeg, longitudeDeg }: { readonly latitudeDeg: number; readonly longitudeDeg: number },
  timeS: number,
): Vector3 {
  const [east, north] = flight.localFrame.localFromWgs({ latitudeDeg, longitudeDeg, heightM: 0 });
  const [trueEast, trueNorth] = flight.truthAt(timeS).positionLocalM;
  return [east - trueEast, north - trueNorth, 0];
}
