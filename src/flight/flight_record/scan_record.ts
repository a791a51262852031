/**
 * Converts one record outside of a chunk to an event.
 *
 * @module
 */
import { FormatFault } from "./cursor.ts";
import { OPCODE } from "./mcap_format.ts";
import {
  checkAttachmentIndex,
  parseChannel,
  parseChunkIndex,
  parseDataEnd,
  parseFooter,
  parseHeader,
  parseMessage,
  parseMessageIndex,
  parseMetadata,
  parseMetadataIndex,
  parseSchema,
  parseStatistics,
  parseSummaryOffset,
} from "./mcap_records.ts";
import type { Place, ScanEvent } from "./scan_events.ts";

/**
 * @throws FormatFault when the content does not match the opcode, or the record does not belong
 * here.
 */
export function readRecord(
  opcode: number,
  content: Uint8Array,
  place: Place,
  inSummary: boolean,
): ScanEvent {
  // CRCs of individual records exist only in chunks.
  const state = { inSummary, verified: false };
  switch (opcode) {
    case OPCODE.schema:
      return { type: "schema", place, schema: parseSchema(content), ...state };
    case OPCODE.channel:
      return { type: "channel", place, channel: parseChannel(content), ...state };
    case OPCODE.message:
      return {
        type: "message",
        message: { ...parseMessage(content), offset: place.offset, verified: false },
      };
    case OPCODE.footer:
      return { type: "footer", place, footer: parseFooter(content) };
    default:
      return inSummary
        ? readSummaryRecord(opcode, content, place)
        : readDataRecord(opcode, content, place);
  }
}

function readDataRecord(opcode: number, content: Uint8Array, place: Place): ScanEvent {
  switch (opcode) {
    case OPCODE.header:
      return { type: "header", place, header: parseHeader(content) };
    case OPCODE.messageIndex:
      return { type: "message_index", place, index: parseMessageIndex(content) };
    case OPCODE.metadata:
      return { type: "metadata", place, metadata: parseMetadata(content) };
    case OPCODE.attachment:
      return { type: "attachment", place };
    case OPCODE.dataEnd:
      return { type: "data_end", place, crc: parseDataEnd(content) };
    default:
      return unlisted(opcode, place);
  }
}

function readSummaryRecord(opcode: number, content: Uint8Array, place: Place): ScanEvent {
  switch (opcode) {
    case OPCODE.chunkIndex:
      return { type: "chunk_index", place, index: parseChunkIndex(content) };
    case OPCODE.statistics:
      return { type: "statistics", place, statistics: parseStatistics(content) };
    case OPCODE.metadataIndex:
      return { type: "metadata_index", place, index: parseMetadataIndex(content) };
    case OPCODE.summaryOffset:
      return { type: "summary_offset", place, group: parseSummaryOffset(content) };
    case OPCODE.attachmentIndex:
      checkAttachmentIndex(content);
      return { type: "unknown", place, opcode };
    default:
      return unlisted(opcode, place);
  }
}

function unlisted(opcode: number, place: Place): ScanEvent {
  if (opcode < 0x80) throw new FormatFault("it does not belong here");
  return { type: "unknown", place, opcode };
}
