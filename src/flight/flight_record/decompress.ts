/**
 * Records of compressed chunks. Our recorder does not compress; people bring files of other tools.
 *
 * LZ4 is decoded here: the codecs on npm are WebAssembly that is loaded asynchronously, or have not been
 * kept for years, and the format is these few lines.
 *
 * Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md (1.6.3) and lz4_Block_format.md
 *
 * @module
 */
import { zstdDecompressSync } from "node:zlib";

const LZ4_MAGIC = 0x184d2204;
const FLAG = { blockChecksum: 0x10, contentSize: 0x08, dictionary: 0x01 } as const;
const STORED_BIT = 0x80000000;

export function isCompression(name: string): name is "lz4" | "zstd" {
  return name === "lz4" || name === "zstd";
}

/** Exactly `sizeBytes` bytes. @throws Error where they do not decompress to that */
export function decompressRecords(
  compression: "lz4" | "zstd",
  bytes: Uint8Array,
  sizeBytes: number,
): Uint8Array {
  const records = compression === "zstd"
    ? new Uint8Array(zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, sizeBytes) }))
    : decompressLz4(bytes, sizeBytes);
  if (records.length === sizeBytes) return records;
  throw new Error(`they are ${records.length} bytes, ${sizeBytes} are stated`);
}

function decompressLz4(bytes: Uint8Array, sizeBytes: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== LZ4_MAGIC) throw new Error("it is no LZ4 frame");
  const flags = bytes[4];
  if ((flags & FLAG.dictionary) !== 0) throw new Error("its LZ4 needs a dictionary");
  // Magic, flags, block size, perhaps the content's size, checksum of the header.
  let at = 7 + ((flags & FLAG.contentSize) === 0 ? 0 : 8);
  const out = new Uint8Array(sizeBytes);
  let filled = 0;
  for (;;) {
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) return out.subarray(0, filled);
    const isStored = (word & STORED_BIT) !== 0;
    const length = word & ~STORED_BIT;
    if (at + length > bytes.length) throw new Error("its LZ4 ends within a block");
    const block = bytes.subarray(at, at + length);
    if (isStored) {
      if (filled + length > sizeBytes) throw new Error("it holds more than is stated");
      out.set(block, filled);
      filled += length;
    } else filled = decodeBlock(block, out, filled);
    at += length + ((flags & FLAG.blockChecksum) === 0 ? 0 : 4);
  }
}

/** Returns how far `out` is filled. */
function decodeBlock(block: Uint8Array, out: Uint8Array, from: number): number {
  let at = 0, filled = from;
  const more = (first: number): number => {
    if (first < 15) return first;
    let length = first, byte = 255;
    while (byte === 255) {
      if (at >= block.length) throw new Error("its LZ4 ends within a length");
      byte = block[at++];
      length += byte;
    }
    return length;
  };
  while (at < block.length) {
    const token = block[at++];
    const literals = more(token >> 4);
    if (at + literals > block.length || filled + literals > out.length) {
      throw new Error("its LZ4 has literals beyond its end");
    }
    out.set(block.subarray(at, at + literals), filled);
    at += literals;
    filled += literals;
    if (at === block.length) return filled;
    if (at + 2 > block.length) throw new Error("its LZ4 ends within an offset");
    const back = block[at] | block[at + 1] << 8;
    at += 2;
    const length = more(token & 15) + 4;
    if (back === 0 || back > filled || filled + length > out.length) {
      throw new Error("its LZ4 has a match outside of its bytes");
    }
    // A match may overlap with what it makes.
    for (let i = 0; i < length; i++, filled++) out[filled] = out[filled - back];
  }
  return filled;
}
