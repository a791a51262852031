/**
 * Makes a report from a recorded flight, in bounded memory: the first pass (`diagnoseFlight`) gives
 * the time span and the intervals of its streams, the second one fills charts of fixed size.
 *
 * @module
 */
import { countText } from "../../core/mod.ts";
import type { TruthTrack } from "../evaluation/mod.ts";
import { type Diagnosis, readBatches, type ScanOptions } from "../../flight/flight_record/mod.ts";
import type { FdrRecord } from "../../flight/flight_recorder/mod.ts";
import type {
  FlightReport,
  ReportFigure,
  ReportMap,
  ReportNotice,
  ReportPosition,
  ReportTracks,
} from "./contract.ts";
import { EventList } from "./event_list.ts";
import { estimateVerdict } from "./estimate_verdict.ts";
import { durationText } from "./figure_text.ts";
import { GpsUse } from "./gps_use.ts";
import { textOf } from "./payload.ts";
import { RecordEstimates } from "./record_estimates.ts";
import { eventWords } from "./record_events.ts";
import { RecordHealth, STREAM_NAMES } from "./record_health.ts";
import { RecordMeasurements } from "./record_measurements.ts";
import { recordNotices } from "./record_notices.ts";
import { RecordRhythm } from "./record_rhythm.ts";
import { recordTables } from "./record_tables.ts";
import { TimeRange } from "./time_range.ts";

interface RecordedFlightOptions extends ScanOptions {
  /** On the record's canonical clock. */
  readonly truth?: TruthTrack | null;
}

/** Reads the records of a flight that was diagnosed before. */
export async function readForReport(
  diagnosis: Diagnosis,
  options: RecordedFlightOptions = {},
): Promise<RecordReport> {
  const report = new RecordReport(diagnosis, options.truth ?? null);
  for await (const batch of readBatches(diagnosis.files, options)) {
    for (const { record } of batch) report.add(record);
  }
  return report;
}

export class RecordReport {
  readonly #diagnosis: Diagnosis;
  readonly #range: TimeRange;
  readonly #events = new EventList();
  readonly #estimates: RecordEstimates;
  readonly #health: RecordHealth;
  readonly #measurements: RecordMeasurements;
  readonly #gps = new GpsUse();
  #tracks: ReportTracks | null = null;
  #hasHeader = false;

