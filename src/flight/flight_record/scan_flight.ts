/**
 * Scans a whole flight, segment after segment, in bounded memory.
 *
 * @module
 */
import type { FdrRecord } from "../flight_recorder/mod.ts";
import { FileSource } from "./byte_source.ts";
import type { Damage } from "./damage.ts";
import { readEnvelope } from "./envelope.ts";
import type { FlightFiles, SegmentFile } from "./flight_files.ts";
import type { ScanEvent, ScannedMessage } from "./scan_events.ts";
import { scanSegment } from "./segment_scan.ts";

export interface FlightStep {
  readonly segment: SegmentFile;
  /** Whether this is the last step of its segment. */
  readonly isLast: boolean;
  /** Bytes read so far, over all segments. */
  readonly doneBytes: number;
  readonly events: readonly ScanEvent[];
}

export interface ScanOptions {
  readonly signal?: AbortSignal;
  readonly progress?: (doneBytes: number) => void;
}

/** All events of the files, damage included. */
export async function* scanFlight(
  files: FlightFiles,
  options: ScanOptions = {},
): AsyncGenerator<FlightStep, void, void> {
  let before = 0;
  for (const segment of files.segments) {
    using source = await FileSource.open(segment.path);
    for await (const { positionBytes, events } of scanSegment(source)) {
      options.signal?.throwIfAborted();
      const doneBytes = before + positionBytes;
      options.progress?.(doneBytes);
      yield { segment, doneBytes, events, isLast: false };
    }
    before += segment.sizeBytes;
    yield { segment, doneBytes: before, events: [], isLast: true };
  }
}

/** One record of a flight, and the message that contains it. */
export interface FlightEntry {
  readonly record: FdrRecord;
  readonly message: ScannedMessage;
  readonly segment: SegmentFile;
}

/** Messages of a step, in the order of the file. */
export function* messagesOf(step: FlightStep): Generator<ScannedMessage, void, void> {
  for (const event of step.events) {
    if (event.type === "message") yield event.message;
    if (event.type === "chunk") yield* event.chunk.messages;
  }
}

/** Damage that the scan found in a step. */
export function* damageOf(step: FlightStep): Generator<Damage, void, void> {
  for (const event of step.events) {
    if (event.type === "damage") yield { ...event.damage, segment: step.segment.name };
  }
}

/** Records of a step; `refused` is called for messages that are not records. */
export function* entriesOf(
  step: FlightStep,
  refused: (damage: Damage) => void,
): Generator<FlightEntry, void, void> {
  for (const message of messagesOf(step)) {
    const record = readEnvelope(message.data);
    if (record !== undefined) yield { record, message, segment: step.segment };
    else {
      refused({
        code: "not_a_record",
        segment: step.segment.name,
        offset: message.offset,
        record: "message",
        reason: "it holds no record of a flight",
        losesRecords: true,
      });
    }
  }
}
