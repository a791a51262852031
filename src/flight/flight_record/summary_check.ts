/**
 * Compares the summary at the end of a segment with the data before it.
 *
 * @module
 */
import type { Damage, DamageCode } from "./damage.ts";
import type {
  Channel,
  ChunkIndex,
  Footer,
  Metadata,
  MetadataIndex,
  Schema,
  Statistics,
} from "./mcap_format.ts";
import type { Place, ScanEvent } from "./scan_events.ts";

/** A chunk as the index should describe it. */
export type SeenChunk = ChunkIndex;

type Report = (damage: Omit<Damage, "segment">) => void;
interface Placed<T> {
  readonly place: Place;
  readonly value: T;
}

export class SummaryCheck {
  readonly #report: Report;
  readonly #schemas = new Map<number, string>();
  readonly #channels = new Map<number, string>();
  readonly #metadata: Placed<Metadata>[] = [];
  readonly #chunkIndexes: Placed<ChunkIndex>[] = [];
  readonly #metadataIndexes: Placed<MetadataIndex>[] = [];
  readonly #counts = new Map<number, number>();
  #startNs: bigint | null = null;
  #endNs: bigint | null = null;
  #attachments = 0;
  #statistics: Placed<Statistics> | null = null;
  #footer: Placed<Footer> | null = null;
  #dataEnd: Place | null = null;
  #summaryOffset: number | null = null;
  #damaged = false;

  constructor(report: Report) {
    this.#report = report;
  }

  /** After damage, missing data has been reported already. */
  damaged(): void {
    this.#damaged = true;
  }

  count(channelId: number, logTimeNs: bigint): void {
    this.#counts.set(channelId, (this.#counts.get(channelId) ?? 0) + 1);
    if (this.#startNs === null || logTimeNs < this.#startNs) this.#startNs = logTimeNs;
    if (this.#endNs === null || logTimeNs > this.#endNs) this.#endNs = logTimeNs;
  }

  add(event: ScanEvent): void {
    switch (event.type) {
      case "schema":
        return this.#known(this.#schemas, event.schema.id, schemaText(event.schema), event);
      case "channel":
        return this.#known(this.#channels, event.channel.id, channelText(event.channel), event);
      case "message":
        return this.count(event.message.channelId, event.message.logTimeNs);
      case "metadata":
        this.#metadata.push({ place: event.place, value: event.metadata });
        return;
      case "attachment":
        this.#attachments++;
        return;
      case "data_end":
        this.#dataEnd = event.place;
        return;
      case "chunk_index":
        this.#chunkIndexes.push({ place: event.place, value: event.index });
        return;
      case "metadata_index":
        this.#metadataIndexes.push({ place: event.place, value: event.index });
        return;
      case "statistics":
        this.#statistics = { place: event.place, value: event.statistics };
        return;
      case "summary_offset":
        this.#summaryOffset ??= event.place.offset;
        return;
      case "footer":
        this.#footer = { place: event.place, value: event.footer };
        return;
    }
  }

  end(chunks: readonly SeenChunk[]): void {
    // Without its end, or after damage, differences are consequences and not reported again.
    if (this.#damaged || this.#dataEnd === null) return;
    this.#checkChunkIndexes(chunks);
    this.#checkMetadataIndexes();
    if (this.#statistics !== null) this.#checkStatistics(this.#statistics, chunks.length);
    if (this.#footer !== null) this.#checkFooter(this.#footer, this.#dataEnd);
  }

  #known(known: Map<number, string>, id: number, text: string, event: Declaration): void {
    const before = known.get(id);
    if (before === text) return;
    if (before === undefined && !event.inSummary) {
      known.set(id, text);
      return;
    }
    this.#say(
      "summary",
      event.place,
      event.type,
      before === undefined
        ? `${event.type} ${id} is only in the summary`
        : `${event.type} ${id} occurs twice with different content`,
    );
  }

  #checkChunkIndexes(chunks: readonly SeenChunk[]): void {
    const left = new Map(chunks.map((chunk) => [chunk.chunkOffset, chunk]));
    for (const { place, value } of this.#chunkIndexes) {
      const chunk = left.get(value.chunkOffset);
      left.delete(value.chunkOffset);
      if (chunk === undefined) {
        this.#say(
          "summary",
          place,
          "chunk index",
          `there is no chunk at byte ${value.chunkOffset}`,
        );
      } else if (!isSameChunk(value, chunk)) {
        const at = `the chunk at byte ${value.chunkOffset} differs from its index`;
        this.#say("summary", place, "chunk index", at);
      }
    }
    // Writers may leave the indices of chunks out, but not of some of them.
    if (this.#chunkIndexes.length === 0) return;
    for (const chunkOffset of left.keys()) {
      this.#say("summary", { offset: chunkOffset }, "chunk", "the summary does not list it");
    }
  }

  #checkMetadataIndexes(): void {
    for (const { place, value } of this.#metadataIndexes) {
      const found = this.#metadata.some((each) =>
        each.place.offset === value.offset && each.place.lengthBytes === value.length &&
        each.value.name === value.name
      );
      if (!found) {
        const reason = `there is no metadata "${value.name}" at byte ${value.offset}`;
        this.#say("summary", place, "metadata index", reason);
      }
    }
    const mayDiffer = this.#metadataIndexes.length === 0;
    if (!mayDiffer && this.#metadataIndexes.length !== this.#metadata.length) {
      const reason = `${this.#metadata.length} metadata records, ` +
        `${this.#metadataIndexes.length} in the summary`;
      this.#say("summary", this.#dataEnd, "metadata index", reason);
    }
  }

