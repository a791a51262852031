/**
 * What a flight report shows.
 *
 * @module
 */

export type ReportLabel = "satellite_anchored" | "visual_propagated" | "dead_reckoned";

export interface ReportPosition {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
}

/** One frame of the flight. */
export interface ReportPoint {
  /** Since the first frame. */
  readonly timeS: number;
  readonly estimate: ReportPosition;
  /** null where nobody knows. */
  readonly truth: ReportPosition | null;
  /** Horizontal distance of the estimate from the truth. */
  readonly errorM: number | null;
  /** Three times the 1-sigma semi-major axis of the horizontal covariance. */
  readonly sigma3M: number;
  readonly label: ReportLabel;
  /** An accepted satellite fix. */
  readonly fix: ReportPosition | null;
  readonly latencyMs: number;
}

/** A picture of the map tiles under the flight. */
export interface ReportMap {
  readonly jpeg: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Slippy zoom that the world pixels below are of. */
  readonly zoom: number;
  /** World pixel at the picture's top left corner. */
  readonly originX: number;
  readonly originY: number;
  /** Picture pixels per world pixel. */
  readonly scale: number;
  /** Metres on the ground per picture pixel, for the scale bar. */
  readonly metresPerPx: number;
}

/** A figure with its unit, as text. */
export interface ReportFigure {
  readonly name: string;
  readonly value: string;
  /** What it is held against, or what it means. */
  readonly note?: string;
}

export interface FlightReport {
  readonly title: string;
  readonly subtitle: string;
  /** The few that matter, on top. */
  readonly headline: readonly ReportFigure[];
  /** All of them, in a table. */
  readonly figures: readonly ReportFigure[];
  readonly points: readonly ReportPoint[];
  readonly map: ReportMap | null;
  /** A line in the latency chart. */
  readonly latencyBarMs: number;
}
