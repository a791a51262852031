/**
 * Counts what happened to every record of one producer in one flight.
 *
 * @module
 */
import type { ProducerCounts } from "./contract.ts";

/** Reasons for missing records, as in `overrun` records. */
export const LOSS_REASONS = ["ring", "disk", "rate", "invalid"] as const;
export type LossReason = (typeof LOSS_REASONS)[number];

/** Records that are being written, and the losses that are reported with them. */
interface Stage {
  records: number;
  readonly reported: Record<LossReason, number>;
}

const stage = (): Stage => ({ records: 0, reported: { ring: 0, disk: 0, rate: 0, invalid: 0 } });

export class ProducerTally {
  readonly producerId: string;
  /** Taken from the ring. */
  #taken = 0;
  #written = 0;
  readonly #dropped: Record<LossReason, number> = { ring: 0, disk: 0, rate: 0, invalid: 0 };
  /** Dropped records that no `overrun` record reports yet. */
  readonly #unreported: Record<LossReason, number> = { ring: 0, disk: 0, rate: 0, invalid: 0 };
  /** In the current chunk, and in the file but perhaps not on the disk. */
  readonly #inChunk = stage();
  readonly #unsynced = stage();

  constructor(producerId: string) {
    this.producerId = producerId;
  }

  /** A record was taken from the ring (or made by the recorder itself). */
  take(): void {
    this.#taken++;
  }

  /** It is in the chunk. */
  addedToChunk(): void {
    this.#inChunk.records++;
  }

  /** Records that a ring lost were never taken from it; all others were. */
  lose(reason: LossReason, count: number): void {
    this.#dropped[reason] += count;
    this.#unreported[reason] += count;
  }

  unreported(reason: LossReason): number {
    return this.#unreported[reason];
  }

  /** An `overrun` record in the chunk reports all losses that were not reported yet. */
  tell(reason: LossReason): void {
    this.#inChunk.reported[reason] += this.#unreported[reason];
    this.#unreported[reason] = 0;
  }

  /** The chunk is in the file. */
  chunkWritten(): void {
    move(this.#inChunk, this.#unsynced);
  }

  chunkLost(): void {
    this.#lost(this.#inChunk);
  }

  /** What is in the file is on the disk. */
  synced(): void {
    this.#written += this.#unsynced.records;
    move(this.#unsynced, stage());
  }

  unsyncedLost(): void {
    this.#lost(this.#unsynced);
  }

  /**
   * Exact when nothing is in a chunk or unsynced; until then `written` and the others are too low.
   */
  counts(): ProducerCounts {
    return {
      produced: this.#taken + this.#dropped.ring,
      written: this.#written,
      droppedOverrun: this.#dropped.ring,
      droppedDisk: this.#dropped.disk,
      droppedPolicy: this.#dropped.rate,
      droppedInvalid: this.#dropped.invalid,
    };
  }

  #lost(from: Stage): void {
    if (from.records > 0) this.lose("disk", from.records);
    from.records = 0;
    for (const reason of LOSS_REASONS) {
      this.#unreported[reason] += from.reported[reason];
      from.reported[reason] = 0;
    }
  }
}

function move(from: Stage, to: Stage): void {
  to.records += from.records;
  from.records = 0;
  for (const reason of LOSS_REASONS) {
    to.reported[reason] += from.reported[reason];
    from.reported[reason] = 0;
  }
}
