/**
 * Finds the next record behind damage: the first position that only a record could look like.
 *
 * @module
 */
import { type ByteSource, READ_BYTES_MAX } from "./byte_source.ts";
import { readEnvelope } from "./envelope.ts";
import { CHUNK_HEAD_BYTES, isOpcode, MAGIC, OPCODE, RECORD_HEAD_BYTES } from "./mcap_format.ts";
import { isExactly, parseMessage } from "./mcap_records.ts";

const WINDOW_BYTES = 1024 * 1024;
/** Far larger than a slot of the recorder's ring. */
const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;
/** Headers in a row that chance does not make. */
const HOPS_SURE = 12;
const CLOSING_BRACE = 0x7d;

/** What was skipped on the way to the next record, or to the end of the file. */
interface Resync {
  readonly offset: number;
  /** Only zeros from this offset to `offset`. */
  readonly zerosFrom: number;
}

export async function findNextRecord(source: ByteSource, from: number): Promise<Resync> {
  let zerosFrom = from;
  let at = from;
  while (at < source.sizeBytes) {
    const window = await source.bytes(at, WINDOW_BYTES);
    if (window.length === 0) break;
    const last = at + window.length >= source.sizeBytes;
    const end = last ? window.length : window.length - RECORD_HEAD_BYTES + 1;
    for (let i = 0; i < end; i++) {
      const byte = window[i];
      if (byte === 0) continue;
      if (couldBegin(window, i) && await isRecordAt(source, at + i)) {
        return { offset: at + i, zerosFrom };
      }
      zerosFrom = at + i + 1;
    }
    at += end;
  }
  return { offset: source.sizeBytes, zerosFrom };
}

/** Fast test: an opcode and a length below 2^32, or the magic. */
function couldBegin(window: Uint8Array, i: number): boolean {
  if (window[i] === MAGIC[0] && window[i + 1] === MAGIC[1]) return true;
  return window[i] <= OPCODE.dataEnd && window[i + 5] === 0 && window[i + 6] === 0 &&
    window[i + 7] === 0 && window[i + 8] === 0;
}

/** Whether a complete record is here that is very unlikely to be anything else. */
export async function isRecordAt(source: ByteSource, offset: number): Promise<boolean> {
  const start = await source.bytes(offset, RECORD_HEAD_BYTES);
  if (isMagic(start)) return offset + MAGIC.length === source.sizeBytes;
  const record = await recordAt(source, offset);
  if (record === undefined || !isOpcode(record.opcode)) return false;
  const { opcode, content } = record;
  if (opcode === OPCODE.message) {
    // The fast tests first: a hostile file is full of headers with large lengths.
    if (content.length <= 22 || content.length > MESSAGE_BYTES_MAX) return false;
    if (content[content.length - 1] !== CLOSING_BRACE) return false;
    const message = parseMessage(content);
    return BigInt(readEnvelope(message.data)?.timestampNs ?? -1) === message.logTimeNs;
  }
  if (opcode === OPCODE.chunk) return isChunk(content);
  return isExactly(opcode, content) &&
    await mayFollow(source, offset + RECORD_HEAD_BYTES + content.length);
}

/** Compressed or not: whether its fields agree with its length. */
function isChunk(content: Uint8Array): boolean {
  if (content.length < CHUNK_HEAD_BYTES) return false;
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const compressionBytes = view.getUint32(28, true);
  const head = CHUNK_HEAD_BYTES + compressionBytes;
  return compressionBytes <= 4 && content.length >= head &&
    view.getBigUint64(head - 8, true) === BigInt(content.length - head);
}

/**
 * Whether a row of record headers begins here, each at the end of the one before: to the last magic, or
 * longer than chance makes one.
 */
export async function leadsOn(source: ByteSource, from: number): Promise<boolean> {
  let at = from;
  for (let hops = 0; hops < HOPS_SURE; hops++) {
    const head = await source.bytes(at, RECORD_HEAD_BYTES);
    if (at + MAGIC.length === source.sizeBytes && isMagic(head)) return true;
    if (head.length < RECORD_HEAD_BYTES || !isOpcode(head[0]) || head[0] > OPCODE.dataEnd) {
      return false;
    }
    const next = BigInt(at + RECORD_HEAD_BYTES) + lengthOf(head);
    if (next > BigInt(source.sizeBytes)) return false;
    at = Number(next);
  }
  return true;
}

/** Whether a plausible record header, the magic or the end of the file is here. */
export async function mayFollow(source: ByteSource, offset: number): Promise<boolean> {
  const left = source.sizeBytes - offset;
  if (left < RECORD_HEAD_BYTES) return left <= 0 || isMagic(await source.bytes(offset, left));
  const head = await source.bytes(offset, RECORD_HEAD_BYTES);
  return isOpcode(head[0]) && lengthOf(head) <= BigInt(left);
}

async function recordAt(source: ByteSource, offset: number) {
  const head = await source.bytes(offset, RECORD_HEAD_BYTES);
  if (head.length < RECORD_HEAD_BYTES) return undefined;
  const length = lengthOf(head);
  const left = source.sizeBytes - offset - RECORD_HEAD_BYTES;
  if (length > BigInt(Math.min(left, READ_BYTES_MAX))) return undefined;
  const content = await source.bytes(offset + RECORD_HEAD_BYTES, Number(length));
  return { opcode: head[0], content };
}

/** Whether only records of a chunk follow from here, without an end of the chunk. */
export async function endsInsideChunk(source: ByteSource, from: number): Promise<boolean> {
  let at = from;
  for (;;) {
    const head = await source.bytes(at, RECORD_HEAD_BYTES);
    if (head.length < RECORD_HEAD_BYTES) return true;
    if (head[0] < OPCODE.schema || head[0] > OPCODE.message) return head[0] === 0;
    const next = BigInt(at + RECORD_HEAD_BYTES) + lengthOf(head);
    if (next > BigInt(source.sizeBytes)) return true;
    at = Number(next);
  }
}

export function lengthOf(head: Uint8Array): bigint {
  return new DataView(head.buffer, head.byteOffset, head.length).getBigUint64(1, true);
}

export function isMagic(bytes: Uint8Array): boolean {
  return bytes.length >= MAGIC.length && MAGIC.every((byte, index) => bytes[index] === byte);
}
