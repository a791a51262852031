/**
 * Contracts of the flight recorder: what a producer holds, what the program that owns the recorder
 * holds, and the disk that the writer stands on.
 *
 * @module
 */
import type { MonotonicNs } from "../../core/mod.ts";
import type { FdrKind, FdrPayload } from "./registry.ts";

/** A record on its way in; producer, flight, wall time and schema version are added for it. */
export interface NewRecord<K extends FdrKind = FdrKind> {
  readonly kind: K;
  /** Canonical clock. */
  readonly timestampNs: MonotonicNs;
  readonly payload: FdrPayload<K>;
}

/**
 * What became of a record: `ok`, or `dropped_oldest`: it is in, and older ones had to go (counted, and
 * an `overrun` marker stands where they were). `refused`, of a sink that never throws (NonThrowingSink): it
 * is not in, which is counted and told.
 */
export type EnqueueResult = "ok" | "dropped_oldest" | "refused";

/** Where a component puts its records. Everybody but the recorder itself sees no more than this. */
export interface FdrSink {
  readonly producerId: string;
  /**
   * Never blocks, waits, or throws for a full ring or a broken disk.
   *
   * @throws FdrKindError for a kind that is not registered, or lacks a key that it must carry.
   * @throws RawFrameWriteForbiddenError for raw camera frames.
   * @throws FdrRecordTooLargeError for a record that does not fit its slot; nothing is cut.
   * @throws FdrSpscViolationError (opt-in guard) when a second producer writes to this ring.
   */
  enqueue<K extends FdrKind>(record: NewRecord<K>): EnqueueResult;
}

/** Records of one producer, as counted by its ring. Refused records were never produced. */
export interface ProducerCounts {
  /**
   * Records that `enqueue` took.
   * produced = written + droppedOverrun + droppedDisk + droppedPolicy + droppedInvalid.
   */
  readonly produced: number;
  readonly written: number;
  /** Evicted from a full ring. */
  readonly droppedOverrun: number;
  /** Lost because the disk refused them. */
  readonly droppedDisk: number;
  /** Over the rate that their kind may have. */
  readonly droppedPolicy: number;
  /** Came out of the ring as something that JSON cannot hold, or as no record at all. */
  readonly droppedInvalid: number;
}

/** Per-flight counters; they stand in the footer. */
export interface FlightCounters {
  /** Messages in all segments of the flight, the recorder's own included, the footer not. */
  readonly recordsWritten: number;
  readonly recordsDroppedOverrun: number;
  readonly recordsDroppedDisk: number;
  readonly recordsDroppedPolicy: number;
  readonly recordsDroppedInvalid: number;
  /** Messages that left with segments dropped for the capacity cap. */
  readonly recordsDroppedCap: number;
  readonly bytesWritten: number;
  /** Segments opened after the first. */
  readonly rolloverCount: number;
  readonly producers: Readonly<Record<string, ProducerCounts>>;
}

/** What the crew must hear; once per flight and reason. */
export interface FdrAlert {
  readonly reason: "disk_full" | "disk_failed" | "cap_misconfigured" | "writer_died";
  readonly message: string;
}

/** An open file of the writer. All calls are synchronous: the writer has a thread of its own. */
export interface DiskFile {
  /** Appends all of the bytes, or throws having perhaps appended some. */
  write(bytes: Uint8Array): void;
  /** Everything written so far survives a power cut when it returns. */
  sync(): void;
  /** Cuts the file; later writes append there. */
  truncate(lengthBytes: number): void;
  close(): void;
}

/** The file system as the writer sees it; tests record, fail and replay it. */
export interface Disk {
  /** Makes folders as needed. */
  makeFolder(path: string): void;
  /** Throws when the file exists. */
  create(path: string): DiskFile;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** Names in a folder survive a power cut when it returns. */
  syncFolder(path: string): void;
  sizeOf(path: string): number;
}
