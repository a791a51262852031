/**
 * The MCAP file format after its specification: magic, opcodes, and the content of each record.
 *
 * @module
 */

export const MAGIC: Uint8Array = Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a);

/** Opcode and length come before a record's content. */
export const RECORD_HEAD_BYTES = 9;

/** Bytes of an uncompressed chunk's content before its records. */
export const CHUNK_HEAD_BYTES = 40;

export const OPCODE = {
  header: 0x01,
  footer: 0x02,
  schema: 0x03,
  channel: 0x04,
  message: 0x05,
  chunk: 0x06,
  messageIndex: 0x07,
  chunkIndex: 0x08,
  attachment: 0x09,
  attachmentIndex: 0x0a,
  statistics: 0x0b,
  metadata: 0x0c,
  metadataIndex: 0x0d,
  summaryOffset: 0x0e,
  dataEnd: 0x0f,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(OPCODE).map(([name, code]) => [
    code,
    name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
  ]),
);

/** "message index"; "record with opcode 0x91" for one that the specification does not define. */
export function recordName(opcode: number): string {
  return NAMES.get(opcode) ?? `record with opcode 0x${opcode.toString(16).padStart(2, "0")}`;
}

/** An opcode that the specification defines, or reserves for applications. */
export function isOpcode(opcode: number): boolean {
  return NAMES.has(opcode) || opcode >= 0x80;
}

/** Records that occur only behind the data end record. */
export const SUMMARY_ONLY: ReadonlySet<number> = new Set([
  OPCODE.chunkIndex,
  OPCODE.attachmentIndex,
  OPCODE.statistics,
  OPCODE.metadataIndex,
  OPCODE.summaryOffset,
]);

export interface Header {
  readonly profile: string;
  readonly library: string;
}

export interface Footer {
  readonly summaryStart: number;
  readonly summaryOffsetStart: number;
  /** 0: not computed. */
  readonly summaryCrc: number;
}

export interface Schema {
  readonly id: number;
  readonly name: string;
  readonly encoding: string;
  readonly data: Uint8Array;
}

export interface Channel {
  readonly id: number;
  readonly schemaId: number;
  readonly topic: string;
  readonly messageEncoding: string;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface Message {
  readonly channelId: number;
  readonly sequence: number;
  readonly logTimeNs: bigint;
  readonly publishTimeNs: bigint;
  readonly data: Uint8Array;
}

export interface ChunkHead {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly uncompressedBytes: number;
  /** 0: not computed. */
  readonly crc: number;
  /** Empty: not compressed. */
  readonly compression: string;
}

export interface MessageIndex {
  readonly channelId: number;
  /** Log time, and offset within the chunk's records. */
  readonly entries: readonly (readonly [bigint, number])[];
}

export interface ChunkIndex {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly chunkOffset: number;
  readonly chunkLength: number;
  readonly messageIndexOffsets: ReadonlyMap<number, number>;
  readonly messageIndexLength: number;
  readonly compression: string;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
}

export interface Statistics {
  readonly messageCount: number;
  readonly schemaCount: number;
  readonly channelCount: number;
  readonly attachmentCount: number;
  readonly metadataCount: number;
  readonly chunkCount: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly channelMessageCounts: ReadonlyMap<number, number>;
}

export interface Metadata {
  readonly name: string;
  readonly values: ReadonlyMap<string, string>;
}

export interface MetadataIndex {
  readonly offset: number;
  readonly length: number;
  readonly name: string;
}

export interface SummaryOffset {
  readonly groupOpcode: number;
  readonly groupStart: number;
  readonly groupLength: number;
}
