/**
 * STATUSTEXT: texts of more than 50 bytes in chunks, out and in.
 *
 * @module
 */
import { MAV_SEVERITY, type MessageOf, type OutgoingMessage } from "../../../link/mavlink/mod.ts";
import type { AlertSeverity } from "../contract.ts";

const CHUNK_BYTES = 50;
/** Longer ones are cut: a ground station shows a line. */
const CHUNKS_MAX = 4;
/** Texts that are not whole yet, of all senders. */
const OPEN_MAX = 16;

const SEVERITIES: Readonly<Record<AlertSeverity, number>> = {
  critical: MAV_SEVERITY.CRITICAL,
  error: MAV_SEVERITY.ERROR,
  warning: MAV_SEVERITY.WARNING,
  notice: MAV_SEVERITY.NOTICE,
  info: MAV_SEVERITY.INFO,
};

/** The messages of one text; `id` tells the chunks of one text from those of another (1 to 65535). */
export function textMessages(severity: AlertSeverity, text: string, id: number): OutgoingMessage[] {
  const ascii = text.replaceAll(/[^\x20-\x7e]/g, "?");
  const chunks = Math.min(CHUNKS_MAX, Math.max(1, Math.ceil(ascii.length / CHUNK_BYTES)));
  return Array.from({ length: chunks }, (_, chunkSeq) => ({
    name: "STATUSTEXT",
    severity: SEVERITIES[severity],
    text: ascii.slice(chunkSeq * CHUNK_BYTES, (chunkSeq + 1) * CHUNK_BYTES),
    id: chunks === 1 ? 0 : id,
    chunkSeq,
  }));
}

/** Puts the chunks of texts together. */
export class TextAssembler {
  readonly #open = new Map<string, string>();

  /** The whole text, when this was its last chunk. */
  add(sender: string, { text, id, chunkSeq }: MessageOf<"STATUSTEXT">): string | null {
    if (id === 0) return text;
    const key = `${sender}/${id}`;
    const before = chunkSeq === 0 ? "" : this.#open.get(key);
    this.#open.delete(key);
    // A chunk that is missing makes the rest worthless.
    if (before === undefined || chunkSeq * CHUNK_BYTES !== before.length) return null;
    const whole = before + text;
    if (text.length < CHUNK_BYTES || chunkSeq + 1 >= CHUNKS_MAX) return whole;
    if (this.#open.size < OPEN_MAX) this.#open.set(key, whole);
    return null;
  }
}
