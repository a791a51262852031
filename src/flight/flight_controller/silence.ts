/**
 * Why a flight controller is not heard.
 *
 * @module
 */

/** Of a line that is there, or has a fault of its own. */
export function silenceText(lineFault: string): string {
  return lineFault ||
    "nothing of a flight controller comes: check --autopilot, the baud rate and what its port speaks";
}
