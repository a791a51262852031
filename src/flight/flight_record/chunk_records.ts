/**
 * Parses the records inside a chunk.
 *
 * @module
 */
import { FormatFault } from "./cursor.ts";
import { type Channel, OPCODE, RECORD_HEAD_BYTES, recordName, type Schema } from "./mcap_format.ts";
import { parseChannel, parseMessage, parseSchema } from "./mcap_records.ts";
import type { ScannedMessage } from "./scan_events.ts";

interface ChunkRecords {
  readonly schemas: readonly { readonly offset: number; readonly schema: Schema }[];
  readonly channels: readonly { readonly offset: number; readonly channel: Channel }[];
  readonly messages: readonly ScannedMessage[];
  /** Offset in the file where parsing stopped, and the reason. */
  readonly stopped?: { readonly offset: number; readonly reason: string };
}

/**
 * `recordsOffset` is the offset of `records` in the file; `verified`: a correct CRC covers them.
 */
export function walkChunk(
  records: Uint8Array,
  recordsOffset: number,
  verified: boolean,
): ChunkRecords {
  const schemas: { offset: number; schema: Schema }[] = [];
  const channels: { offset: number; channel: Channel }[] = [];
  const messages: ScannedMessage[] = [];
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  let at = 0;
  try {
    while (at < records.length) {
      const content = contentAt(records, view, at);
      const offset = recordsOffset + at;
      const opcode = records[at];
      if (opcode === OPCODE.message) {
        messages.push({ ...parseMessage(content), offset, verified });
      } else if (opcode === OPCODE.schema) {
        schemas.push({ offset, schema: parseSchema(content) });
      } else if (opcode === OPCODE.channel) {
        channels.push({ offset, channel: parseChannel(content) });
      } else {
        throw new FormatFault(`it contains a ${recordName(opcode)}`);
      }
      at += RECORD_HEAD_BYTES + content.length;
    }
  } catch (error) {
    if (!(error instanceof FormatFault)) throw error;
    const stopped = { offset: recordsOffset + at, reason: error.message };
    return { schemas, channels, messages, stopped };
  }
  return { schemas, channels, messages };
}

function contentAt(records: Uint8Array, view: DataView, at: number): Uint8Array {
  const left = records.length - at - RECORD_HEAD_BYTES;
  if (left < 0) throw new FormatFault("its last record ends before its length field");
  const length = view.getBigUint64(at + 1, true);
  if (length > BigInt(left)) {
    throw new FormatFault(`a record of ${length} bytes begins in it, ${left} are left`);
  }
  const start = at + RECORD_HEAD_BYTES;
  return records.subarray(start, start + Number(length));
}
