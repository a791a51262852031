/**
 * Counts of a replay, and the summary line made of them.
 *
 * @module
 */
import type { MonotonicNs } from "../core/mod.ts";
import type { RecordedFlightSummary } from "./flight_log.ts";
import type { FrameLine, SummaryLine } from "./output.ts";

/** Resident memory is looked at once in this many events. */
const MEMORY_INTERVAL = 500;

export class ReplayTally {
  readonly #flight: string;
  readonly #startMs = performance.now();
  #firstNs: number | null = null;
  #lastNs = 0;
  #events = 0;
  #frames = 0;
  #fixes = 0;
  #registered = 0;
  #skipped = 0;
  #rssBytesMax = 0;

  constructor(flight: string) {
    this.#flight = flight;
  }

  get framesSkipped(): number {
    return this.#skipped;
  }

  tick(timeNs: MonotonicNs): void {
    this.#firstNs ??= timeNs;
    this.#lastNs = timeNs;
    if (this.#events++ % MEMORY_INTERVAL === 0) {
      this.#rssBytesMax = Math.max(this.#rssBytesMax, Deno.memoryUsage().rss);
    }
  }

  /** A frame that came before the estimator had started. */
  skipped(): void {
    this.#skipped++;
  }

  frame(line: FrameLine): void {
    this.#frames++;
    if (line.fix.accepted) this.#fixes++;
    if (line.vioRegistered) this.#registered++;
  }

  summary(
    record: RecordedFlightSummary | null,
    tiles: Readonly<Record<string, number>> | null = null,
  ): SummaryLine {
    const durationS = (this.#lastNs - (this.#firstNs ?? this.#lastNs)) / 1e9;
    const wallS = (performance.now() - this.#startMs) / 1e3;
    return {
      type: "summary",
      flight: this.#flight,
      frames: this.#frames,
      fixes: this.#fixes,
      // The first frame has nothing to register with.
      registrationVo: this.#frames > 1 ? this.#registered / (this.#frames - 1) : 0,
      durationS,
      wallS,
      realTimeFactor: wallS > 0 ? durationS / wallS : 0,
      rssMbMax: Math.max(this.#rssBytesMax, Deno.memoryUsage().rss) / 1e6,
      tiles: tiles === null ? null : { ...tiles },
      recorderFolder: record?.folder ?? null,
      recorderRecords: record?.records ?? 0,
      recorderLost: record === null ? 0 : record.recordsLost,
      recorderBroken: record !== null && !record.complete,
    };
  }
}
