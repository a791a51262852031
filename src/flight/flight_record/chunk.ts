/**
 * Opens a chunk of an MCAP file: reads its records when the CRC is correct, when one flipped bit
 * can be found and corrected, and when a damaged length or header can be worked around.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { messageOf } from "../../core/mod.ts";
import { type ByteSource, READ_BYTES_MAX } from "./byte_source.ts";
import { walkChunk } from "./chunk_records.ts";
import { FormatFault } from "./cursor.ts";
import type { DamageCode } from "./damage.ts";
import { decompressRecords, isCompression } from "./decompress.ts";
import { readEnvelope } from "./envelope.ts";
import { findFlippedBit } from "./flipped_bit.ts";
import { CHUNK_HEAD_BYTES, type ChunkHead, RECORD_HEAD_BYTES } from "./mcap_format.ts";
import { parseChunk } from "./mcap_records.ts";

/** Finding a flipped bit takes one step a bit; this many take about a second. */
const FLIPPED_BIT_BYTES_MAX = 16 * 1024 * 1024;

interface ChunkFault {
  readonly code: DamageCode;
  readonly reason: string;
}

interface OpenedChunk {
  readonly head: ChunkHead;
  readonly records: Uint8Array;
  /** Bytes of its records in the file: fewer where they are compressed. */
  readonly storedBytes: number;
  /** Offset of its records in the file. */
  readonly recordsOffset: number;
  /** Offset of the next record in the file. */
  readonly endOffset: number;
  /** What is damaged although all records are readable. */
  readonly faults: readonly ChunkFault[];
  /** Whether a CRC covers the records; MCAP allows a writer to leave it out (0). */
  readonly verified: boolean;
}

export type ChunkOutcome = OpenedChunk | { readonly unreadable: ChunkFault };

/** `claimedLength` is the value of its length field, which may reach beyond the end of the file. */
export async function openChunk(
  source: ByteSource,
  offset: number,
  claimedLength: bigint,
): Promise<ChunkOutcome> {
  const left = source.sizeBytes - offset - RECORD_HEAD_BYTES;
  const fits = claimedLength <= BigInt(Math.min(left, READ_BYTES_MAX));
  if (fits) {
    const length = Number(claimedLength);
    const parsed = tryParse(await source.bytes(offset + RECORD_HEAD_BYTES, length));
    if (parsed !== undefined) {
      const { head, records } = parsed;
      // A chunk of a newer writer may have fields behind its records: then its CRC must say that it is one.
      const exact = records.length === length - CHUNK_HEAD_BYTES;
      if (head.compression === "" && mayBeRight(records, head.crc) && (exact || head.crc !== 0)) {
        return {
          ...opened(offset, head, records, sizeFaults(head, records)),
          endOffset: offset + RECORD_HEAD_BYTES + length,
        };
      }
      if (isCompression(head.compression)) {
        return openCompressed(offset, length, head, records);
      }
    }
  }
  return await readAround(source, offset, claimedLength, left);
}

function openCompressed(
  offset: number,
  length: number,
  head: ChunkHead,
  stored: Uint8Array,
): ChunkOutcome {
  const { compression, uncompressedBytes, crc } = head;
  const because = (reason: string) => unreadable("compression", `its ${compression}: ${reason}`);
  if (!isCompression(compression)) return because("it is not known");
  if (uncompressedBytes > READ_BYTES_MAX) {
    return because(`${uncompressedBytes} bytes of records are more than are read`);
  }
  let records: Uint8Array;
  try {
    records = decompressRecords(compression, stored, uncompressedBytes);
  } catch (error) {
    return because(messageOf(error));
  }
  if (!mayBeRight(records, crc)) {
    return because(`its CRC is ${hex(crc)}, that of its records ${hex(crc32(records))}`);
  }
  return {
    ...opened(offset, head, records, []),
    storedBytes: stored.length,
    endOffset: offset + RECORD_HEAD_BYTES + length,
  };
}

function tryParse(content: Uint8Array) {
  try {
    return parseChunk(content);
  } catch (error) {
    if (error instanceof FormatFault) return undefined;
    throw error;
  }
}

