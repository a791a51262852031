/**
 * The time span of a report, divided into the columns of its charts.
 *
 * @module
 */

/** About one per pixel of a wide screen. */
export const COLUMNS = 1200;

export class TimeRange {
  readonly fromNs: number;
  readonly toNs: number;

  constructor(fromNs: number, toNs: number) {
    this.fromNs = fromNs;
    this.toNs = Math.max(fromNs, toNs);
  }

  get durationS(): number {
    return (this.toNs - this.fromNs) / 1e9;
  }

  seconds(timeNs: number): number {
    return (timeNs - this.fromNs) / 1e9;
  }

  /** Column of a time; times outside of the range belong to the first or the last. */
  column(timeNs: number, columns = COLUMNS): number {
    if (this.toNs === this.fromNs) return 0;
    const at = Math.floor((timeNs - this.fromNs) / (this.toNs - this.fromNs) * columns);
    return Math.max(0, Math.min(columns - 1, at));
  }

  /** Where a column begins, seconds. */
  columnStartS(column: number, columns = COLUMNS): number {
    return this.durationS * column / columns;
  }
}
