/**
 * Events that the scan of a segment produces, in the order of the file.
 *
 * @module
 */
import type {
  Channel,
  ChunkHead,
  ChunkIndex,
  Footer,
  Header,
  Message,
  MessageIndex,
  Metadata,
  MetadataIndex,
  Schema,
  Statistics,
  SummaryOffset,
} from "./mcap_format.ts";
import type { Damage } from "./damage.ts";

export interface ScannedMessage extends Message {
  /** Offset of its record in the file. */
  readonly offset: number;
  /**
   * A correct CRC covers its bytes: false in a damaged place, and when the writer left the CRC out.
   */
  readonly verified: boolean;
}

export interface ScannedChunk {
  readonly offset: number;
  /** Offset of its records in the file. */
  readonly recordsOffset: number;
  /** Length of the whole record, opcode and length field included. */
  readonly lengthBytes: number;
  readonly recordsBytes: number;
  /** As stored: fewer where they are compressed. */
  readonly storedBytes: number;
  readonly head: ChunkHead;
  readonly messages: readonly ScannedMessage[];
}

/** Place of a record that is not a message. */
export interface Place {
  readonly offset: number;
  readonly lengthBytes: number;
}

export type ScanEvent =
  | { readonly type: "header"; readonly place: Place; readonly header: Header }
  | {
    readonly type: "schema";
    readonly place: Place;
    readonly schema: Schema;
    readonly inSummary: boolean;
    readonly verified: boolean;
  }
  | {
    readonly type: "channel";
    readonly place: Place;
    readonly channel: Channel;
    readonly inSummary: boolean;
    readonly verified: boolean;
  }
  | { readonly type: "chunk"; readonly chunk: ScannedChunk }
  /** A message outside of every chunk, or salvaged from a damaged one. */
  | { readonly type: "message"; readonly message: ScannedMessage }
  | { readonly type: "message_index"; readonly place: Place; readonly index: MessageIndex }
  | { readonly type: "metadata"; readonly place: Place; readonly metadata: Metadata }
  | { readonly type: "attachment"; readonly place: Place }
  | { readonly type: "data_end"; readonly place: Place; readonly crc: number }
  | { readonly type: "chunk_index"; readonly place: Place; readonly index: ChunkIndex }
  | { readonly type: "statistics"; readonly place: Place; readonly statistics: Statistics }
  | { readonly type: "metadata_index"; readonly place: Place; readonly index: MetadataIndex }
  | { readonly type: "summary_offset"; readonly place: Place; readonly group: SummaryOffset }
  | { readonly type: "footer"; readonly place: Place; readonly footer: Footer }
  /** A record of an application, or of a newer MCAP version. */
  | { readonly type: "unknown"; readonly place: Place; readonly opcode: number }
  /** Damage in this file; the caller adds the segment's name. */
  | { readonly type: "damage"; readonly damage: Omit<Damage, "segment"> };

/** Events up to an offset in the file. */
export interface ScanStep {
  readonly positionBytes: number;
  readonly events: readonly ScanEvent[];
}