/** Takes the fields from their places in an uncompressed chunk, whatever their values. */
async function readAround(
  source: ByteSource,
  offset: number,
  claimedLength: bigint,
  left: number,
): Promise<ChunkOutcome> {
  const fields = await source.bytes(offset + RECORD_HEAD_BYTES, CHUNK_HEAD_BYTES);
  if (fields.length < CHUNK_HEAD_BYTES) {
    return unreadable("cut", "the file ends in its first bytes");
  }
  const view = new DataView(fields.buffer, fields.byteOffset, fields.length);
  const claimedRecords = view.getBigUint64(32, true);
  const head: ChunkHead = {
    startNs: view.getBigUint64(0, true),
    endNs: view.getBigUint64(8, true),
    uncompressedBytes: Number(view.getBigUint64(16, true)),
    crc: view.getUint32(24, true),
    compression: "",
  };
  const bytesMax = BigInt(Math.min(left - CHUNK_HEAD_BYTES, READ_BYTES_MAX - CHUNK_HEAD_BYTES));
  const sizes = [claimedLength - BigInt(CHUNK_HEAD_BYTES), claimedRecords]
    .filter((size) => size >= 0n && size <= bytesMax);
  for (const size of head.crc === 0 ? [] : sizes) {
    const records = await source.bytes(
      offset + RECORD_HEAD_BYTES + CHUNK_HEAD_BYTES,
      Number(size),
    );
    if (!mayBeRight(records, head.crc)) continue;
    return opened(offset, head, records, [
      ...lengthFaults(size, claimedLength, claimedRecords),
      ...view.getUint32(28, true) === 0
        ? []
        : [fault("its compression field is damaged: it is not compressed")],
      ...sizeFaults(head, records),
    ]);
  }
  const agreed = claimedRecords + BigInt(CHUNK_HEAD_BYTES) === claimedLength;
  if (head.crc !== 0 && agreed && sizes.length === 2) {
    const at = offset + RECORD_HEAD_BYTES + CHUNK_HEAD_BYTES;
    return repair(offset, head, await source.bytes(at, Number(claimedRecords)));
  }
  return unreadable("chunk_header", "its length or its header is damaged beyond repair");
}

function repair(offset: number, head: ChunkHead, records: Uint8Array): ChunkOutcome {
  const computed = crc32(records);
  const said = `its CRC is ${hex(head.crc)}, that of its bytes ${hex(computed)}`;
  const found = records.length > FLIPPED_BIT_BYTES_MAX
    ? undefined
    : findFlippedBit(records.length, head.crc, computed);
  if (found === undefined) return unreadable("chunk_crc", `${said}: more than one bit is wrong`);
  if (found.where === "crc") {
    return opened(offset, head, records, [{
      code: "chunk_crc",
      reason: `${said}: one bit of the CRC itself flipped, the records are correct`,
    }]);
  }
  const whole = records.slice();
  whole[found.byte] ^= 1 << found.bit;
  const at = offset + RECORD_HEAD_BYTES + CHUNK_HEAD_BYTES + found.byte;
  if (!isPlausible(whole)) {
    return unreadable("chunk_crc", `${said}: correcting one bit does not repair it`);
  }
  return opened(offset, head, whole, [{
    code: "chunk_crc",
    reason: `${said}: bit ${found.bit} of byte ${at} flipped; it was corrected`,
  }]);
}

/** Damage to many bits can look like one flipped bit; then the records cannot be parsed. */
function isPlausible(records: Uint8Array): boolean {
  const { messages, stopped } = walkChunk(records, 0, false);
  return stopped === undefined && messages.every(({ data }) => readEnvelope(data) !== undefined);
}

function opened(
  offset: number,
  head: ChunkHead,
  records: Uint8Array,
  faults: readonly ChunkFault[],
): OpenedChunk {
  const recordsOffset = offset + RECORD_HEAD_BYTES + CHUNK_HEAD_BYTES;
  const endOffset = recordsOffset + records.length;
  const storedBytes = records.length;
  return {
    head,
    records,
    storedBytes,
    recordsOffset,
    endOffset,
    faults,
    verified: head.crc !== 0,
  };
}

function lengthFaults(size: bigint, claimedLength: bigint, claimedRecords: bigint): ChunkFault[] {
  const length = size + BigInt(CHUNK_HEAD_BYTES);
  const faults: ChunkFault[] = [];
  if (claimedLength !== length) {
    faults.push({
      code: "length",
      reason: `its length field states ${claimedLength} bytes, its length is ${length}`,
    });
  }
  if (claimedRecords !== size) {
    faults.push(fault(`it states ${claimedRecords} bytes of records, they have ${size}`));
  }
  return faults;
}

function sizeFaults(head: ChunkHead, records: Uint8Array): ChunkFault[] {
  return head.uncompressedBytes === records.length ? [] : [fault(
    `its uncompressed size is stated as ${head.uncompressedBytes} bytes, it is ${records.length}`,
  )];
}

/** Without a CRC the chunk is read, but counted as unverified. */
function mayBeRight(records: Uint8Array, crc: number): boolean {
  return crc === 0 || crc32(records) === crc;
}

function fault(reason: string): ChunkFault {
  return { code: "chunk_header", reason };
}

function unreadable(code: DamageCode, reason: string): ChunkOutcome {
  return { unreadable: { code, reason } };
}

function hex(crc: number): string {
  return `0x${crc.toString(16).padStart(8, "0")}`;
}
