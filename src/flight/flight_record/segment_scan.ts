/**
 * Scans an MCAP file from its first byte to its last, whatever is wrong with it: reports every
 * complete record, and every damage with its place and reason. Behind damage it searches for the
 * next record, first inside the damaged chunk.
 *
 * @module
 */
import type { ByteSource } from "./byte_source.ts";
import { READ_BYTES_MAX } from "./byte_source.ts";
import { type ChunkOutcome, openChunk } from "./chunk.ts";
import { walkChunk } from "./chunk_records.ts";
import { FormatFault } from "./cursor.ts";
import type { Damage } from "./damage.ts";
import { readEnvelope } from "./envelope.ts";
import {
  CHUNK_HEAD_BYTES,
  isOpcode,
  MAGIC,
  OPCODE,
  RECORD_HEAD_BYTES,
  recordName,
  SUMMARY_ONLY,
} from "./mcap_format.ts";
import { isExactly } from "./mcap_records.ts";
import {
  endsInsideChunk,
  findNextRecord,
  isMagic,
  isRecordAt,
  leadsOn,
  lengthOf,
  mayFollow,
} from "./resync.ts";
import { readRecord } from "./scan_record.ts";
import type { ScanEvent, ScanStep } from "./scan_events.ts";

/** Scans a segment step by step; memory is bounded by its largest chunk. */
export async function* scanSegment(source: ByteSource): AsyncGenerator<ScanStep, void, void> {
  const scan = new SegmentScan(source);
  await scan.open();
  yield scan.takeStep();
  while (await scan.advance()) yield scan.takeStep();
  yield scan.takeStep();
}

