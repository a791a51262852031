/**
 * Compares the index of a segment with its content: chunk times, message indexes, chunk indexes,
 * statistics, metadata, and the offsets in the footer.
 *
 * @module
 */
import type { Damage, DamageCode } from "./damage.ts";
import type { ScanEvent, ScannedChunk } from "./scan_events.ts";
import { type SeenChunk, SummaryCheck } from "./summary_check.ts";

type Report = (damage: Omit<Damage, "segment">) => void;

/** Takes the events of one segment, in order; see `end()`. */
export class SegmentCheck {
  readonly #report: Report;
  readonly #summary: SummaryCheck;
  readonly #chunks: SeenChunk[] = [];
  #current: { chunk: ScannedChunk; indexOffsets: Map<number, number>; indexBytes: number } | null =
    null;

  constructor(report: Report) {
    this.#report = report;
    this.#summary = new SummaryCheck(report);
  }

  add(event: ScanEvent): void {
    if (event.type === "message_index") return this.#messageIndex(event);
    if (event.type === "damage") return this.#summary.damaged();
    this.#leaveChunk();
    if (event.type === "chunk") this.#enterChunk(event.chunk);
    else this.#summary.add(event);
  }

  end(): void {
    this.#leaveChunk();
    this.#summary.end(this.#chunks);
  }

  #enterChunk(chunk: ScannedChunk): void {
    const { head, messages, offset } = chunk;
    for (const message of messages) this.#summary.count(message.channelId, message.logTimeNs);
    const times = messages.map(({ logTimeNs }) => logTimeNs);
    const startNs = times.reduce((a, b) => b < a ? b : a, times[0] ?? 0n);
    const endNs = times.reduce((a, b) => b > a ? b : a, times[0] ?? 0n);
    if (head.startNs !== startNs || head.endNs !== endNs) {
      this.#say(
        "chunk_header",
        offset,
        "chunk",
        `it states messages from ${head.startNs} to ${head.endNs} ns, ` +
          `they are from ${startNs} to ${endNs} ns`,
      );
    }
    this.#current = { chunk, indexOffsets: new Map(), indexBytes: 0 };
  }

  #messageIndex({ place, index }: ScanEvent & { type: "message_index" }): void {
    const current = this.#current;
    if (current === null) {
      this.#say("message_index", place.offset, "message index", "no chunk comes before it");
      return;
    }
    current.indexOffsets.set(index.channelId, place.offset);
    current.indexBytes += place.lengthBytes;
    const { messages, recordsOffset } = current.chunk;
    const said = new Map(index.entries.map(([time, offset]) => [offset, time]));
    const expected = messages.filter(({ channelId }) => channelId === index.channelId);
    const right = said.size === expected.length && index.entries.length === said.size &&
      expected.every(({ offset, logTimeNs }) => said.get(offset - recordsOffset) === logTimeNs);
    if (!right) {
      this.#say(
        "message_index",
        place.offset,
        "message index",
        `it does not list the ${expected.length} messages of channel ${index.channelId} in its chunk`,
      );
    }
  }

  #leaveChunk(): void {
    if (this.#current === null) return;
    const { chunk, indexOffsets, indexBytes } = this.#current;
    this.#current = null;
    const channels = new Set(chunk.messages.map(({ channelId }) => channelId));
    // Writers may leave the indices of a chunk out, but not of some of its channels.
    if (indexOffsets.size === 0) channels.clear();
    for (const channelId of channels) {
      if (indexOffsets.has(channelId)) continue;
      const reason = `the messages of channel ${channelId} have no index`;
      this.#say("message_index", chunk.offset, "chunk", reason);
    }
    this.#chunks.push({
      startNs: chunk.head.startNs,
      endNs: chunk.head.endNs,
      chunkOffset: chunk.offset,
      chunkLength: chunk.lengthBytes,
      messageIndexOffsets: indexOffsets,
      messageIndexLength: indexBytes,
      compression: chunk.head.compression,
      compressedBytes: chunk.storedBytes,
      uncompressedBytes: chunk.recordsBytes,
    });
  }

  #say(code: DamageCode, offset: number, record: string, reason: string): void {
    this.#report({ code, offset, record, reason, losesRecords: false });
  }
}
