/**
 * The health of a recorded flight as bands: odometry, GPS, link, gaps, lost records; and the events
 * that changes in streams make.
 *
 * @module
 */
import type { FdrRecord } from "../../flight/flight_recorder/mod.ts";
import type { BandRow, EventSeverity, ReportPanel } from "./contract.ts";
import type { NewEvent } from "./event_list.ts";
import {
  DROP_STATES,
  GAP_STATES,
  GPS_STATES,
  LINK_STATES,
  LOUD_STATES,
  ODOMETRY_STATES,
  STREAM_STATES,
} from "./labels.ts";
import { numberOf, type Payload, textOf } from "./payload.ts";
import type { RecordRhythm } from "./record_rhythm.ts";
import { SeriesBins } from "./series_bins.ts";
import { StateBins } from "./state_bins.ts";
import type { TimeRange } from "./time_range.ts";

/** Streams whose gaps are faults, and their names for people. */
export const STREAM_NAMES: Readonly<Record<string, string>> = {
  "frame.meta": "Camera frames",
  "sensor.imu": "IMU",
  "sensor.attitude": "Attitude",
  "sensor.baro": "Barometer",
  "nav.state": "Estimates",
  "c8.position_out": "Positions sent",
};
const GAPS_OPEN_MAX = 1000;

export class RecordHealth {
  readonly #range: TimeRange;
  readonly #tell: (event: NewEvent) => void;
  readonly #odometry: StateBins;
  readonly #gps: StateBins;
  readonly #link: StateBins;
  readonly #gaps: StateBins;
  readonly #drops: StateBins;
  readonly #loud: StateBins;
  readonly #streams = new Map<
    string,
    { readonly bins: StateBins; limitNs: number; lastNs: number }
  >();
  readonly #openGaps = new Map<number, number>();
  readonly #tracks: SeriesBins;
  readonly #inliers: SeriesBins;
  #lastOdometry = "";
  #lastGps = "";
  #lost = 0;

  constructor(range: TimeRange, rhythm: RecordRhythm, tell: (event: NewEvent) => void) {
    this.#range = range;
    this.#tell = tell;
    this.#odometry = new StateBins(range, ODOMETRY_STATES, rhythm.breakNs("vio.health"));
    this.#gps = new StateBins(range, GPS_STATES, rhythm.breakNs("sensor.gps"));
    this.#link = new StateBins(range, LINK_STATES);
    this.#gaps = new StateBins(range, GAP_STATES);
    this.#drops = new StateBins(range, DROP_STATES);
    this.#loud = new StateBins(range, LOUD_STATES);
    this.#tracks = new SeriesBins(range, rhythm.breakNs("vio.health"));
    this.#inliers = new SeriesBins(range, rhythm.breakNs("vio.health"));
    for (const kind of Object.keys(STREAM_NAMES)) {
      const limitNs = rhythm.silenceNs(kind);
      if (limitNs === null) continue;
      const bins = new StateBins(range, STREAM_STATES);
      this.#streams.set(kind, { bins, limitNs, lastNs: range.fromNs });
    }
  }

  add(record: FdrRecord): void {
    const { kind, timestampNs, payload } = record;
    const stream = this.#streams.get(kind);
    if (stream !== undefined) this.#heard(stream, timestampNs);
    switch (kind) {
      case "vio.health":
        return this.#addOdometry(record);
      case "sensor.gps":
        return this.#addGps(record);
      case "c8.link":
        return this.#link.add(timestampNs, textOf(payload, "state"));
      case "nav.estimate_gap":
        return this.#addGap(timestampNs, payload);
      case "overrun":
        this.#lost += numberOf(payload, "droppedCount") ?? 0;
        return this.#drops.addStretch(timestampNs, timestampNs, "lost");
    }
  }

  addEvent(timeNs: number, severity: EventSeverity): void {
    if (severity !== "error" && severity !== "warning") return;
    this.#loud.addStretch(timeNs, timeNs, severity);
  }

