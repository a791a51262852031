/**
 * Maps messages to their channel and schema, also when those records are damaged.
 *
 * @module
 */
import { FDR_KINDS, fdrJsonSchema, type FdrKind } from "../flight_recorder/mod.ts";
import { readEnvelope } from "./envelope.ts";
import type { Channel, Schema } from "./mcap_format.ts";
import type { ScanEvent, ScannedMessage } from "./scan_events.ts";

/** A channel without the ids, which are valid in one file only. */
export interface ChannelText {
  readonly topic: string;
  readonly messageEncoding: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly schema: Omit<Schema, "id"> | null;
}

/** Segments are read one after the other; channels of an earlier one help with a later one. */
export class ChannelBook {
  readonly #byTopic = new Map<string, ChannelText>();
  #schemas = new Map<number, Schema>();
  #channels = new Map<number, Channel>();
  #resolved = new Map<number, ChannelText>();

  /** Ids have another meaning in another file. */
  nextSegment(): void {
    this.#schemas = new Map();
    this.#channels = new Map();
    this.#resolved = new Map();
  }

  add(event: ScanEvent): void {
    // A record without a correct CRC never replaces one that was correct.
    if (event.type === "schema" && !(this.#schemas.has(event.schema.id) && !event.verified)) {
      this.#schemas.set(event.schema.id, event.schema);
      this.#resolved.clear();
    }
    if (event.type === "channel" && !(this.#channels.has(event.channel.id) && !event.verified)) {
      this.#channels.set(event.channel.id, event.channel);
      this.#resolved.delete(event.channel.id);
    }
  }

  /**
   * The channel of a message; null when the channel is lost and the message is not a record of
   * ours.
   */
  channelOf(message: ScannedMessage): ChannelText | null {
    const declared = this.#declared(message.channelId);
    if (message.verified && declared !== null) return declared;
    const kind = readEnvelope(message.data)?.kind;
    if (kind === undefined) return declared;
    if (declared !== null && declared.topic === kind && declared.schema !== null) return declared;
    return this.#byTopic.get(kind) ?? madeFor(kind);
  }

  #declared(channelId: number): ChannelText | null {
    const known = this.#resolved.get(channelId);
    if (known !== undefined) return known;
    const channel = this.#channels.get(channelId);
    if (channel === undefined) return null;
    const { topic, messageEncoding, metadata } = channel;
    const schema = this.#schemas.get(channel.schemaId) ?? null;
    const text = { topic, messageEncoding, metadata, schema };
    this.#resolved.set(channelId, text);
    if (schema !== null) this.#byTopic.set(topic, text);
    return text;
  }
}

/** A record states its own kind; the registry gives the rest. */
function madeFor(kind: string): ChannelText {
  const known = Object.hasOwn(FDR_KINDS, kind);
  const data = known ? new TextEncoder().encode(fdrJsonSchema(kind as FdrKind)) : null;
  return {
    topic: kind,
    messageEncoding: "json",
    metadata: new Map(),
    schema: data === null ? null : { name: schemaName(data, kind), encoding: "jsonschema", data },
  };
}

/** The title of a kind's JSON Schema is the schema name that tools know. */
function schemaName(schema: Uint8Array, kind: string): string {
  const { title } = JSON.parse(new TextDecoder().decode(schema)) as { title?: unknown };
  return typeof title === "string" ? title : kind;
}
