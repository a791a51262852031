/**
 * Encodes the directories of a PMTiles file: entries as columns of varints, gzipped; leaf
 * directories when one does not fit into the first 16 KiB of the file.
 *
 * @module
 */
import { gzipSync } from "node:zlib";

export const HEADER_BYTES = 127;
/** Header and root directory are in the first 16 KiB, so that one request reads both. */
const ROOT_BYTES_MAX = 16_384 - HEADER_BYTES;
const LEAF_ENTRIES_MIN = 4096;

/**
 * Entries in the order of their tile ids, as columns: millions of objects would take too much
 * memory.
 */
export interface Entries {
  readonly count: number;
  readonly tileIds: Float64Array;
  readonly runLengths: Uint32Array;
  readonly lengths: Uint32Array;
  /** Offset from the beginning of the tile data. */
  readonly offsets: Float64Array;
}

interface Directories {
  readonly root: Uint8Array;
  /** All leaves one after the other; empty when the root holds all entries. */
  readonly leaves: Uint8Array;
}

export function makeDirectories(entries: Entries): Directories {
  const alone = serialise(entries, 0, entries.count);
  if (alone.length <= ROOT_BYTES_MAX) return { root: alone, leaves: new Uint8Array() };
  for (let size = LEAF_ENTRIES_MIN;; size = Math.ceil(size * 1.5)) {
    const made = withLeaves(entries, size);
    if (made.root.length <= ROOT_BYTES_MAX) return made;
  }
}

function withLeaves(entries: Entries, size: number): Directories {
  const count = Math.ceil(entries.count / size);
  const root = {
    count,
    tileIds: new Float64Array(count),
    runLengths: new Uint32Array(count), // 0 says: a leaf
    lengths: new Uint32Array(count),
    offsets: new Float64Array(count),
  };
  const leaves: Uint8Array[] = [];
  let offset = 0;
  for (let i = 0; i < count; i++) {
    const leaf = serialise(entries, i * size, Math.min(entries.count, (i + 1) * size));
    root.tileIds[i] = entries.tileIds[i * size];
    root.lengths[i] = leaf.length;
    root.offsets[i] = offset;
    offset += leaf.length;
    leaves.push(leaf);
  }
  return { root: serialise(root, 0, count), leaves: joined(leaves, offset) };
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Entries `from` (inclusive) to `before` (exclusive), gzipped. */
function serialise(entries: Entries, from: number, to: number): Uint8Array {
  const { tileIds, runLengths, lengths, offsets } = entries;
  const out = new VarintWriter(8 * (to - from) + 16);
  out.write(to - from);
  for (let i = from; i < to; i++) out.write(tileIds[i] - (i === from ? 0 : tileIds[i - 1]));
  for (let i = from; i < to; i++) out.write(runLengths[i]);
  for (let i = from; i < to; i++) out.write(lengths[i]);
  for (let i = from; i < to; i++) {
    const follows = i > from && offsets[i] === offsets[i - 1] + lengths[i - 1];
    out.write(follows ? 0 : offsets[i] + 1);
  }
  return gzipSync(out.bytes(), { level: 9 });
}

class VarintWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  write(value: number): void {
    if (this.#length + 10 > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length + 10);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    while (value >= 0x80) {
      this.#bytes[this.#length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.#bytes[this.#length++] = value;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
