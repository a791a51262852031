/**
 * Writes a new, complete MCAP file from salvaged messages, each copied byte by byte.
 *
 * @module
 */
import { McapWriter } from "@mcap/core";
import { type Output, OutputFile, VERSION } from "../../core/mod.ts";
import type { ChannelText } from "./channel_book.ts";
import type { Metadata } from "./mcap_format.ts";
import type { ScannedMessage } from "./scan_events.ts";

const CHUNK_BYTES = 256 * 1024;

export class RecoveredFile {
  readonly #file: OutputFile;
  readonly #writer: McapWriter;
  readonly #schemaIds = new Map<string, number>();
  readonly #channelIds = new Map<ChannelText, number>();
  readonly #channelIdsByText = new Map<string, number>();
  #messages = 0;

  private constructor(file: OutputFile) {
    this.#file = file;
    this.#writer = new McapWriter({
      writable: { write: (bytes) => file.write(bytes), position: () => BigInt(file.bytes) },
      chunkSize: CHUNK_BYTES,
    });
  }

  static async create(output: Output, path: string): Promise<RecoveredFile> {
    const file = new RecoveredFile(await OutputFile.create(output, path));
    await file.#writer.start({ profile: "", library: `gps-denied-onboard ${VERSION} recover` });
    return file;
  }

  get messages(): number {
    return this.#messages;
  }

  async add(message: ScannedMessage, channel: ChannelText): Promise<void> {
    await this.#writer.addMessage({
      channelId: await this.#channel(channel),
      sequence: message.sequence,
      logTime: message.logTimeNs,
      publishTime: message.publishTimeNs,
      data: message.data,
    });
    this.#messages++;
  }

  async addMetadata({ name, values }: Metadata): Promise<void> {
    await this.#writer.addMetadata({ name, metadata: new Map(values) });
  }

  async end(): Promise<void> {
    await this.#writer.end();
    await this.#file.flush();
  }

  close(): void {
    this.#file[Symbol.dispose]();
  }

  async #channel(channel: ChannelText): Promise<number> {
    const known = this.#channelIds.get(channel);
    if (known !== undefined) return known;
    const schemaId = await this.#schema(channel.schema);
    const { topic, messageEncoding, metadata } = channel;
    const text = JSON.stringify([topic, messageEncoding, [...metadata], schemaId]);
    let id = this.#channelIdsByText.get(text);
    if (id === undefined) {
      const map = new Map(metadata);
      id = await this.#writer.registerChannel({ topic, messageEncoding, metadata: map, schemaId });
      this.#channelIdsByText.set(text, id);
    }
    this.#channelIds.set(channel, id);
    return id;
  }

  /** 0: a channel without a schema. */
  async #schema(schema: ChannelText["schema"]): Promise<number> {
    if (schema === null) return 0;
    const { name, encoding, data } = schema;
    const text = JSON.stringify([name, encoding, new TextDecoder().decode(data)]);
    let id = this.#schemaIds.get(text);
    if (id === undefined) {
      id = await this.#writer.registerSchema({ name, encoding, data });
      this.#schemaIds.set(text, id);
    }
    return id;
  }
}
