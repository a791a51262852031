/**
 * Describes damage in a recorded flight exactly: where, in which record, why, and whether records
 * are lost.
 *
 * @module
 */

/** Stable names, for scripts. */
export type DamageCode =
  | "empty_file"
  | "not_mcap"
  | "magic"
  | "cut"
  | "zeros"
  | "record"
  | "length"
  | "unreadable"
  | "chunk_crc"
  | "chunk_header"
  | "compression"
  | "data_crc"
  | "message_index"
  | "summary"
  | "summary_crc"
  | "statistics"
  | "trailing_bytes"
  | "not_a_record"
  | "schema_version"
  | "payload"
  | "order"
  | "flight_id"
  | "missing_header"
  | "missing_footer"
  | "missing_segment"
  | "missing_records"
  | "counters";

export interface Damage {
  readonly code: DamageCode;
  /** File name of the segment; empty when the whole flight is concerned. */
  readonly segment: string;
  /** Bytes from the start of the file; null when the whole file is concerned. */
  readonly offset: number | null;
  /** The damaged record: "chunk", "footer", "nav.state"; empty when there is none. */
  readonly record: string;
  readonly reason: string;
  /** Whether records may be missing because of it; otherwise only index data is affected. */
  readonly losesRecords: boolean;
}

/** "segment_0000.mcap at byte 1234 (chunk): …". */
export function describeDamage(damage: Damage): string {
  const place = [
    damage.segment === "" ? "the flight" : damage.segment,
    ...damage.offset === null ? [] : [`at byte ${damage.offset}`],
    ...damage.record === "" ? [] : [`(${damage.record})`],
  ].join(" ");
  return `${place}: ${damage.reason}`;
}

const KEPT_PER_CODE = 100;

/** Collects damage, with a limit on memory for a file in which everything is wrong. */
export class DamageList {
  readonly #kept: Damage[] = [];
  readonly #counts = new Map<DamageCode, number>();

  add(damage: Damage): void {
    const count = (this.#counts.get(damage.code) ?? 0) + 1;
    this.#counts.set(damage.code, count);
    if (count <= KEPT_PER_CODE) this.#kept.push(damage);
  }

  /** At most 100 of each code, in the order of their discovery. */
  get list(): readonly Damage[] {
    return this.#kept;
  }

  get total(): number {
    return this.#counts.values().reduce((sum, count) => sum + count, 0);
  }

  get counts(): ReadonlyMap<DamageCode, number> {
    return this.#counts;
  }
}
