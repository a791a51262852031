/**
 * What never leaves for a flight controller.
 *
 * @module
 */
import type { PositionOutput } from "./contract.ts";

/**
 * Every number is finite, also as the float that it is sent in, and no later measurement is in it: a NaN
 * has stopped an autopilot.
 */
export function isSendable(output: PositionOutput): boolean {
  const { position, velocityEnuMps, headingRad, enuFromBody } = output;
  const numbers = [
    output.heightMslM,
    output.sigmaHorizontalM,
    output.sigmaVerticalM,
    output.sigmaSpeedMps,
    ...velocityEnuMps,
    ...(enuFromBody ?? []),
    headingRad ?? 0,
    ...(position === null ? [] : [position.latitudeDeg, position.longitudeDeg, position.heightM]),
  ];
  return !output.smoothed && numbers.every((number) => Number.isFinite(Math.fround(number)));
}
