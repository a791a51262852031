/**
 * Writes one MCAP file synchronously: messages collect in a chunk until `flush()`, and `sync()`
 * syncs the file to the disk. What the disk refuses is truncated away, so that the file ends with a
 * complete chunk at any time.
 *
 * (`McapWriter` of @mcap/core writes each message asynchronously and cannot end a chunk on
 * request.)
 *
 * @module
 */
import { type Channel, McapChunkBuilder, McapRecordBuilder, type Schema } from "@mcap/core";
import { crc32 } from "node:zlib";
import { VERSION } from "../../core/mod.ts";
import type { DiskFile } from "./contract.ts";
import { emptyContent, type SegmentContent, writeSummary } from "./segment_summary.ts";

/** A channel and its schema, requested with the first message on it. */
export interface ChannelDescription {
  readonly topic: string;
  readonly schemaName: string;
  /** JSON Schema. */
  readonly schema: string;
}

const textEncoder = new TextEncoder();

export class SegmentWriter {
  readonly #file: DiskFile;
  readonly #builder = new McapRecordBuilder();
  readonly #chunk = new McapChunkBuilder({ useMessageIndex: true });
  /** Channels of the file and of the current chunk, by topic. */
  readonly #channelIds = new Map<string, number>();
  /** The content of the file, and the part of it that is known to be on the disk. */
  #content: SegmentContent = emptyContent();
  #synced: SegmentContent = this.#content;
  #newChannels: { channel: Channel; schema: Schema }[] = [];
  #chunkCounts: number[] = [];
  #chunkBytes = 0;
  /** The file may be longer than its content: it is truncated before anything else is written. */
  #tailUnknown = false;
  #sequence = 0;
  #lastTimestampNs = -1;
  #lastTime = 0n;

  /** Writes the beginning of the file. */
  constructor(file: DiskFile) {
    this.#file = file;
    this.#builder.writeMagic();
    this.#builder.writeHeader({ profile: "", library: `gps-denied-onboard ${VERSION}` });
    this.#content = this.#append(this.#content);
  }

  /** Bytes of the file, without the current chunk. */
  get lengthBytes(): number {
    return this.#content.lengthBytes;
  }

  get messages(): number {
    return this.#content.messages;
  }

  /** First and last time of the messages, or undefined when there are none. */
  get extent(): { readonly firstNs: number; readonly lastNs: number } | undefined {
    const { messages, messageStartTime, messageEndTime } = this.#content;
    return messages === 0
      ? undefined
      : { firstNs: Number(messageStartTime), lastNs: Number(messageEndTime) };
  }

  /** Bytes of the current chunk. */
  get chunkBytes(): number {
    return this.#chunkBytes;
  }

  /**
   * Adds a message to the chunk; the bytes are copied. `describe` is called once for each topic.
   */
  add(
    topic: string,
    timestampNs: number,
    data: Uint8Array,
    describe: (topic: string) => ChannelDescription,
  ): void {
    const id = this.#channelIds.get(topic) ?? this.#addChannel(describe(topic));
    if (timestampNs !== this.#lastTimestampNs) {
      this.#lastTime = BigInt(timestampNs);
      this.#lastTimestampNs = timestampNs;
    }
    const time = this.#lastTime;
    const sequence = this.#sequence++;
    this.#chunk.addMessage({ channelId: id, sequence, logTime: time, publishTime: time, data });
    this.#chunkCounts[id] = (this.#chunkCounts[id] ?? 0) + 1;
    this.#chunkBytes += data.length + MESSAGE_OVERHEAD_BYTES;
  }