  panel(label: BandRow | null, counts: Readonly<Record<EventSeverity, number>>): ReportPanel[] {
    const rows: BandRow[] = label === null ? [] : [label];
    const add = (bins: StateBins, name: string) => {
      if (!bins.isEmpty) rows.push(bins.row(name));
    };
    add(this.#odometry, "Odometry");
    add(this.#gps, "GPS");
    add(this.#link, "Link to the flight controller");
    this.#closeGaps();
    if (!this.#gaps.isEmpty) rows.push(this.#gaps.row("Estimate gaps", { isOpen: false }));
    for (const [kind, stream] of this.#streams) {
      this.#heard(stream, this.#range.toNs, true);
      rows.push(stream.bins.row(STREAM_NAMES[kind], { isOpen: false }));
    }
    if (!this.#drops.isEmpty) {
      const words = `${this.#lost.toLocaleString("en")} records`;
      rows.push({
        ...this.#drops.row("Lost by the recorder", { isOpen: false }),
        legend: [{ tone: "bad", words }],
      });
    }
    if (!this.#loud.isEmpty) {
      const legend = [
        { tone: "bad" as const, words: `${counts.error.toLocaleString("en")} errors` },
        { tone: "fair" as const, words: `${counts.warning.toLocaleString("en")} warnings` },
      ];
      rows.push({ ...this.#loud.row("Events", { isOpen: false }), legend });
    }
    if (rows.length === 0) return [];
    return [{ type: "bands", id: "health", title: "Source of the position, and health", rows }];
  }

  odometryPanels(): ReportPanel[] {
    if (this.#tracks.count + this.#inliers.count === 0) return [];
    const all = [["tracks", "first", this.#tracks], ["inliers", "second", this.#inliers]] as const;
    return [{
      type: "chart",
      id: "odometry",
      title: "Features of the odometry",
      unit: "count",
      valueMin: 10,
      series: all.filter(([, , bins]) => bins.count > 0).map(([name, style, bins]) => ({
        name,
        kind: "line" as const,
        style,
        samples: bins.samples(),
      })),
    }];
  }

  #heard(
    stream: { readonly bins: StateBins; readonly limitNs: number; lastNs: number },
    timeNs: number,
    isEnd = false,
  ): void {
    if (timeNs < stream.lastNs) return;
    const silent = timeNs - stream.lastNs > stream.limitNs;
    // The time until the record's end counts as received only while it is not a gap.
    if (!isEnd || timeNs > stream.lastNs) {
      stream.bins.addStretch(stream.lastNs, timeNs, silent ? "silent" : "heard");
    }
    stream.lastNs = timeNs;
  }

  #addOdometry({ timestampNs, payload, producerId, kind }: FdrRecord): void {
    const state = textOf(payload, "state"), strategy = textOf(payload, "strategy");
    this.#odometry.add(timestampNs, state);
    this.#tracks.add(timestampNs, payload.tracks);
    this.#inliers.add(timestampNs, payload.inliers);
    const now = `${state}, ${strategy}`;
    if (now === this.#lastOdometry) return;
    const reason = textOf(payload, "reason");
    const before = this.#lastOdometry.split(",", 1)[0] || "nothing";
    this.#lastOdometry = now;
    this.#tell({
      timeS: this.#range.seconds(timestampNs),
      severity: state === "lost" ? "error" : state === "degraded" ? "warning" : "notice",
      kind,
      producer: producerId,
      text: `${before} → ${now}${reason === "" ? "" : `: ${reason}`}`,
    });
  }

  #addGps({ timestampNs, payload, producerId, kind }: FdrRecord): void {
    const state = gpsState(payload);
    this.#gps.add(timestampNs, state);
    if (state === this.#lastGps) return;
    const text = `${this.#lastGps || "nothing"} → ${state}, ${
      numberOf(payload, "satellites") ?? "unknown"
    } satellites`;
    this.#lastGps = state;
    this.#tell({
      timeS: this.#range.seconds(timestampNs),
      severity: state === "spoofed" || state === "jammed" ? "warning" : "notice",
      kind,
      producer: producerId,
      text,
    });
  }

  /** One record when it begins, one when it has ended, or one for both. */
  #addGap(timeNs: number, payload: Payload): void {
    const fromNs = numberOf(payload, "fromNs") ?? timeNs;
    const toNs = numberOf(payload, "toNs");
    if (toNs !== null) {
      this.#openGaps.delete(fromNs);
      this.#gaps.addStretch(fromNs, toNs, "gap");
    } else if (this.#openGaps.size < GAPS_OPEN_MAX) {
      this.#openGaps.set(fromNs, timeNs);
    }
  }

  /** A gap whose end was never recorded lasts until the end. */
  #closeGaps(): void {
    for (const fromNs of this.#openGaps.keys()) {
      this.#gaps.addStretch(fromNs, this.#range.toNs, "gap");
    }
    this.#openGaps.clear();
  }
}

function gpsState(payload: Payload): string {
  const integrity = textOf(payload, "integrity"), fix = textOf(payload, "fix");
  if (integrity === "spoofed" || integrity === "jammed") return integrity;
  return fix === "3d" && integrity === "unknown" ? "unknown" : fix;
}
