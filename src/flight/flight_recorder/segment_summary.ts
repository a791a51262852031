/**
 * Builds the end of an MCAP file: the CRC of its data, and the index that allows readers to seek.
 *
 * @module
 */
import {
  type Channel,
  type ChunkIndex,
  McapRecordBuilder,
  type MetadataIndex,
  Opcode,
  type Schema,
} from "@mcap/core";
import { crc32 } from "node:zlib";

/** The content of a file. A later value never changes an earlier one, except `chunkIndexes`. */
export interface SegmentContent {
  readonly lengthBytes: number;
  /** Of all bytes. */
  readonly dataCrc: number;
  readonly messages: number;
  readonly messageStartTime: bigint;
  readonly messageEndTime: bigint;
  readonly channels: readonly { readonly channel: Channel; readonly schema: Schema }[];
  /** Messages by channel id. */
  readonly channelCounts: readonly number[];
  /**
   * The first `chunkCount` belong to this content; the array is shared, because a file has
   * thousands of them.
   */
  readonly chunkIndexes: ChunkIndex[];
  readonly chunkCount: number;
  readonly metadataIndexes: readonly MetadataIndex[];
}

export function emptyContent(): SegmentContent {
  return {
    lengthBytes: 0,
    dataCrc: 0,
    messages: 0,
    messageStartTime: 0n,
    messageEndTime: 0n,
    channels: [],
    channelCounts: [],
    chunkIndexes: [],
    chunkCount: 0,
    metadataIndexes: [],
  };
}

const CRC_BYTES = 4;

/** DataEnd, summary, footer and magic. The builder must be empty before. */
export function writeSummary(builder: McapRecordBuilder, content: SegmentContent): void {
  builder.writeDataEnd({ dataSectionCrc: content.dataCrc });
  const start = builder.length;
  const at = () => BigInt(content.lengthBytes + builder.length);
  const summaryStart = at();
  const groups: { groupOpcode: Opcode; groupStart: bigint; groupLength: bigint }[] = [];
  const group = (groupOpcode: Opcode, write: () => void) => {
    const groupStart = at();
    write();
    const groupLength = at() - groupStart;
    if (groupLength > 0n) groups.push({ groupOpcode, groupStart, groupLength });
  };
  const { channels, metadataIndexes } = content;
  group(Opcode.SCHEMA, () => channels.forEach(({ schema }) => builder.writeSchema(schema)));
  group(Opcode.CHANNEL, () => channels.forEach(({ channel }) => builder.writeChannel(channel)));
  group(Opcode.STATISTICS, () => builder.writeStatistics(statistics(content)));
  group(Opcode.METADATA_INDEX, () => {
    for (const index of metadataIndexes) builder.writeMetadataIndex(index);
  });
  group(Opcode.CHUNK_INDEX, () => {
    for (const index of content.chunkIndexes.slice(0, content.chunkCount)) {
      builder.writeChunkIndex(index);
    }
  });
  const summaryOffsetStart = at();
  for (const each of groups) builder.writeSummaryOffset(each);
  builder.writeFooter({
    summaryStart,
    summaryOffsetStart,
    summaryCrc: summaryCrc(builder.buffer.subarray(start), summaryStart, summaryOffsetStart),
  });
  builder.writeMagic();
}

/** It covers the footer up to the CRC itself. */
function summaryCrc(summary: Uint8Array, summaryStart: bigint, summaryOffsetStart: bigint): number {
  const footer = new McapRecordBuilder();
  footer.writeFooter({ summaryStart, summaryOffsetStart, summaryCrc: 0 });
  return crc32(footer.buffer.subarray(0, -CRC_BYTES), crc32(summary));
}

function statistics(content: SegmentContent) {
  const channelMessageCounts = new Map<number, bigint>();
  for (const { channel } of content.channels) {
    channelMessageCounts.set(channel.id, BigInt(content.channelCounts[channel.id] ?? 0));
  }
  return {
    messageCount: BigInt(content.messages),
    schemaCount: content.channels.length,
    channelCount: content.channels.length,
    attachmentCount: 0,
    metadataCount: content.metadataIndexes.length,
    chunkCount: content.chunkCount,
    messageStartTime: content.messageStartTime,
    messageEndTime: content.messageEndTime,
    channelMessageCounts,
  };
}
