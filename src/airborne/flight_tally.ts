/**
 * Counts of a flight, and the summary line made of them.
 *
 * @module
 */
import type { MonotonicNs } from "../core/mod.ts";
import type { FrameEvent, SensorEvent } from "../flight/flight_events/mod.ts";
import type { FlightEnding, FlightFault, FlightOutput } from "./flight_output.ts";
import type { RecordedFlightSummary } from "./flight_recording.ts";
import type { FrameLine, SummaryLine } from "./json_lines.ts";
import type { FrameOutcome } from "./navigator.ts";

/** Resident memory is read once in this many events. */
const MEMORY_INTERVAL = 500;

/** What is known of a flight apart from its events. */
interface FlightResults {
  readonly record: RecordedFlightSummary | null;
  readonly tiles: Readonly<Record<string, number>> | null;
  readonly outputFaults: Readonly<Record<string, number>>;
}

export class FlightTally implements FlightOutput {
  readonly name = "summary";
  readonly #flight: string;
  readonly #startMs = performance.now();
  #firstNs: number | null = null;
  #lastNs = 0;
  #events = 0;
  #frames = 0;
  #fixes = 0;
  #registered = 0;
  #skipped = 0;
  #framesFailed = 0;
  #sensorFaults = 0;
  #estimatorFailed = false;
  #completed = false;
  #rssBytesMax = 0;

  constructor(flight: string) {
    this.#flight = flight;
  }

  onSensor(event: SensorEvent): void {
    this.tick(event.receivedNs);
  }

  onFrame(event: FrameEvent): void {
    this.tick(event.receivedNs);
  }

  onOutcome(_event: FrameEvent, _outcome: FrameOutcome, line: FrameLine): void {
    this.frame(line);
  }

  onSkipped(): void {
    this.#skipped++;
  }

  onFault({ source }: Pick<FlightFault, "source">): void {
    if (source === "frame") this.#framesFailed++;
    else if (source === "sensor") this.#sensorFaults++;
    else this.#estimatorFailed = true;
  }

  end({ completed }: FlightEnding): void {
    this.#completed = completed;
  }

  /** Something has arrived. */
  tick(timeNs: MonotonicNs): void {
    this.#firstNs ??= timeNs;
    this.#lastNs = timeNs;
    if (this.#events++ % MEMORY_INTERVAL === 0) {
      this.#rssBytesMax = Math.max(this.#rssBytesMax, Deno.memoryUsage().rss);
    }
  }

  frame(line: Pick<FrameLine, "fix" | "vioRegistered">): void {
    this.#frames++;
    if (line.fix.accepted) this.#fixes++;
    if (line.vioRegistered) this.#registered++;
  }

  summary({ record, tiles, outputFaults }: FlightResults): SummaryLine {
    const durationS = (this.#lastNs - (this.#firstNs ?? this.#lastNs)) / 1e9;
    const wallS = (performance.now() - this.#startMs) / 1e3;
    return {
      type: "summary",
      flight: this.#flight,
      completed: this.#completed,
      frames: this.#frames,
      framesSkipped: this.#skipped,
      framesFailed: this.#framesFailed,
      sensorFaults: this.#sensorFaults,
      estimatorFailed: this.#estimatorFailed,
      fixes: this.#fixes,
      // The first frame has nothing to register with.
      registrationVo: this.#frames > 1 ? this.#registered / (this.#frames - 1) : 0,
      durationS,
      wallS,
      realTimeFactor: wallS > 0 ? durationS / wallS : 0,
      rssMbMax: Math.max(this.#rssBytesMax, Deno.memoryUsage().rss) / 1e6,
      tiles: tiles === null ? null : { ...tiles },
      outputFaults: { ...outputFaults },
      recorderFolder: record?.folder ?? null,
      recorderRecords: record?.records ?? 0,
      recorderLost: record === null ? 0 : record.recordsLost,
      recorderBroken: record !== null && !record.complete,
    };
  }
}
