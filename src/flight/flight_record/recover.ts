/**
 * Recovers every complete record of a flight into new MCAP files. The original is only read.
 *
 * @module
 */
import { Output } from "../../core/mod.ts";
import { ChannelBook } from "./channel_book.ts";
import { type Damage, DamageList } from "./damage.ts";
import type { Verdict } from "./examine.ts";
import type { FlightFiles, SegmentFile } from "./flight_files.ts";
import type { Metadata } from "./mcap_format.ts";
import { recoveryNote } from "./recovery_note.ts";
import { RecoveredFile } from "./recovered_file.ts";
import type { ScannedMessage } from "./scan_events.ts";
import {
  damageOf,
  type FlightStep,
  messagesOf,
  scanFlight,
  type ScanOptions,
} from "./scan_flight.ts";

interface RecoveredSegment {
  readonly name: string;
  readonly records: number;
}

export interface Recovery {
  readonly verdict: Verdict;
  /** What was written; null when there was nothing to write. */
  readonly path: string | null;
  readonly segments: readonly RecoveredSegment[];
  readonly records: number;
  /** Records not covered by a correct CRC: salvaged from damaged places, or written without one. */
  readonly unverified: number;
  readonly damage: DamageList;
}

const DAMAGE_TEXTS_MAX = 20;

/**
 * `out` is a folder, which gets one file for each segment, or one file (*.mcap), which gets all
 * records.
 *
 * @throws OutputTakenError | OutputWriteError
 */
export async function recoverFlight(
  files: FlightFiles,
  out: string,
  options: ScanOptions = {},
): Promise<Recovery> {
  const intoFile = out.endsWith(".mcap");
  await using output = intoFile ? await Output.file(out) : await Output.folder(out);
  const place = (segment: SegmentFile) =>
    intoFile ? output.temporaryPath : `${output.temporaryPath}/${nameFor(segment)}`;
  const salvage = new Salvage(output, place, intoFile);
  try {
    for await (const step of scanFlight(files, options)) await salvage.add(step);
    await salvage.end();
  } finally {
    salvage.close();
  }
  const { records } = salvage;
  if (records > 0) await output.commit();
  return {
    verdict: records === 0 ? "nothing" : salvage.damage.total > 0 ? "lossy" : "complete",
    path: records > 0 ? output.path : null,
    segments: salvage.segments,
    records,
    unverified: salvage.unverified,
    damage: salvage.damage,
  };
}

function nameFor({ name }: SegmentFile): string {
  return name.endsWith(".mcap") ? name : `${name}.mcap`;
}

class Salvage {
  readonly damage = new DamageList();
  readonly segments: RecoveredSegment[] = [];
  records = 0;
  unverified = 0;
  readonly #output: Output;
  readonly #place: (segment: SegmentFile) => string;
  readonly #intoOne: boolean;
  readonly #book = new ChannelBook();
  #file: RecoveredFile | null = null;
  #name = "";
  #sequenceBase = 0;
  #sequenceNext = 0;
  #fileDamage: Damage[] = [];
  #metadata: Metadata[] = [];

  constructor(output: Output, place: (segment: SegmentFile) => string, intoOne: boolean) {
    this.#output = output;
    this.#place = place;
    this.#intoOne = intoOne;
  }

  async add(step: FlightStep): Promise<void> {
    for (const damage of damageOf(step)) {
      this.damage.add(damage);
      if (this.#fileDamage.length < DAMAGE_TEXTS_MAX) this.#fileDamage.push(damage);
    }
    for (const event of step.events) {
      this.#book.add(event);
      if (event.type === "metadata") await this.#keepMetadata(event.metadata);
    }
    for (const message of messagesOf(step)) await this.#keep(message, step.segment);
    if (!step.isLast) return;
    this.#book.nextSegment();
    this.#sequenceBase = this.#sequenceNext;
    if (!this.#intoOne) await this.end();
  }

  /** Completes the current file; a segment without readable records gets none. */
  async end(): Promise<void> {
    const file = this.#file;
    if (file !== null) {
      if (this.#fileDamage.length > 0) {
        await file.addMetadata(recoveryNote(file.messages, this.#fileDamage));
      }
      await file.end();
      file.close();
      this.#file = null;
      this.segments.push({ name: this.#name, records: file.messages });
    }
    this.#fileDamage = [];
    this.#metadata = [];
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
  }

  async #keep(message: ScannedMessage, segment: SegmentFile): Promise<void> {
    const channel = this.#book.channelOf(message);
    if (channel === null) {
      const damage: Damage = {
        code: "not_a_record",
        segment: segment.name,
        offset: message.offset,
        record: "message",
        reason: "its channel is lost and it holds no record of a flight",
        losesRecords: true,
      };
      return this.damage.add(damage);
    }
    // Messages are numbered from 0 in each segment, and in one file throughout.
    const sequence = (this.#sequenceBase + message.sequence) >>> 0;
    if (this.#intoOne) this.#sequenceNext = sequence + 1;
    await (await this.#open(segment)).add({ ...message, sequence }, channel);
    this.records++;
    if (!message.verified) this.unverified++;
  }

  async #open(segment: SegmentFile): Promise<RecoveredFile> {
    if (this.#file !== null) return this.#file;
    this.#name = this.#intoOne ? this.#output.path : nameFor(segment);
    this.#file = await RecoveredFile.create(this.#output, this.#place(segment));
    for (const metadata of this.#metadata) await this.#file.addMetadata(metadata);
    this.#metadata = [];
    return this.#file;
  }

  /**
   * The file is created with the first record; a file with metadata only would not be a recovery.
   */
  async #keepMetadata(metadata: Metadata): Promise<void> {
    if (this.#file === null) this.#metadata.push(metadata);
    else await this.#file.addMetadata(metadata);
  }
}