class SegmentScan {
  readonly #source: ByteSource;
  #events: ScanEvent[] = [];
  #offset = 0;
  /** Behind the data end only index data follows. */
  #inSummary = false;
  /** The last record with an unknown opcode: perhaps a data end whose opcode is damaged. */
  #unknownOffset: number | null = null;
  /** The end of the file has been reported already. */
  #ended = false;
  #seen = {
    footer: false,
    magic: false,
    summaryDamage: false,
    damage: false,
    chunk: false,
  };

  constructor(source: ByteSource) {
    this.#source = source;
  }

  takeStep(): ScanStep {
    const events = this.#events;
    this.#events = [];
    return { positionBytes: this.#offset, events };
  }

  async open(): Promise<void> {
    const { sizeBytes } = this.#source;
    if (sizeBytes === 0) {
      this.#damage("empty_file", 0, "", "the file is empty");
      this.#ended = true;
      return;
    }
    const start = await this.#source.bytes(0, MAGIC.length);
    if (isMagic(start)) {
      this.#offset = MAGIC.length;
      return;
    }
    if (start.every((byte, index) => byte === MAGIC[index])) {
      this.#damage("cut", 0, "magic", `the file ends after ${sizeBytes} bytes, inside its magic`);
      this.#finish();
    } else if (await isRecordAt(this.#source, MAGIC.length)) {
      this.#damage("magic", 0, "magic", "its first bytes are not MCAP's magic", false);
      this.#offset = MAGIC.length;
    } else {
      await this.#resync(0, "not_mcap", "its first bytes are not MCAP's magic");
    }
  }

  /** Reads one more record; false at the end of the file. */
  async advance(): Promise<boolean> {
    const left = this.#source.sizeBytes - this.#offset;
    if (left <= 0) {
      this.#close();
      return false;
    }
    const head = await this.#source.bytes(this.#offset, RECORD_HEAD_BYTES);
    if (this.#seen.footer || isMagic(head)) {
      this.#trailer(head, left);
    } else if (head.length < RECORD_HEAD_BYTES) {
      await this.#cut("record", `${left} bytes of a record's header are left`);
    } else if (!isOpcode(head[0])) {
      if (await this.#chunkInDisguise(lengthOf(head))) return true;
      await this.#resync(this.#offset, "unreadable", `no record begins with 0x${hex(head[0])}`);
    } else if (head[0] === OPCODE.chunk) {
      await this.#chunk(lengthOf(head), left - RECORD_HEAD_BYTES);
    } else {
      await this.#record(head[0], lengthOf(head), left - RECORD_HEAD_BYTES);
    }
    return true;
  }

  async #record(opcode: number, length: bigint, left: number): Promise<void> {
    const offset = this.#offset;
    if (length > BigInt(left)) return await this.#beyondEnd(opcode, length, left);
    const place = { offset, lengthBytes: RECORD_HEAD_BYTES + Number(length) };
    const next = offset + place.lengthBytes;
    if (length > BigInt(READ_BYTES_MAX)) {
      if (opcode === OPCODE.attachment && await isRecordAt(this.#source, next)) {
        this.#events.push({ type: "attachment", place });
        this.#offset = next;
        return;
      }
      return await this.#resync(
        offset + 1,
        "length",
        `its length field states ${length} bytes`,
        opcode,
      );
    }
    const content = await this.#source.bytes(offset + RECORD_HEAD_BYTES, Number(length));
    try {
      const event = readRecord(
        opcode,
        content,
        place,
        this.#inSummary || SUMMARY_ONLY.has(opcode),
      );
      const exact = isExactly(opcode, content);
      const odd = event.type !== "message" && !this.#inSummary && !exact;
      if (odd && await this.#chunkInDisguise(length)) return;
      await this.#check(event, length, next, exact);
      if (!this.#inSummary && SUMMARY_ONLY.has(opcode)) {
        const at = this.#unknownOffset ?? offset;
        this.#damage("record", at, "data end", "there is none before the summary", false);
        this.#inSummary = true;
      }
      this.#accept(event);
      this.#offset = next;
    } catch (error) {
      if (!(error instanceof FormatFault)) throw error;
      await this.#broken(opcode, length, next, error.message);
    }
  }

  /** Refuses what parses as a record but cannot be one here; `exact`: it has no bytes left over. */
  async #check(event: ScanEvent, length: bigint, next: number, exact: boolean): Promise<void> {
    const says = `its length field states ${length} bytes`;
    if (event.type === "message") {
      if (readEnvelope(event.message.data) !== undefined) return;
      // Of another program, where nothing is damaged and messages are not in chunks.
      const { damage, chunk } = this.#seen;
      if (!damage && !chunk && await leadsOn(this.#source, next)) return;
      throw new FormatFault("it holds no record of a flight");
    }
    if (event.type === "footer" && !exact && !await this.#isMagicAt(next)) {
      throw new FormatFault(`${says}, the last magic is elsewhere`);
    }
    if (event.type === "unknown" && next + MAGIC.length === this.#source.sizeBytes) {
      throw new FormatFault("a footer belongs before the last magic");
    }
    if (exact || event.type === "footer") return;
    // Newer writers add fields at the end of records, which readers skip.
    if (await leadsOn(this.#source, next)) return;
    if (event.type === "data_end" || !await this.#mayGoOn(next)) {
      throw new FormatFault(`${says}, no record follows there`);
    }
  }

  #accept(event: ScanEvent): void {
    this.#events.push(event);
    if (event.type === "unknown") this.#unknownOffset = event.place.offset;
    if (event.type === "data_end") this.#inSummary = true;
    if (event.type === "footer") this.#seen.footer = true;
  }

  async #broken(opcode: number, length: bigint, next: number, reason: string): Promise<void> {
    const offset = this.#offset;
    if (await this.#chunkInDisguise(length)) return;
    this.#damage(this.#inSummary ? "summary" : "record", offset, recordName(opcode), reason);
    if (this.#inSummary) this.#seen.summaryDamage = true;
    if (await isRecordAt(this.#source, next)) this.#offset = next;
    else await this.#resync(offset + 1, "unreadable", "no record begins here");
  }

  /** A chunk whose opcode is damaged is recognised by its CRC. */
  async #chunkInDisguise(length: bigint): Promise<boolean> {
    if (this.#inSummary || length < BigInt(CHUNK_HEAD_BYTES)) return false;
    const offset = this.#offset;
    const outcome = await openChunk(this.#source, offset, length);
    if ("unreadable" in outcome || !outcome.verified || outcome.faults.length > 0) {
      return false;
    }
    this.#damage("record", offset, "chunk", "its opcode is damaged", false);
    await this.#enter(outcome);
    return true;
  }

  async #chunk(length: bigint, left: number): Promise<void> {
    const offset = this.#offset;
    const outcome = await openChunk(this.#source, offset, length);
    if (!("unreadable" in outcome)) return await this.#enter(outcome);
    if (length > BigInt(left)) return await this.#beyondEnd(OPCODE.chunk, length, left);
    const { code, reason } = outcome.unreadable;
    this.#damage(code, offset, "chunk", reason);
    if (code === "compression") {
      this.#offset = offset + RECORD_HEAD_BYTES + Number(length);
      return;
    }
    // Its records are read one by one as if they were outside of a chunk.
    const first = offset + RECORD_HEAD_BYTES + CHUNK_HEAD_BYTES;
    if (await isRecordAt(this.#source, first)) this.#offset = first;
    else await this.#resync(offset + RECORD_HEAD_BYTES, "unreadable", "no record begins here");
  }

  async #enter(chunk: Exclude<ChunkOutcome, { unreadable: unknown }>): Promise<void> {
    const { head, recordsOffset, endOffset, storedBytes } = chunk;
    this.#inSummary = false;
    this.#seen.chunk = true;
    const offset = this.#offset;
    for (const { code, reason } of chunk.faults) this.#damage(code, offset, "chunk", reason, false);
    const records = walkChunk(chunk.records, recordsOffset, chunk.verified);
    for (const entry of [...records.schemas, ...records.channels]) {
      const place = { offset: entry.offset, lengthBytes: 0 };
      const rest = { place, inSummary: false, verified: chunk.verified };
      if ("schema" in entry) this.#events.push({ type: "schema", schema: entry.schema, ...rest });
      else this.#events.push({ type: "channel", channel: entry.channel, ...rest });
    }
    const { messages, stopped } = records;
    const lengthBytes = endOffset - offset;
    const recordsBytes = chunk.records.length;
    this.#events.push({
      type: "chunk",
      chunk: { offset, recordsOffset, lengthBytes, recordsBytes, storedBytes, head, messages },
    });
    this.#offset = endOffset;
    if (stopped === undefined) return;
    this.#damage("record", stopped.offset, "chunk", stopped.reason);
    // Places within compressed records are none of the file.
    if (head.compression !== "") return;
    const found = await findNextRecord(this.#source, stopped.offset + 1);
    this.#offset = Math.min(found.offset, endOffset);
  }

  /** The file ends before the record does: it was cut, unless more records follow. */
  async #beyondEnd(opcode: number, length: bigint, left: number): Promise<void> {
    const offset = this.#offset;
    const name = recordName(opcode);
    if (this.#inSummary) {
      return await this.#cut(name, `${left} of its ${length} bytes are present`);
    }
    const found = await findNextRecord(this.#source, offset + RECORD_HEAD_BYTES);
    const fits = found.offset < this.#source.sizeBytes;
    if (this.#ended && !fits) {
      // The last record of a chunk that was cut: the cut is reported already.
      this.#finish();
      return;
    }
    const inside = `the file ends inside it: ${left} of its ${length} bytes are present`;
    const zeros = this.#source.sizeBytes - found.zerosFrom;
    if (!fits) {
      const tail = zeros > RECORD_HEAD_BYTES ? `, the last ${zeros} are zeros` : "";
      this.#damage("cut", offset, name, inside + tail);
      this.#finish();
      return;
    }
    const cut = opcode === OPCODE.chunk &&
      found.offset === offset + RECORD_HEAD_BYTES + CHUNK_HEAD_BYTES;
    if (cut && await endsInsideChunk(this.#source, found.offset)) {
      this.#damage("cut", offset, name, inside);
      this.#ended = true;
    } else {
      this.#damage(
        "length",
        offset,
        name,
        `its length field states ${length} bytes, ${left} are left`,
      );
    }
    this.#offset = found.offset;
  }

  async #isMagicAt(offset: number): Promise<boolean> {
    return isMagic(await this.#source.bytes(offset, MAGIC.length));
  }

  /** Whether it makes sense to read on. */
  async #mayGoOn(next: number): Promise<boolean> {
    return next >= this.#source.sizeBytes || await isRecordAt(this.#source, next) ||
      (await this.#source.bytes(next, 1))[0] >= 0x80 && await mayFollow(this.#source, next);
  }

  async #resync(
    from: number,
    code: "unreadable" | "not_mcap" | "length",
    reason: string,
    opcode?: number,
  ): Promise<void> {
    const { sizeBytes } = this.#source;
    const { offset, zerosFrom } = await findNextRecord(this.#source, from);
    const start = this.#offset;
    const zeros = offset - Math.max(zerosFrom, start);
    const name = opcode === undefined ? "" : recordName(opcode);
    const toEnd = offset >= sizeBytes;
    if (offset > start && zeros < offset - start && !this.#ended) {
      const passed = `${reason}; ${offset - start} bytes are skipped`;
      this.#damage(this.#inSummary ? "summary" : code, start, name, passed);
    }
    if (zeros > 0 && toEnd && !this.#ended) {
      const only = `only zeros from here to the end of the file, ${zeros} bytes`;
      this.#damage("zeros", offset - zeros, "", only);
    } else if (zeros === offset - start && !this.#ended) {
      this.#damage("zeros", start, "", `${zeros} zeros in place of a record`);
    }
    this.#offset = offset;
    if (toEnd) this.#ended = true;
  }

  async #cut(name: string, reason: string): Promise<void> {
    const tail = await this.#source.bytes(this.#offset, RECORD_HEAD_BYTES);
    if (!this.#inSummary && tail.every((byte) => byte === 0)) {
      return await this.#resync(this.#offset, "unreadable", reason);
    }
    if (!this.#ended) this.#damage("cut", this.#offset, name, `the file ends here: ${reason}`);
    this.#finish();
  }

  #trailer(bytes: Uint8Array, left: number): void {
    if (isMagic(bytes)) {
      this.#seen.magic = true;
      if (left > MAGIC.length) {
        const more = left - MAGIC.length;
        const at = this.#offset + MAGIC.length;
        this.#damage("trailing_bytes", at, "", `${more} bytes follow after the end`, false);
      }
    } else if (left < MAGIC.length) {
      this.#damage("cut", this.#offset, "magic", "the file ends inside its last magic", false);
    } else {
      this.#damage("magic", this.#offset, "magic", "its last bytes are not MCAP's magic", false);
    }
    this.#ended = this.#ended || !this.#seen.magic;
    this.#offset = this.#source.sizeBytes;
  }

  #finish(): void {
    this.#ended = true;
    this.#offset = this.#source.sizeBytes;
  }

  #close(): void {
    const { footer, magic, summaryDamage } = this.#seen;
    if (this.#ended) return;
    if (magic && !footer && !summaryDamage) {
      this.#damage("summary", this.#offset, "footer", "there is no footer before the end");
    }
    if (magic) return;
    const where = this.#inSummary
      ? footer ? "without its last magic" : "inside its index"
      : "behind a whole record, without data end and index";
    this.#damage("cut", this.#offset, "", `the file ends ${where}`);
  }

  #damage(
    code: Damage["code"],
    offset: number,
    record: string,
    reason: string,
    losesRecords = !this.#inSummary,
  ): void {
    this.#seen.damage = true;
    this.#events.push({
      type: "damage",
      damage: { code, offset, record, reason, losesRecords },
    });
  }
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
