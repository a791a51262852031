/**
 * How long things took in a recorded flight: to the estimate, to a frame in memory, to the position
 * that was sent.
 *
 * @module
 */
import type { ReportFigure, ReportPanel } from "./contract.ts";
import { spreadFigure } from "./figure_text.ts";
import { numberOf, type Payload } from "./payload.ts";
import { Quantiles } from "./quantiles.ts";
import type { RecordRhythm } from "./record_rhythm.ts";
import { SeriesBins } from "./series_bins.ts";
import type { TimeRange } from "./time_range.ts";

const LATENCY_BAR_MS = 150;

export class RecordLatencies {
  /** JPEG bytes in → estimate out. */
  readonly estimateMs = new Quantiles();
  readonly #arrivalMs = new Quantiles();
  readonly #ageMs = new Quantiles();
  readonly #bins;

  constructor(range: TimeRange, rhythm: RecordRhythm) {
    const series = (kind: string) => new SeriesBins(range, rhythm.breakNs(kind));
    this.#bins = {
      latency: series("nav.state"),
      arrival: series("frame.meta"),
      age: series("c8.position_out"),
    };
  }

  /** `nav.state`. */
  addState(timeNs: number, payload: Payload): void {
    this.#bins.latency.add(timeNs, payload.latencyMs);
    this.estimateMs.add(payload.latencyMs);
  }

  /** `frame.meta`. */
  addFrame(timeNs: number, payload: Payload): void {
    const exposure = numberOf(payload, "exposureMidNs");
    const available = numberOf(payload, "availableNs");
    if (exposure === null || available === null) return;
    const ms = (available - exposure) / 1e6;
    this.#bins.arrival.add(timeNs, ms);
    this.#arrivalMs.add(ms);
  }

  /** `c8.position_out`. */
  addOutput(timeNs: number, payload: Payload): void {
    this.#bins.age.add(timeNs, payload.ageMs);
    this.#ageMs.add(payload.ageMs);
  }

  panels(): ReportPanel[] {
    const { latency, arrival, age } = this.#bins;
    const series = [
      ["estimate", "latency", latency],
      ["exposure to frame in memory", "arrival", arrival],
      ["age of the position sent", "age", age],
    ] as const;
    const known = series.filter(([, , bins]) => bins.count > 0);
    if (known.length === 0) return [];
    return [{
      type: "chart",
      id: "latency",
      title: "Latencies",
      unit: "ms",
      valueMin: 10,
      series: known.map(([name, style, bins]) => ({
        name,
        kind: "dots" as const,
        style,
        samples: bins.samples(),
      })),
      ...latency.count === 0
        ? {}
        : { bar: { value: LATENCY_BAR_MS, name: `${LATENCY_BAR_MS} ms` } },
    }];
  }

  figures(): ReportFigure[] {
    const { estimateMs } = this;
    return [
      ...spreadFigure(estimateMs, "ms", "JPEG bytes in → estimate out", "latency"),
      ...spreadFigure(
        this.#arrivalMs,
        "ms",
        "middle of the exposure → picture in memory",
        "frame arrival",
      ),
      ...spreadFigure(
        this.#ageMs,
        "ms",
        "of the estimate when it was sent",
        "age of the position sent",
      ),
    ];
  }
}