  /**
   * Writes the chunk. When the disk refuses it, the chunk is discarded and the file is as before.
   */
  flush(): void {
    if (this.#chunk.numMessages === 0) return;
    try {
      this.#content = this.#appendChunk();
    } catch (error) {
      this.#forget(this.#content);
      throw error;
    } finally {
      this.#newChannels = [];
      this.#chunkCounts = [];
      this.#chunkBytes = 0;
      this.#chunk.reset();
    }
  }

  /** Writes metadata after the existing chunks. */
  addMetadata(name: string, values: ReadonlyMap<string, string>): void {
    this.#builder.reset();
    const length = this.#builder.writeMetadata({ name, metadata: new Map(values) });
    const index = { name, offset: BigInt(this.#content.lengthBytes), length };
    const content = this.#append(this.#content);
    this.#content = { ...content, metadataIndexes: [...content.metadataIndexes, index] };
  }

  /**
   * When it returns, everything flushed survives a loss of power. When it throws, see `rollBack()`.
   */
  sync(): void {
    this.#truncateTail();
    if (this.#synced === this.#content) return;
    this.#file.sync();
    this.#synced = this.#content;
  }

  /** After a failed `sync()`: back to what is known to be on the disk. */
  rollBack(): void {
    this.#chunk.reset();
    this.#newChannels = [];
    this.#chunkCounts = [];
    this.#chunkBytes = 0;
    this.#content = this.#synced;
    this.#forget(this.#content);
    this.#cutTail();
  }

  /**
   * Index and end of the file. When the disk refuses them, the file can be read without an index.
   */
  finish(): void {
    this.flush();
    const before = this.#content;
    this.#builder.reset();
    writeSummary(this.#builder, before);
    this.#content = this.#append(before);
    try {
      this.sync();
    } catch (error) {
      this.#content = before;
      this.#cutTail();
      throw error;
    }
  }

  close(): void {
    this.#file.close();
  }

  #addChannel(description: ChannelDescription): number {
    const id = this.#channelIds.size + 1;
    const schema: Schema = {
      id,
      name: description.schemaName,
      encoding: "jsonschema",
      data: textEncoder.encode(description.schema),
    };
    const channel: Channel = {
      id,
      schemaId: id,
      topic: description.topic,
      messageEncoding: "json",
      metadata: new Map(),
    };
    this.#chunk.addSchema(schema);
    this.#chunk.addChannel(channel);
    this.#chunkBytes += schema.data.length;
    this.#channelIds.set(description.topic, id);
    this.#newChannels.push({ schema, channel });
    return id;
  }

  #appendChunk(): SegmentContent {
    const chunk = this.#chunk, builder = this.#builder, before = this.#content;
    const records = chunk.buffer;
    const size = BigInt(records.length);
    const { messageStartTime, messageEndTime } = chunk;
    builder.reset();
    const chunkLength = builder.writeChunk({
      messageStartTime,
      messageEndTime,
      uncompressedSize: size,
      uncompressedCrc: crc32(records),
      compression: "",
      records,
    });
    const indexStart = builder.length;
    const messageIndexOffsets = new Map<number, bigint>();
    for (const index of chunk.indices) {
      messageIndexOffsets.set(index.channelId, BigInt(before.lengthBytes + builder.length));
      builder.writeMessageIndex(index);
    }
    const chunkIndex = {
      messageStartTime,
      messageEndTime,
      chunkStartOffset: BigInt(before.lengthBytes),
      chunkLength,
      messageIndexOffsets,
      messageIndexLength: BigInt(builder.length - indexStart),
      compression: "",
      compressedSize: size,
      uncompressedSize: size,
    };
    const after = this.#append(before);
    before.chunkIndexes.length = before.chunkCount;
    before.chunkIndexes.push(chunkIndex);
    const first = before.messages === 0;
    return {
      ...after,
      messages: before.messages + chunk.numMessages,
      messageStartTime: first || messageStartTime < before.messageStartTime
        ? messageStartTime
        : before.messageStartTime,
      messageEndTime: first || messageEndTime > before.messageEndTime
        ? messageEndTime
        : before.messageEndTime,
      channels: [...before.channels, ...this.#newChannels],
      channelCounts: added(before.channelCounts, this.#chunkCounts),
      chunkCount: before.chunkCount + 1,
    };
  }

  /**
   * Writes what the builder holds to the file; the content stays the same, except for its length.
   */
  #append(before: SegmentContent): SegmentContent {
    this.#truncateTail();
    const bytes = this.#builder.buffer;
    try {
      this.#file.write(bytes);
    } catch (error) {
      this.#cutTail();
      throw error;
    }
    return {
      ...before,
      lengthBytes: before.lengthBytes + bytes.length,
      dataCrc: crc32(bytes, before.dataCrc),
    };
  }

  /** After a fault: the file may be longer than its content. */
  #cutTail(): void {
    this.#tailUnknown = true;
    try {
      this.#truncateTail();
    } catch {
      // Tried again before any other operation on the file.
    }
  }

  #truncateTail(): void {
    if (!this.#tailUnknown) return;
    this.#file.truncate(this.#content.lengthBytes);
    this.#tailUnknown = false;
  }

  /**
   * Channels that the content lacks are written again with their next message, and messages are
   * numbered from there on: a missing number in a file means damage, not a refusal of the disk.
   */
  #forget(content: SegmentContent): void {
    this.#sequence = content.messages;
    this.#channelIds.clear();
    for (const { channel } of content.channels) this.#channelIds.set(channel.topic, channel.id);
  }
}

/** Opcode, length, channel, sequence and two times. */
const MESSAGE_OVERHEAD_BYTES = 1 + 8 + 2 + 4 + 8 + 8;

function added(totals: readonly number[], counts: readonly number[]): readonly number[] {
  const sums = [...totals];
  counts.forEach((count, id) => sums[id] = (sums[id] ?? 0) + count);
  return sums;
}
