/**
 * A track in constant memory: of each stretch of time the first and the last position and the four
 * extreme ones. Longitudes continue beyond ±180° so that a track over the antimeridian is one line.
 *
 * @module
 */
import { wrapDegrees } from "../../core/mod.ts";
import type { ReportPosition, TrackSample } from "./contract.ts";
import { Silences } from "./silences.ts";
import type { TimeRange } from "./time_range.ts";

const BINS = 4000;

interface Kept extends ReportPosition {
  readonly timeNs: number;
}

interface Bin {
  first: Kept;
  last: Kept;
  north: Kept;
  south: Kept;
  east: Kept;
  west: Kept;
}

export class TrackBins {
  readonly #range: TimeRange;
  readonly #silences: Silences;
  readonly #bins: (Bin | undefined)[] = new Array(BINS);
  #reference: number | null = null;
  #count = 0;

  /** A gap of more than `breakNs` interrupts the track. */
  constructor(range: TimeRange, breakNs: number) {
    this.#range = range;
    this.#silences = new Silences(range, breakNs, BINS);
  }

  get count(): number {
    return this.#count;
  }

  /** Invalid positions are ignored. */
  add(timeNs: number, latitudeDeg: unknown, longitudeDeg: unknown): void {
    if (!isDegrees(latitudeDeg, 90) || !isDegrees(longitudeDeg, 180)) return;
    this.#count++;
    this.#silences.add(timeNs);
    this.#reference ??= longitudeDeg;
    const here = {
      timeNs,
      latitudeDeg,
      longitudeDeg: this.#reference + wrapDegrees(longitudeDeg - this.#reference),
    };
    const column = this.#range.column(timeNs, BINS);
    const bin = this.#bins[column];
    if (bin === undefined) {
      this.#bins[column] = {
        first: here,
        last: here,
        north: here,
        south: here,
        east: here,
        west: here,
      };
      return;
    }
    if (timeNs < bin.first.timeNs) bin.first = here;
    if (timeNs >= bin.last.timeNs) bin.last = here;
    if (latitudeDeg > bin.north.latitudeDeg) bin.north = here;
    if (latitudeDeg < bin.south.latitudeDeg) bin.south = here;
    if (here.longitudeDeg > bin.east.longitudeDeg) bin.east = here;
    if (here.longitudeDeg < bin.west.longitudeDeg) bin.west = here;
  }

  /** By time, with a null in each gap. */
  samples(): TrackSample[] {
    const out: TrackSample[] = [];
    let lastNs: number | null = null;
    for (const bin of this.#bins) {
      if (bin === undefined) continue;
      const kept = [...new Set(Object.values(bin) as Kept[])].sort((a, b) => a.timeNs - b.timeNs);
      for (const { timeNs, latitudeDeg, longitudeDeg } of kept) {
        const silentNs = lastNs === null ? null : this.#silences.between(lastNs, timeNs);
        if (silentNs !== null) out.push([this.#range.seconds(silentNs), null]);
        out.push([this.#range.seconds(timeNs), { latitudeDeg, longitudeDeg }]);
        lastNs = timeNs;
      }
    }
    return out;
  }
}

function isDegrees(value: unknown, limit: number): value is number {
  return typeof value === "number" && Math.abs(value) <= limit;
}
