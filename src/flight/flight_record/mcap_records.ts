/**
 * Parses the content of each MCAP record, field by field. Bytes behind the last known field are
 * ignored, as the specification requires.
 *
 * @module
 */
import { Cursor, FormatFault } from "./cursor.ts";
import {
  type Channel,
  type ChunkHead,
  type ChunkIndex,
  type Footer,
  type Header,
  type Message,
  type MessageIndex,
  type Metadata,
  type MetadataIndex,
  OPCODE,
  type Schema,
  type Statistics,
  type SummaryOffset,
} from "./mcap_format.ts";

const pair = (c: Cursor): [string, string] => [c.string("map key"), c.string("map value")];

export function parseHeader(content: Uint8Array): Header {
  const c = new Cursor(content);
  return { profile: c.string("profile"), library: c.string("library") };
}

export function parseFooter(content: Uint8Array): Footer {
  const c = new Cursor(content);
  return {
    summaryStart: c.size("summary start"),
    summaryOffsetStart: c.size("summary offset start"),
    summaryCrc: c.u32("summary CRC"),
  };
}

export function parseSchema(content: Uint8Array): Schema {
  const c = new Cursor(content);
  const id = c.u16("schema id");
  const name = c.string("schema name"), encoding = c.string("schema encoding");
  if (id === 0) throw new FormatFault("a schema cannot have the id 0");
  return { id, name, encoding, data: c.bytes(c.u32("schema data"), "schema data") };
}

export function parseChannel(content: Uint8Array): Channel {
  const c = new Cursor(content);
  return {
    id: c.u16("channel id"),
    schemaId: c.u16("schema id"),
    topic: c.string("topic"),
    messageEncoding: c.string("message encoding"),
    metadata: c.map("channel metadata", pair),
  };
}

export function parseMessage(content: Uint8Array): Message {
  const c = new Cursor(content);
  return {
    channelId: c.u16("channel id"),
    sequence: c.u32("sequence"),
    logTimeNs: c.u64("log time"),
    publishTimeNs: c.u64("publish time"),
    data: c.rest(),
  };
}

/** A chunk's fields and its raw records: perhaps compressed, not checked yet. */
export function parseChunk(content: Uint8Array): { head: ChunkHead; records: Uint8Array } {
  const c = new Cursor(content);
  const head = {
    startNs: c.u64("message start time"),
    endNs: c.u64("message end time"),
    uncompressedBytes: c.size("uncompressed size"),
    crc: c.u32("uncompressed CRC"),
    compression: c.string("compression"),
  };
  return { head, records: c.bytes(c.size("records"), "records") };
}

export function parseMessageIndex(content: Uint8Array): MessageIndex {
  const c = new Cursor(content);
  return {
    channelId: c.u16("channel id"),
    entries: c.list(
      "message index entries",
      (e): [bigint, number] => [e.u64("log time"), e.size("message offset")],
    ),
  };
}

export function parseChunkIndex(content: Uint8Array): ChunkIndex {
  const c = new Cursor(content);
  return {
    startNs: c.u64("message start time"),
    endNs: c.u64("message end time"),
    chunkOffset: c.size("chunk start offset"),
    chunkLength: c.size("chunk length"),
    messageIndexOffsets: c.map(
      "message index offsets",
      (e): [number, number] => [e.u16("channel id"), e.size("message index offset")],
    ),
    messageIndexLength: c.size("message index length"),
    compression: c.string("compression"),
    compressedBytes: c.size("compressed size"),
    uncompressedBytes: c.size("uncompressed size"),
  };
}

export function parseStatistics(content: Uint8Array): Statistics {
  const c = new Cursor(content);
  return {
    messageCount: c.size("message count"),
    schemaCount: c.u16("schema count"),
    channelCount: c.u32("channel count"),
    attachmentCount: c.u32("attachment count"),
    metadataCount: c.u32("metadata count"),
    chunkCount: c.u32("chunk count"),
    startNs: c.u64("message start time"),
    endNs: c.u64("message end time"),
    channelMessageCounts: c.map(
      "channel message counts",
      (e): [number, number] => [e.u16("channel id"), e.size("message count")],
    ),
  };
}

export function parseMetadata(content: Uint8Array): Metadata {
  const c = new Cursor(content);
  return { name: c.string("metadata name"), values: c.map("metadata", pair) };
}

export function parseMetadataIndex(content: Uint8Array): MetadataIndex {
  const c = new Cursor(content);
  return { offset: c.size("offset"), length: c.size("length"), name: c.string("metadata name") };
}

export function parseSummaryOffset(content: Uint8Array): SummaryOffset {
  const c = new Cursor(content);
  return {
    groupOpcode: c.u8("group opcode"),
    groupStart: c.size("group start"),
    groupLength: c.size("group length"),
  };
}

/** Checks only its structure: the recorder writes no attachments. */
export function checkAttachmentIndex(content: Uint8Array): void {
  const c = new Cursor(content);
  c.bytes(40, "places and times");
  pair(c);
}

export function parseDataEnd(content: Uint8Array): number {
  return new Cursor(content).u32("data section CRC");
}

const STRICT: Readonly<Record<number, (c: Cursor) => void>> = {
  [OPCODE.header]: (c) => pair(c),
  [OPCODE.footer]: (c) => c.bytes(20, "footer"),
  [OPCODE.schema]: (c) => {
    c.u16("id");
    pair(c);
    c.bytes(c.u32("data"), "data");
  },
  [OPCODE.channel]: (c) => {
    c.u32("ids");
    pair(c);
    c.each("metadata", pair);
  },
  [OPCODE.messageIndex]: (c) => {
    c.u16("id");
    c.each("entries", (e) => e.bytes(16, "entry"));
  },
  [OPCODE.metadata]: (c) => {
    c.string("name");
    c.each("metadata", pair);
  },
  [OPCODE.dataEnd]: (c) => c.u32("CRC"),
  [OPCODE.chunkIndex]: (c) => {
    c.bytes(32, "times and place");
    c.each("message index offsets", (e) => e.bytes(10, "entry"));
    c.u64("message index length");
    c.string("compression");
    c.bytes(16, "sizes");
  },
  [OPCODE.statistics]: (c) => {
    c.bytes(42, "counts");
    c.each("channel message counts", (e) => e.bytes(10, "entry"));
  },
  [OPCODE.metadataIndex]: (c) => {
    c.bytes(16, "place");
    c.string("name");
  },
  [OPCODE.attachmentIndex]: (c) => {
    c.bytes(40, "places and times");
    pair(c);
  },
  [OPCODE.summaryOffset]: (c) => c.bytes(17, "group"),
};

/** Whether these bytes are exactly one record of that kind, without bytes left over. */
export function isExactly(opcode: number, content: Uint8Array): boolean {
  const read = STRICT[opcode];
  if (read === undefined) return false;
  try {
    const cursor = new Cursor(content);
    read(cursor);
    return cursor.left === 0;
  } catch (error) {
    if (error instanceof FormatFault) return false;
    throw error;
  }
}
