/**
 * The first pass over a log: which parts it holds, which of its messages each stream is read from, and
 * what the barometer's heights are counted from.
 *
 * @module
 */
import { median } from "../../core/mod.ts";
import { PartClock } from "./part_clock.ts";
import { ImuRoughness } from "./imu_roughness.ts";
import type { FlightLog, LogDecoder, LogSample, LogStream, LogStreamName } from "./contract.ts";

/** Damage can look like parts without end. */
const PARTS_MAX = 256;
/** GPS samples that the barometer's heights are compared with. */
const DATUM_SAMPLES = 25;
/** A message with fewer samples than this share of a stream's best is passed over. */
const SHARE_MIN = 0.1;

interface SourceTally {
  samples: number;
  firstNs: number;
  lastNs: number;
}

interface PartTally {
  firstNs: number;
  lastNs: number;
  readonly sources: Map<string, SourceTally>;
  readonly firstFixes: Map<string, FlightLog["firstFix"]>;
  readonly baroHeights: Map<string, number>;
  readonly roughness: Map<string, ImuRoughness>;
  /** "GPS BARO" → heights of the GPS less those of the barometer. */
  readonly datums: Map<string, number[]>;
}

/** What the second pass needs to know of the part that it reads. */
export interface SurveyedPart {
  readonly firstNs: number;
  readonly lastNs: number;
  readonly sources: Readonly<Record<LogStreamName, string>>;
  readonly streams: FlightLog["streams"];
  readonly imuNoise: FlightLog["imuNoise"];
  readonly firstFix: FlightLog["firstFix"];
  /** Added to the barometer's heights, metres; 0 without a GPS to take it from. */
  readonly datumM: number;
}

export class Survey {
  readonly #clock: PartClock;
  readonly #parts: PartTally[] = [];
  timesRefused = 0;

  constructor({ backMaxNs }: Pick<LogDecoder, "backMaxNs">) {
    this.#clock = new PartClock({ backMaxNs });
  }

  add(samples: readonly LogSample[]): void {
    for (const { source, event } of samples) {
      const part = this.#clock.partOf(event.controllerNs);
      if (part === undefined || part >= PARTS_MAX) {
        this.timesRefused++;
        continue;
      }
      // The step was none of damage: the sample that was not believed yet was right.
      if (part > 0 && part === this.#parts.length) this.timesRefused--;
      this.#count(this.#tally(part, event.controllerNs), source, event);
    }
  }

  parts(decoder: LogDecoder): FlightLog["parts"] {
    return this.#parts.map((part) => ({
      firstNs: part.firstNs,
      lastNs: part.lastNs,
      imuSamples: part.sources.get(chosen(part, decoder.sources.imu))?.samples ?? 0,
    }));
  }

  part(index: number, decoder: LogDecoder): SurveyedPart {
    const part = this.#parts[index];
    const names = Object.keys(decoder.sources) as LogStreamName[];
    const sources = Object.fromEntries(
      names.map((name) => [name, chosen(part, decoder.sources[name])]),
    ) as Record<LogStreamName, string>;
    const streams = Object.fromEntries(
      names.map((name) => [name, stream(part, sources[name])]),
    ) as Record<LogStreamName, LogStream>;
    return {
      firstNs: part.firstNs,
      lastNs: part.lastNs,
      sources,
      streams,
      imuNoise: (part.roughness.get(sources.imu) ?? new ImuRoughness()).noise(),
      firstFix: part.firstFixes.get(sources.gps) ?? null,
      datumM: median(part.datums.get(`${sources.gps} ${sources.baro}`) ?? []) ?? 0,
    };
  }

  #tally(index: number, timeNs: number): PartTally {
    const part = this.#parts[index] ??= {
      firstNs: timeNs,
      lastNs: timeNs,
      sources: new Map(),
      firstFixes: new Map(),
      baroHeights: new Map(),
      roughness: new Map(),
      datums: new Map(),
    };
    part.firstNs = Math.min(part.firstNs, timeNs);
    part.lastNs = Math.max(part.lastNs, timeNs);
    return part;
  }

  #count(part: PartTally, source: string, event: LogSample["event"]): void {
    const { controllerNs } = event;
    const tally = part.sources.get(source);
    if (tally === undefined) {
      part.sources.set(source, { samples: 1, firstNs: controllerNs, lastNs: controllerNs });
    } else {
      tally.samples++;
      tally.lastNs = controllerNs;
    }
    if (event.kind === "imu") {
      const roughness = part.roughness.get(source) ?? new ImuRoughness();
      roughness.add(event);
      part.roughness.set(source, roughness);
    }
    if (event.kind === "baro") part.baroHeights.set(source, event.heightM);
    if (event.kind !== "gps" || event.fix !== "3d") return;
    if (!part.firstFixes.has(source)) part.firstFixes.set(source, event.position);
    for (const [baro, heightM] of part.baroHeights) {
      const name = `${source} ${baro}`;
      const datums = part.datums.get(name) ?? [];
      if (datums.length < DATUM_SAMPLES) datums.push(event.position.heightM - heightM);
      part.datums.set(name, datums);
    }
  }
}

/** The best message of these that has enough samples; empty where none has any. */
function chosen({ sources }: PartTally, candidates: readonly string[]): string {
  const counts = candidates.map((name) => sources.get(name)?.samples ?? 0);
  const most = Math.max(...counts);
  return most === 0 ? "" : candidates[counts.findIndex((count) => count >= SHARE_MIN * most)];
}

function stream({ sources }: PartTally, message: string): LogStream {
  const { samples, firstNs, lastNs } = sources.get(message) ??
    { samples: 0, firstNs: 0, lastNs: 0 };
  const spanS = (lastNs - firstNs) * 1e-9;
  return { message, samples, rateHz: spanS > 0 ? (samples - 1) / spanS : 0 };
}
