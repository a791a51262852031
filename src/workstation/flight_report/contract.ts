/**
 * The data of a flight report. Its sources (`from_flight.ts`, `from_record.ts`) reduce what they
 * read; the page draws everything in it.
 *
 * @module
 */

export interface ReportPosition {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
}

/** The frame of the map: which part of the world it shows, and its size. */
export interface MapFrame {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Slippy zoom of the world pixels below. */
  readonly zoom: number;
  /**
   * World pixel of the picture's top left corner; may be beyond the world's edge near the
   * antimeridian.
   */
  readonly originX: number;
  readonly originY: number;
  /** Picture pixels per world pixel. */
  readonly scale: number;
  /** Metres on the ground per picture pixel, for the scale bar. */
  readonly metresPerPx: number;
}

/** A picture of the map tiles under the flight. */
export interface ReportMap extends MapFrame {
  /** null when there are no tiles: the tracks are drawn without a map. */
  readonly jpeg: Uint8Array | null;
}

/** A position at a time; null interrupts the track. */
export type TrackSample = readonly [timeS: number, position: ReportPosition | null];

export interface ReportTracks {
  readonly estimate: readonly TrackSample[];
  readonly truth: readonly TrackSample[];
  readonly fixes: readonly ReportPosition[];
  /** Where the last position from GPS was taken, each with its time. */
  readonly gpsEnds: readonly { readonly timeS: number; readonly position: ReportPosition }[];
  /** Number of accepted fixes before reduction. */
  readonly fixCount: number;
}

/** A figure with its unit, as text. */
export interface ReportFigure {
  readonly name: string;
  readonly value: string;
  /** What it is compared with, or what it means. */
  readonly note?: string;
}

/** (seconds, value); a value of null interrupts the line. */
export type Sample = readonly [timeS: number, value: number | null];

export interface Series {
  /** For the legend. */
  readonly name: string;
  /** An area reaches from 0 to the value, a band from the value to its negative. */
  readonly kind: "line" | "area" | "band" | "dots";
  /** CSS class that sets its colour. */
  readonly style: string;
  readonly samples: readonly Sample[];
}

export interface TimeChart {
  readonly type: "chart";
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly series: readonly Series[];
  /** The scale reaches at least this far. */
  readonly valueMin: number;
  /** 0 is in the middle. */
  readonly isSymmetric?: boolean;
  /** The scale spans the values, at least `valueMin` of them, and need not hold 0. */
  readonly fitsValues?: boolean;
  /** A horizontal line with its name. */
  readonly bar?: { readonly value: number; readonly name: string };
}

/** How good a state is; determines its colour. */
export type BandTone = "good" | "fair" | "bad" | "info" | "none";

export interface BandRun {
  readonly fromS: number;
  readonly toS: number;
  readonly tone: BandTone;
  /** The worst state in this stretch, and the number of others. */
  readonly words: string;
}

export interface BandRow {
  readonly name: string;
  readonly runs: readonly BandRun[];
  /** Share of the time by state, or another remark: "98 %". */
  readonly legend: readonly { readonly tone: BandTone; readonly words: string }[];
}

export interface Bands {
  readonly type: "bands";
  readonly id: string;
  readonly title: string;
  readonly rows: readonly BandRow[];
}

/** Charts that are collapsed until the reader opens them. */
export interface ChartGroup {
  readonly type: "group";
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly charts: readonly TimeChart[];
}

export type ReportPanel = TimeChart | Bands | ChartGroup;

export type EventSeverity = "error" | "warning" | "notice" | "info";

export interface ReportEvent {
  readonly timeS: number;
  readonly severity: EventSeverity;
  readonly kind: string;
  readonly producer: string;
  readonly text: string;
  /**
   * Number of events that this one stands for, including itself; above 1 the others are not listed.
   */
  readonly count: number;
  /** Time of the last one that it stands for. */
  readonly untilS: number;
}

export interface ReportEvents {
  /** By time. */
  readonly list: readonly ReportEvent[];
  /** Number before merging. */
  readonly total: number;
}

/** Something that the reader must know first. */
export interface ReportNotice {
  readonly tone: "good" | "fair" | "bad";
  readonly text: string;
  readonly details?: readonly string[];
}

export interface ReportTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface FlightReport {
  readonly title: string;
  readonly subtitle: string;
  readonly notices: readonly ReportNotice[];
  /** The few most important ones, at the top. */
  readonly headline: readonly ReportFigure[];
  /** All of them, in a table. */
  readonly figures: readonly ReportFigure[];
  readonly durationS: number;
  readonly tracks: ReportTracks;
  readonly map: ReportMap | null;
  readonly panels: readonly ReportPanel[];
  readonly events: ReportEvents | null;
  readonly tables: readonly ReportTable[];
  readonly footnote: string;
}