  #checkStatistics({ place, value }: Placed<Statistics>, chunkCount: number): void {
    const messageCount = this.#counts.values().reduce((sum, count) => sum + count, 0);
    const facts: [string, number | bigint, number | bigint][] = [
      ["messages", value.messageCount, messageCount],
      ["schemas", value.schemaCount, this.#schemas.size],
      ["channels", value.channelCount, this.#channels.size],
      ["attachments", value.attachmentCount, this.#attachments],
      ["metadata records", value.metadataCount, this.#metadata.length],
      ["chunks", value.chunkCount, chunkCount],
      ["ns of the first message", value.startNs, this.#startNs ?? 0n],
      ["ns of the last message", value.endNs, this.#endNs ?? 0n],
    ];
    for (const [id, count] of value.channelMessageCounts) {
      facts.push([`messages of channel ${id}`, count, this.#counts.get(id) ?? 0]);
    }
    for (const [what, said, found] of facts) {
      if (said === found) continue;
      this.#say("statistics", place, "statistics", `it states ${said} ${what}, there are ${found}`);
    }
  }

  #checkFooter({ place, value }: Placed<Footer>, dataEnd: Place): void {
    const start = dataEnd.offset + dataEnd.lengthBytes;
    const expected = place.offset === start ? 0 : start;
    if (value.summaryStart !== expected) {
      const reason = `it states that the summary begins at byte ${value.summaryStart}, ` +
        `it begins at ${expected}`;
      this.#say("summary", place, "footer", reason);
    }
    if (value.summaryOffsetStart !== (this.#summaryOffset ?? 0)) {
      const reason =
        `it states that the summary offsets begin at byte ${value.summaryOffsetStart}` +
        `, they begin at ${this.#summaryOffset ?? 0}`;
      if (this.#summaryOffset !== null) this.#say("summary", place, "footer", reason);
    }
  }

  #say(
    code: DamageCode,
    place: { readonly offset: number } | null,
    record: string,
    reason: string,
  ): void {
    this.#report({ code, offset: place?.offset ?? null, record, reason, losesRecords: false });
  }
}

type Declaration = ScanEvent & { readonly type: "schema" | "channel" };

function schemaText({ name, encoding, data }: Schema): string {
  return JSON.stringify([name, encoding, new TextDecoder().decode(data)]);
}

function channelText({ schemaId, topic, messageEncoding, metadata }: Channel): string {
  return JSON.stringify([schemaId, topic, messageEncoding, [...metadata]]);
}

function isSameChunk(index: ChunkIndex, chunk: SeenChunk): boolean {
  return index.startNs === chunk.startNs && index.endNs === chunk.endNs &&
    index.chunkLength === chunk.chunkLength && index.compression === chunk.compression &&
    index.compressedBytes === chunk.compressedBytes &&
    index.uncompressedBytes === chunk.uncompressedBytes &&
    index.messageIndexLength === chunk.messageIndexLength &&
    index.messageIndexOffsets.size === chunk.messageIndexOffsets.size &&
    [...index.messageIndexOffsets].every(([id, at]) => chunk.messageIndexOffsets.get(id) === at);
}
