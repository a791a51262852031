/**
 * Heights of ground that is not flat, as ffi/vision/relief.hpp reads them.
 *
 * @module
 */

/** A grid of heights; between its posts they are bilinear, beyond its edges as they are at them. */
export interface Relief {
  /** The south-west post, metres; from where, the user says. */
  readonly westM: number;
  readonly southM: number;
  readonly spacingM: number;
  /** At least 2 each. */
  readonly columns: number;
  readonly rows: number;
  /** Metres over a plane that the user names, row by row from the south. */
  readonly upM: Float64Array | Float32Array;
}

/** West, south, spacing, columns, rows, heights. */
export function reliefVector(relief: Relief): Float64Array<ArrayBuffer> {
  const { westM, southM, spacingM, columns, rows, upM } = relief;
  const out = new Float64Array(5 + upM.length);
  out.set([westM, southM, spacingM, columns, rows]);
  out.set(upM, 5);
  return out;
}
