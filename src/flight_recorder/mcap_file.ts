/**
 * Records to one MCAP file: a channel per kind with its JSON Schema, JSON messages, CRCs, index.
 *
 * @module
 */
import { type IWritable, McapWriter } from "@mcap/core";
import { fdrJsonSchema, type FdrKind } from "./registry.ts";

/** Small chunks bound what a power cut may lose; a chunk is on the disk as soon as it is full. */
const CHUNK_BYTES = 4096;

/** Appends to a file; knows how far it got. */
class AppendFile implements IWritable {
  readonly #file: Deno.FsFile;
  #position = 0;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  async write(buffer: Uint8Array): Promise<void> {
    // The writer reuses its buffer, and a partial write goes on: the loop owns the bytes until done.
    let written = 0;
    while (written < buffer.length) written += await this.#file.write(buffer.subarray(written));
    this.#position += buffer.length;
  }

  position(): bigint {
    return BigInt(this.#position);
  }

  get bytes(): number {
    return this.#position;
  }
}

export interface EncodedRecord {
  readonly kind: FdrKind;
  readonly timestampNs: number;
  readonly bytes: Uint8Array;
}

/** One file of one flight. Calls must not overlap: wait for each. */
export class McapFile {
  readonly path: string;
  readonly #file: Deno.FsFile;
  readonly #append: AppendFile;
  readonly #writer: McapWriter;
  readonly #channels = new Map<FdrKind, number>();
  #sequence = 0;

  private constructor(path: string, file: Deno.FsFile) {
    this.path = path;
    this.#file = file;
    this.#append = new AppendFile(file);
    this.#writer = new McapWriter({ writable: this.#append, chunkSize: CHUNK_BYTES });
  }

  /** Creates the file; one that is there already is an error, never overwritten. */
  static async create(path: string): Promise<McapFile> {
    const mcap = new McapFile(path, await Deno.open(path, { write: true, createNew: true }));
    try {
      await mcap.#writer.start({ profile: "", library: "gps-denied-onboard" });
    } catch (error) {
      mcap.#file.close();
      await Deno.remove(path).catch(() => {});
      throw error;
    }
    return mcap;
  }

  get bytesWritten(): number {
    return this.#append.bytes;
  }

  async add(record: EncodedRecord): Promise<void> {
    const time = BigInt(record.timestampNs);
    await this.#writer.addMessage({
      channelId: await this.#channel(record.kind),
      sequence: this.#sequence++,
      logTime: time,
      publishTime: time,
      data: record.bytes,
    });
  }

  async addMetadata(name: string, values: Readonly<Record<string, unknown>>): Promise<void> {
    const metadata = new Map(
      Object.entries(values).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    );
    await this.#writer.addMetadata({ name, metadata });
  }

  async sync(): Promise<void> {
    await this.#file.syncData();
  }

  /** Writes the index and what is still open. */
  async end(): Promise<void> {
    await this.#writer.end();
    await this.#file.sync();
  }

  close(): void {
    this.#file.close();
  }

  async #channel(kind: FdrKind): Promise<number> {
    const known = this.#channels.get(kind);
    if (known !== undefined) return known;
    const schemaId = await this.#writer.registerSchema({
      name: kind,
      encoding: "jsonschema",
      data: new TextEncoder().encode(fdrJsonSchema(kind)),
    });
    const id = await this.#writer.registerChannel({
      topic: kind,
      schemaId,
      messageEncoding: "json",
      metadata: new Map(),
    });
    this.#channels.set(kind, id);
    return id;
  }
}