  constructor(diagnosis: Diagnosis, truth: TruthTrack | null) {
    const { summary } = diagnosis;
    this.#diagnosis = diagnosis;
    this.#range = new TimeRange(summary.first?.timestampNs ?? 0, summary.last?.timestampNs ?? 0);
    const rhythm = new RecordRhythm(summary);
    this.#estimates = new RecordEstimates(this.#range, rhythm, truth);
    this.#measurements = new RecordMeasurements(this.#range);
    this.#health = new RecordHealth(this.#range, rhythm, (event) => {
      this.#events.add(event);
      this.#health.addEvent(this.#range.fromNs + event.timeS * 1e9, event.severity);
    });
  }

  add(record: FdrRecord): void {
    const { kind, timestampNs, payload } = record;
    this.#health.add(record);
    if (kind === "nav.state") return this.#estimates.addState(timestampNs, payload);
    if (kind === "nav.fix") return this.#estimates.addFix(timestampNs, payload);
    if (kind === "c5.measurement") {
      this.#gps.addMeasurement(timestampNs, payload);
      return this.#measurements.add(timestampNs, payload, this.#estimates.lastLabel);
    }
    if (kind === "sensor.gps") return this.#gps.addReported(timestampNs, payload);
    if (kind === "frame.meta") return this.#estimates.latencies.addFrame(timestampNs, payload);
    if (kind === "c8.position_out") {
      return this.#estimates.latencies.addOutput(timestampNs, payload);
    }
    // Repeated in every segment.
    if (kind === "flight_header" && this.#hasHeader) return;
    this.#hasHeader ||= kind === "flight_header";
    const words = eventWords(record);
    if (words === null) return;
    const timeS = this.#range.seconds(timestampNs);
    this.#events.add({ timeS, kind, producer: record.producerId, ...words });
    this.#health.addEvent(timestampNs, words.severity);
  }

  /** The positions that a map must show. */
  positions(): ReportPosition[] {
    const { estimate, truth, fixes } = this.#tracksOnce();
    const known = [...estimate, ...truth].flatMap(([, position]) =>
      position === null ? [] : [position]
    );
    return known.length > 0 ? known : [...fixes];
  }

  build(
    options: { readonly map: ReportMap | null; readonly notices?: readonly ReportNotice[] },
  ): FlightReport {
    const { summary } = this.#diagnosis;
    const estimates = this.#estimates;
    this.#addPauses();
    this.#addGpsEnds();
    const counts = this.#events.counts;
    const label = estimates.label.isEmpty ? null : estimates.label.row("Source label");
    return {
      title: `Flight report: ${textOf(summary.header ?? {}, "name") || summary.flightIds[0]}`,
      subtitle: this.#subtitle(),
      notices: [
        ...this.#estimateNotices(),
        ...recordNotices(this.#diagnosis),
        ...options.notices ?? [],
      ],
      headline: [
        { name: "recorded", value: durationText(this.#range.durationS) },
        ...estimates.states > 0 ? estimates.headline() : [],
        {
          name: "errors / warnings",
          value: `${counts.error.toLocaleString("en")} / ${counts.warning.toLocaleString("en")}`,
        },
      ],
      figures: [...this.#ownFigures(), ...estimates.figures()],
      durationS: this.#range.durationS,
      tracks: this.#tracksOnce(),
      map: options.map,
      panels: [
        ...estimates.accuracyPanels(),
        ...estimates.motionPanels(),
        ...this.#health.panel(label, counts),
        ...estimates.fixPanels(),
        ...this.#health.odometryPanels(),
        ...this.#measurements.panels(),
        ...estimates.latencies.panels(),
      ],
      events: this.#events.build(),
      tables: recordTables(this.#diagnosis, estimates.reasons(), [
        this.#measurements.table(),
        estimates.stages.table(),
      ]),
      footnote:
        "Times are since the first record. Of each pixel column the first, lowest, highest and " +
        "last value are drawn. A gap of more than five usual intervals interrupts a line. The 95 % " +
        "radius is the semi-major axis of the filter's horizontal 95 % ellipse.",
    };
  }

  #tracksOnce(): ReportTracks {
    return this.#tracks ??= this.#estimates.tracks(this.#gps.endsNs(this.#range.toNs));
  }

  #subtitle(): string {
    const { summary } = this.#diagnosis;
    const header = summary.header ?? {};
    return [
      summary.flightIds.length > 1
        ? `${summary.flightIds.length} flights: ${summary.flightIds.join(", ")}`
        : summary.flightIds[0] ?? "",
      ...summary.first === null || summary.last === null
        ? []
        : [momentsText(summary.first.wallTime, summary.last.wallTime)],
      textOf(header, "aircraft").replaceAll("_", " "),
      textOf(header, "software"),
      textOf(header, "packageName"),
    ].filter((part) => part !== "").join(" · ");
  }

  #ownFigures(): ReportFigure[] {
    const { summary, files } = this.#diagnosis;
    return [
      { name: "records", value: summary.records.toLocaleString("en") },
      { name: "files", value: countText(files.segments.length, "file") },
      {
        name: "shutdown",
        value: summary.footer === null
          ? "unknown: there is no footer"
          : summary.footer.cleanShutdown === true
          ? "clean"
          : "not clean",
      },
    ];
  }

  #estimateNotices(): ReportNotice[] {
    const { states, unusable, deadReckoned, insideRadius } = this.#estimates;
    if (states === 0) return [{ tone: "fair", text: "The record holds no estimate." }];
    const verdict = estimateVerdict({
      sources: this.#measurements.sources(),
      anchored: this.#measurements.anchored,
      deadReckoned,
      insideRadius,
    });
    if (unusable === 0) return [verdict];
    return [verdict, {
      tone: "bad",
      text:
        `${unusable.toLocaleString("en")} of ${states.toLocaleString("en")} estimates have no ` +
        "position or no covariance that could be drawn.",
    }];
  }

  #addGpsEnds(): void {
    for (const { timeS } of this.#tracksOnce().gpsEnds) {
      const text = "GPS ended: the last position that was taken from it";
      this.#events.add({ timeS, severity: "notice", kind: "sensor.gps", producer: "", text });
    }
  }

  /** Gaps of regular streams are shown as events although no record reports them. */
  #addPauses(): void {
    for (const { kind, pauses } of this.#diagnosis.summary.kinds) {
      if (!Object.hasOwn(STREAM_NAMES, kind)) continue;
      for (const { fromNs, toNs } of pauses) {
        this.#events.add({
          timeS: this.#range.seconds(fromNs),
          severity: "warning",
          kind,
          producer: "",
          text: `silent for ${durationText((toNs - fromNs) / 1e9)}`,
          topic: "silent",
        });
      }
    }
  }
}

/** "2026-06-15 09:30:00 to 09:30:57 UTC", of two ISO texts; as they are where they are none. */
function momentsText(from: string, to: string): string {
  const iso = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/;
  const first = iso.exec(from), last = iso.exec(to);
  if (first === null || last === null) return `${from} to ${to}`;
  const day = last[1] === first[1] ? "" : `${last[1]} `;
  return `${first[1]} ${first[2]} to ${day}${last[2]} UTC`;
}
