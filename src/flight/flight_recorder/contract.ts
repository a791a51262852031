/**
 * Interfaces of the flight recorder (C13): for producers, for the program that owns the recorder,
 * and for the file system under the writer.
 *
 * @module
 */
import type { MonotonicNs } from "../../core/mod.ts";
import type { FdrKind, FdrPayload } from "./registry.ts";

/** A record to be written; producer, flight, wall time and schema version are added. */
export interface NewRecord<K extends FdrKind = FdrKind> {
  readonly kind: K;
  /** Canonical clock. */
  readonly timestampNs: MonotonicNs;
  readonly payload: FdrPayload<K>;
}

/**
 * Outcome of a record: `ok`; `dropped_oldest`: it is recorded, but older ones were evicted (counted,
 * and an `overrun` record marks their place); `refused`, only from NonThrowingSink: it is not recorded,
 * which is counted and reported.
 */
export type EnqueueResult = "ok" | "dropped_oldest" | "refused";

/** The interface through which components record. Only the recorder itself sees more. */
export interface FdrSink {
  readonly producerId: string;
  /**
   * Never blocks or waits, and never throws for a full ring or a broken disk.
   *
   * @throws FdrKindError for a kind that is not registered, or lacks a required key.
   * @throws RawFrameWriteForbiddenError for raw camera frames.
   * @throws FdrRecordTooLargeError for a record that does not fit its slot; nothing is cut.
   * @throws FdrSpscViolationError (opt-in guard) when a second producer writes to this ring.
   */
  enqueue<K extends FdrKind>(record: NewRecord<K>): EnqueueResult;
}

/** Counters of one producer, from its ring. Refused records do not count as produced. */
export interface ProducerCounts {
  /**
   * Records that `enqueue` accepted. produced = written + droppedOverrun + droppedDisk +
   * droppedPolicy + droppedInvalid.
   */
  readonly produced: number;
  readonly written: number;
  /** Evicted from a full ring. */
  readonly droppedOverrun: number;
  /** Lost because the disk refused them. */
  readonly droppedDisk: number;
  /** Above the maximum rate of their kind. */
  readonly droppedPolicy: number;
  /** Not representable in JSON, or damaged in the ring. */
  readonly droppedInvalid: number;
}

/** Counters of a flight; they are written to the footer. */
export interface FlightCounters {
  /** Messages in all segments of the flight, including the recorder's own, without the footer. */
  readonly recordsWritten: number;
  readonly recordsDroppedOverrun: number;
  readonly recordsDroppedDisk: number;
  readonly recordsDroppedPolicy: number;
  readonly recordsDroppedInvalid: number;
  /** Messages lost with segments that the capacity cap deleted. */
  readonly recordsDroppedCap: number;
  readonly bytesWritten: number;
  /** Segments opened after the first. */
  readonly rolloverCount: number;
  readonly producers: Readonly<Record<string, ProducerCounts>>;
}

/** An alert for the crew; once for each flight and reason. */
export interface FdrAlert {
  readonly reason: "disk_full" | "disk_failed" | "cap_misconfigured" | "writer_died";
  readonly message: string;
}

/** An open file of the writer. All calls are synchronous: the writer has its own thread. */
export interface DiskFile {
  /** Appends all of the bytes; when it throws, some may have been appended. */
  write(bytes: Uint8Array): void;
  /** When it returns, everything written so far survives a loss of power. */
  sync(): void;
  /** Truncates the file; later writes append at the new end. */
  truncate(lengthBytes: number): void;
  close(): void;
}

/**
 * The file system as the writer uses it; tests record its calls, inject failures and replay them.
 */
export interface Disk {
  /** Creates the folder and its parents as needed. */
  makeFolder(path: string): void;
  /** Throws when the file exists. */
  create(path: string): DiskFile;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** When it returns, the names in a folder survive a loss of power. */
  syncFolder(path: string): void;
  sizeOf(path: string): number;
}
