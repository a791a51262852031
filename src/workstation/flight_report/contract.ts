/**
 * What a flight report shows. Its sources (`from_flight.ts`, `from_record.ts`) thin out what they
 * read; the page draws all that stands here.
 *
 * @module
 */

export interface ReportPosition {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
}

/** The frame of the map: what part of the world it shows, and how large. */
export interface MapFrame {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Slippy zoom that the world pixels below are of. */
  readonly zoom: number;
  /** World pixel at the picture's top left corner; beyond the world's edge next to the antimeridian. */
  readonly originX: number;
  readonly originY: number;
  /** Picture pixels per world pixel. */
  readonly scale: number;
  /** Metres on the ground per picture pixel, for the scale bar. */
  readonly metresPerPx: number;
}

/** A picture of the map tiles under the flight. */
export interface ReportMap extends MapFrame {
  /** null where no tile is known: the tracks stand on bare ground. */
  readonly jpeg: Uint8Array | null;
}

/** A position at a moment; null breaks the track. */
export type TrackSample = readonly [timeS: number, position: ReportPosition | null];

export interface ReportTracks {
  readonly estimate: readonly TrackSample[];
  readonly truth: readonly TrackSample[];
  readonly fixes: readonly ReportPosition[];
  /** Accepted fixes before they were thinned out. */
  readonly fixCount: number;
}

/** A figure with its unit, as text. */
export interface ReportFigure {
  readonly name: string;
  readonly value: string;
  /** What it is held against, or what it means. */
  readonly note?: string;
}

/** (seconds, value); a value of null breaks the line. */
export type Sample = readonly [timeS: number, value: number | null];

export interface Series {
  /** For the legend. */
  readonly name: string;
  /** An area reaches from 0 to the value, a band from the value to its negative. */
  readonly kind: "line" | "area" | "band" | "dots";
  /** CSS class that colours it. */
  readonly style: string;
  readonly samples: readonly Sample[];
}

export interface TimeChart {
  readonly type: "chart";
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly series: readonly Series[];
  /** The scale reaches at least so far. */
  readonly valueMin: number;
  /** 0 stands in the middle. */
  readonly isSymmetric?: boolean;
  /** A horizontal line with its name. */
  readonly bar?: { readonly value: number; readonly name: string };
}

/** How good a state is, for its colour. */
export type BandTone = "good" | "fair" | "bad" | "info" | "none";

export interface BandRun {
  readonly fromS: number;
  readonly toS: number;
  readonly tone: BandTone;
  /** The worst state in this stretch, and how many others it had. */
  readonly words: string;
}

export interface BandRow {
  readonly name: string;
  readonly runs: readonly BandRun[];
  /** Part of the time by state, or what there is to say: "98 %". */
  readonly legend: readonly { readonly tone: BandTone; readonly words: string }[];
}

export interface Bands {
  readonly type: "bands";
  readonly id: string;
  readonly title: string;
  readonly rows: readonly BandRow[];
}

/** Charts that are folded away until somebody asks for them. */
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
  /** Events of its kind that it stands for, itself included; beyond 1 the others are not listed. */
  readonly count: number;
  /** Of the last one that it stands for. */
  readonly untilS: number;
}

export interface ReportEvents {
  /** By time. */
  readonly list: readonly ReportEvent[];
  /** Before any were put together. */
  readonly total: number;
}

/** Something that the reader must know before anything else. */
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
  /** The few that matter, on top. */
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
