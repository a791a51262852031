/**
 * The first pass over a log: which boots it holds, which of its messages each stream is read from, and
 * what the barometer's heights are counted from.
 *
 * @module
 */
import { median } from "../../core/mod.ts";
import { BootClock } from "./boot_clock.ts";
import { ImuRoughness } from "./imu_roughness.ts";
import type { FlightLog, LogDecoder, LogSample, LogStream, LogStreamName } from "./contract.ts";

/** Damage can look like boots without end. */
const BOOTS_MAX = 256;
/** GPS samples that the barometer's heights are compared with. */
const DATUM_SAMPLES = 25;
/** A message with fewer samples than this share of a stream's best is passed over. */
const SHARE_MIN = 0.1;

interface SourceTally {
  samples: number;
  firstNs: number;
  lastNs: number;
}

interface BootTally {
  firstNs: number;
  lastNs: number;
  readonly sources: Map<string, SourceTally>;
  readonly firstFixes: Map<string, FlightLog["firstFix"]>;
  readonly baroHeights: Map<string, number>;
  readonly roughness: Map<string, ImuRoughness>;
  /** "GPS BARO" → heights of the GPS less those of the barometer. */
  readonly datums: Map<string, number[]>;
}

/** What the second pass needs to know of the boot that it reads. */
export interface SurveyedBoot {
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
  readonly #clock: BootClock;
  readonly #boots: BootTally[] = [];
  timesRefused = 0;

  constructor({ backMaxNs }: Pick<LogDecoder, "backMaxNs">) {
    this.#clock = new BootClock({ backMaxNs });
  }

  add(samples: readonly LogSample[]): void {
    for (const { source, event } of samples) {
      const boot = this.#clock.bootOf(event.controllerNs);
      if (boot === undefined || boot >= BOOTS_MAX) {
        this.timesRefused++;
        continue;
      }
      this.#count(this.#tally(boot, event.controllerNs), source, event);
    }
  }

  boots(decoder: LogDecoder): FlightLog["boots"] {
    return this.#boots.map((boot) => ({
      firstNs: boot.firstNs,
      lastNs: boot.lastNs,
      imuSamples: boot.sources.get(chosen(boot, decoder.sources.imu))?.samples ?? 0,
    }));
  }

  boot(index: number, decoder: LogDecoder): SurveyedBoot {
    const boot = this.#boots[index];
    const names = Object.keys(decoder.sources) as LogStreamName[];
    const sources = Object.fromEntries(
      names.map((name) => [name, chosen(boot, decoder.sources[name])]),
    ) as Record<LogStreamName, string>;
    const streams = Object.fromEntries(
      names.map((name) => [name, stream(boot, sources[name])]),
    ) as Record<LogStreamName, LogStream>;
    return {
      firstNs: boot.firstNs,
      lastNs: boot.lastNs,
      sources,
      streams,
      imuNoise: (boot.roughness.get(sources.imu) ?? new ImuRoughness()).noise(),
      firstFix: boot.firstFixes.get(sources.gps) ?? null,
      datumM: median(boot.datums.get(`${sources.gps} ${sources.baro}`) ?? []) ?? 0,
    };
  }

  #tally(index: number, timeNs: number): BootTally {
    const boot = this.#boots[index] ??= {
      firstNs: timeNs,
      lastNs: timeNs,
      sources: new Map(),
      firstFixes: new Map(),
      baroHeights: new Map(),
      roughness: new Map(),
      datums: new Map(),
    };
    boot.firstNs = Math.min(boot.firstNs, timeNs);
    boot.lastNs = Math.max(boot.lastNs, timeNs);
    return boot;
  }

  #count(boot: BootTally, source: string, event: LogSample["event"]): void {
    const { controllerNs } = event;
    const tally = boot.sources.get(source);
    if (tally === undefined) {
      boot.sources.set(source, { samples: 1, firstNs: controllerNs, lastNs: controllerNs });
    } else {
      tally.samples++;
      tally.lastNs = controllerNs;
    }
    if (event.kind === "imu") {
      const roughness = boot.roughness.get(source) ?? new ImuRoughness();
      roughness.add(event);
      boot.roughness.set(source, roughness);
    }
    if (event.kind === "baro") boot.baroHeights.set(source, event.heightM);
    if (event.kind !== "gps" || event.fix !== "3d") return;
    if (!boot.firstFixes.has(source)) boot.firstFixes.set(source, event.position);
    for (const [baro, heightM] of boot.baroHeights) {
      const name = `${source} ${baro}`;
      const datums = boot.datums.get(name) ?? [];
      if (datums.length < DATUM_SAMPLES) datums.push(event.position.heightM - heightM);
      boot.datums.set(name, datums);
    }
  }
}

/** The best message of these that has enough samples; empty where none has any. */
function chosen({ sources }: BootTally, candidates: readonly string[]): string {
  const counts = candidates.map((name) => sources.get(name)?.samples ?? 0);
  const most = Math.max(...counts);
  return most === 0 ? "" : candidates[counts.findIndex((count) => count >= SHARE_MIN * most)];
}

function stream({ sources }: BootTally, message: string): LogStream {
  const { samples, firstNs, lastNs } = sources.get(message) ??
    { samples: 0, firstNs: 0, lastNs: 0 };
  const spanS = (lastNs - firstNs) * 1e-9;
  return { message, samples, rateHz: spanS > 0 ? (samples - 1) / spanS : 0 };
}
