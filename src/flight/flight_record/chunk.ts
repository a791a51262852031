/**
 * Opens a chunk: its records where the CRC holds, where one flipped bit can be found and turned
 * back, and where a damaged length or header can be read around.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { type ByteSource, READ_BYTES_MAX } from "./byte_source.ts";
import { walkChunk } from "./chunk_records.ts";
import { FormatFault } from "./cursor.ts";
import type { DamageCode } from "./damage.ts";
import { readEnvelope } from "./envelope.ts";
import { findFlippedBit } from "./flipped_bit.ts";
import { CHUNK_HEAD_BYTES, type ChunkHead, RECORD_HEAD_BYTES } from "./mcap_format.ts";
import { parseChunk } from "./mcap_records.ts";

/** Finding a flipped bit takes a step per bit: a second for so many. */
const FLIPPED_BIT_BYTES_MAX = 16 * 1024 * 1024;

export interface ChunkFault {
  readonly code: DamageCode;
  readonly reason: string;
}

export interface OpenedChunk {
  readonly head: ChunkHead;
  readonly records: Uint8Array;
  /** Where the records begin in the file. */
  readonly recordsOffset: number;
  /** Where the next record begins in the file. */
  readonly endOffset: number;
  /** What is wrong, although every record is here. */
  readonly faults: readonly ChunkFault[];
  /** A CRC speaks for the records; MCAP lets a writer leave it out (0). */
  readonly verified: boolean;
}

export type ChunkOutcome = OpenedChunk | { readonly unreadable: ChunkFault };

/** `claimedLength` is what its length field says, whether or not the file is so long. */
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
      const exact = records.length === length - CHUNK_HEAD_BYTES;
      if (head.compression === "" && exact && mayBeRight(records, head.crc)) {
        return opened(offset, head, records, sizeFaults(head, records));
      }
      if (head.compression === "lz4" || head.compression === "zstd") {
        return unreadable(
          "compression",
          `it is compressed with ${head.compression}, not read here`,
        );
      }
    }
  }
  return await readAround(source, offset, claimedLength, left);
}

function tryParse(content: Uint8Array) {
  try {
    return parseChunk(content);
  } catch (error) {
    if (error instanceof FormatFault) return undefined;
    throw error;
  }
}

/** Takes the fields from where they stand in a chunk that is not compressed, whatever they say. */
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
      ...view.getUint32(28, true) === 0 ? [] : [fault("its compression is damaged: it has none")],
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
  const said = `its CRC says ${hex(head.crc)}, its bytes say ${hex(computed)}`;
  const found = records.length > FLIPPED_BIT_BYTES_MAX
    ? undefined
    : findFlippedBit(records.length, head.crc, computed);
  if (found === undefined) return unreadable("chunk_crc", `${said}: more than one bit is wrong`);
  if (found.where === "crc") {
    return opened(offset, head, records, [{
      code: "chunk_crc",
      reason: `${said}: one bit of the CRC itself flipped, the records are right`,
    }]);
  }
  const whole = records.slice();
  whole[found.byte] ^= 1 << found.bit;
  const at = offset + RECORD_HEAD_BYTES + CHUNK_HEAD_BYTES + found.byte;
  if (!isPlausible(whole)) {
    return unreadable("chunk_crc", `${said}: turning back one bit does not mend it`);
  }
  return opened(offset, head, whole, [{
    code: "chunk_crc",
    reason: `${said}: bit ${found.bit} of byte ${at} flipped, and is turned back here`,
  }]);
}

/** Damage to many bits can pass for one bit; its records do not read then. */
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
  return { head, records, recordsOffset, endOffset, faults, verified: head.crc !== 0 };
}

function lengthFaults(size: bigint, claimedLength: bigint, claimedRecords: bigint): ChunkFault[] {
  const length = size + BigInt(CHUNK_HEAD_BYTES);
  const faults: ChunkFault[] = [];
  if (claimedLength !== length) {
    faults.push({
      code: "length",
      reason: `its length field says ${claimedLength} bytes, it takes ${length}`,
    });
  }
  if (claimedRecords !== size) {
    faults.push(fault(`it says that its records take ${claimedRecords} bytes, they take ${size}`));
  }
  return faults;
}

function sizeFaults(head: ChunkHead, records: Uint8Array): ChunkFault[] {
  return head.uncompressedBytes === records.length ? [] : [fault(
    `its uncompressed size says ${head.uncompressedBytes} bytes, it holds ${records.length}`,
  )];
}

/** What has no CRC is read; nothing vouches for it. */
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
