/**
 * Types of terrain: heights of the ground over the ellipsoid, from a file of a user's.
 *
 * @module
 */

export interface GroundBox {
  readonly southDeg: number;
  readonly westDeg: number;
  readonly northDeg: number;
  readonly eastDeg: number;
}

/** Heights of the ground. */
export interface HeightSource {
  /** For people: the file, and what its heights counted from. */
  readonly name: string;
  /** Metres between two heights. */
  readonly spacingM: number;
  /** Over the ellipsoid, metres; null where there is none. */
  heightM(latitudeDeg: number, longitudeDeg: number): number | null;
}

/** Bounds in a local frame, metres. */
export interface GridBounds {
  readonly eastMinM: number;
  readonly eastMaxM: number;
  readonly northMinM: number;
  readonly northMaxM: number;
}

/** Heights over the ellipsoid on a grid in a local frame. */
export interface HeightGrid {
  /** The south-west post. */
  readonly westM: number;
  readonly southM: number;
  readonly spacingM: number;
  readonly columns: number;
  readonly rows: number;
  /** Row by row from the south. */
  readonly heightM: Float32Array;
}
