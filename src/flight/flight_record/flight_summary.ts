/**
 * Summarises a flight's records: kinds, rates, producers, losses, pauses, header and footer.
 *
 * @module
 */
import type { FdrRecord } from "../flight_recorder/mod.ts";
import { IntervalStatistics, type Rhythm } from "./interval_statistics.ts";
import type { FlightEntry } from "./scan_flight.ts";

export interface KindSummary extends Rhythm {
  readonly kind: string;
  readonly count: number;
  /** Time span of its messages. */
  readonly bytes: number;
  readonly firstNs: number;
  readonly lastNs: number;
  /** Over its own time span; null with fewer than two records. */
  readonly hz: number | null;
}

interface Moment {
  readonly timestampNs: number;
  readonly wallTime: string;
}

export interface FlightSummary {
  readonly flightIds: readonly string[];
  readonly records: number;
  readonly bytes: number;
  readonly first: Moment | null;
  readonly last: Moment | null;
  /** By name. */
  readonly kinds: readonly KindSummary[];
  /** Records by producer. */
  readonly producers: ReadonlyMap<string, number>;
  /** Records not covered by a correct CRC: salvaged from damaged places, or written without one. */
  readonly unverified: number;
  readonly header: Readonly<Record<string, unknown>> | null;
  readonly footer: Readonly<Record<string, unknown>> | null;
  /** Losses reported by the `overrun` records, by reason ("ring", "disk", …). */
  readonly overrun: ReadonlyMap<string, number>;
  /** Segments dropped by the capacity cap, according to the records. */
  readonly droppedSegments: readonly string[];
}

interface KindCount {
  count: number;
  bytes: number;
  firstNs: number;
  lastNs: number;
  readonly intervals: IntervalStatistics;
}

const IDS_MAX = 16;

/** Adds records one by one. */
export class FlightSummaryBuilder {
  readonly #kinds = new Map<string, KindCount>();
  readonly #producers = new Map<string, number>();
  readonly #flightIds = new Set<string>();
  readonly #droppedSegments = new Set<string>();
  #bytes = 0;
  #records = 0;
  #unverified = 0;
  #first: Moment | null = null;
  #last: Moment | null = null;
  #header: FlightSummary["header"] = null;
  #footer: FlightSummary["footer"] = null;
  readonly #overrun = new Map<string, number>();

  add(entry: FlightEntry): void {
    const { record, message } = entry;
    const { timestampNs, kind, producerId } = record;
    this.#records++;
    this.#bytes += message.data.length;
    if (!message.verified) this.#unverified++;
    if (this.#flightIds.size < IDS_MAX) this.#flightIds.add(record.flightId);
    this.#producers.set(producerId, (this.#producers.get(producerId) ?? 0) + 1);
    if (this.#first === null || timestampNs < this.#first.timestampNs) this.#first = moment(record);
    if (this.#last === null || timestampNs >= this.#last.timestampNs) this.#last = moment(record);
    this.#count(kind, timestampNs, message.data.length);
    this.#own(record);
  }

  build(): FlightSummary {
    const kinds = [...this.#kinds].sort(([a], [b]) => a < b ? -1 : 1).map(([kind, counted]) => {
      const { intervals, ...rest } = counted;
      const spanNs = counted.lastNs - counted.firstNs;
      const hz = spanNs > 0 ? (counted.count - 1) / (spanNs / 1e9) : null;
      return { kind, ...rest, hz, ...intervals.rhythm() };
    });
    return {
      flightIds: [...this.#flightIds],
      records: this.#records,
      bytes: this.#bytes,
      first: this.#first,
      last: this.#last,
      kinds,
      producers: this.#producers,
      unverified: this.#unverified,
      header: this.#header,
      footer: this.#footer,
      overrun: this.#overrun,
      droppedSegments: [...this.#droppedSegments].sort(),
    };
  }

  #count(kind: string, timestampNs: number, bytes: number): void {
    let counted = this.#kinds.get(kind);
    if (counted === undefined) {
      counted = {
        count: 0,
        bytes: 0,
        firstNs: timestampNs,
        lastNs: timestampNs,
        intervals: new IntervalStatistics(),
      };
      this.#kinds.set(kind, counted);
    }
    counted.count++;
    counted.bytes += bytes;
    counted.firstNs = Math.min(counted.firstNs, timestampNs);
    counted.lastNs = Math.max(counted.lastNs, timestampNs);
    counted.intervals.add(timestampNs);
  }

  /** The recorder's own counters. */
  #own({ kind, payload }: FdrRecord): void {
    if (kind === "flight_header") this.#header ??= payload;
    if (kind === "flight_footer") this.#footer = payload;
    if (kind === "segment_rollover" && typeof payload.segment === "string") {
      this.#droppedSegments.add(payload.segment);
    }
    if (kind === "overrun" && Number.isSafeInteger(payload.droppedCount)) {
      const reason = typeof payload.reason === "string" ? payload.reason : "ring";
      const known = this.#overrun.get(reason) ?? 0;
      if (this.#overrun.size < IDS_MAX || known > 0) {
        this.#overrun.set(reason, known + (payload.droppedCount as number));
      }
    }
  }
}

function moment({ timestampNs, wallTime }: FdrRecord): Moment {
  return { timestampNs, wallTime };
}
