/**
 * Types for units and frames of reference. Branded numbers are used at contract boundaries and
 * checked once, in their constructor; inner loops use plain numbers whose names carry the unit
 * (`heightM`).
 *
 * Frames of reference used across the project:
 * - WGS84: latitude and longitude in degrees, height in metres over the ellipsoid.
 * - local: east, north, up in metres (see `LocalFrame`).
 * - body: FRD (x forward, y right, z down), as in MAVLink.
 * - camera: optical (x right, y down, z forward).
 *
 * @module
 */

declare const brand: unique symbol;
type Brand<Name extends string> = number & { readonly [brand]: Name };

/** Integer nanoseconds since the start of the canonical clock; exact in a double for 104 days. */
export type MonotonicNs = Brand<"MonotonicNs">;
/** Integer nanoseconds on the flight controller's own clock. Never mix with {@link MonotonicNs}. */
export type ControllerNs = Brand<"ControllerNs">;
type Metres = Brand<"Metres">;
type Radians = Brand<"Radians">;
type Degrees = Brand<"Degrees">;

/** A value outside of its valid range, or not finite. */
export class UnitRangeError extends RangeError {
  readonly code = "UNIT_RANGE";
}

function checked(value: number, name: string, minimum: number, maximum: number): number {
  if (!(value >= minimum && value <= maximum)) {
    throw new UnitRangeError(`${name} must be in [${minimum}, ${maximum}], got ${value}`);
  }
  return value;
}

function checkedInteger(value: number, name: string): number {
  if (!Number.isSafeInteger(value)) {
    throw new UnitRangeError(`${name} must be a safe integer number of nanoseconds, got ${value}`);
  }
  return value;
}

export function monotonicNs(value: number): MonotonicNs {
  return checkedInteger(value, "monotonic time") as MonotonicNs;
}
export function controllerNs(value: number): ControllerNs {
  return checkedInteger(value, "controller time") as ControllerNs;
}
export function metres(value: number): Metres {
  return checked(value, "length in metres", -Number.MAX_VALUE, Number.MAX_VALUE) as Metres;
}
export function radians(value: number): Radians {
  return checked(value, "angle in radians", -Number.MAX_VALUE, Number.MAX_VALUE) as Radians;
}
export function degrees(value: number): Degrees {
  return checked(value, "angle in degrees", -Number.MAX_VALUE, Number.MAX_VALUE) as Degrees;
}

export const NS_PER_SECOND = 1e9;
export function secondsFromNs(ns: number): number {
  return ns / NS_PER_SECOND;
}
export function radiansFromDegrees(angleDeg: number): number {
  return angleDeg * (Math.PI / 180);
}
export function degreesFromRadians(angleRad: number): number {
  return angleRad * (180 / Math.PI);
}
/** Wraps an angle into (-pi, pi]. */
export function wrapRadians(angleRad: number): number {
  const turns = Math.ceil((angleRad - Math.PI) / (2 * Math.PI));
  return angleRad - turns * 2 * Math.PI;
}
/** Wraps an angle, such as a longitude, into [-180, 180). */
export function wrapDegrees(angleDeg: number): number {
  return angleDeg - 360 * Math.floor((angleDeg + 180) / 360);
}
