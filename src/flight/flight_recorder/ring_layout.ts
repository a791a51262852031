/**
 * Layout of a ring in its shared memory.
 *
 * Positions count records from the creation of the ring; the low bits of a position give its slot,
 * and only the low 32 bits are in shared memory. The tail is moved only by compare-and-swap,
 * because two threads move it: the consumer that takes records, and the producer that evicts the
 * oldest. The gap between the position that the consumer expects and the tail is what was lost:
 * this gap is the overrun marker, so it is at the place of the lost records, takes no slot, and
 * cannot be evicted itself.
 *
 * @module
 */
import { FdrRingError, FdrRingGeometryError } from "./errors.ts";

export interface RingGeometry {
  /** Number of slots: a power of two. */
  readonly capacity: number;
  /** Longest record, bytes. */
  readonly slotBytes: number;
}

export interface RingOptions {
  /** Every producer and consumer of this ring claims its side; a second one throws. */
  readonly guard?: boolean;
  /** Position of the first record; tests begin close to the end of 32 bits. */
  readonly startPosition?: number;
}

/** Words of the header; words written by different threads are on different cache lines. */
export const WORD = {
  magic: 0,
  capacity: 1,
  slotBytes: 2,
  startPosition: 3,
  guard: 4,
  idBytes: 5,
  head: 32,
  /** Positions / 2³¹, so that a position is known beyond 32 bits. Written before the head. */
  headEpoch: 33,
  producerToken: 34,
  tail: 64,
  consumerToken: 96,
} as const;
/** In the header as float64: what the consumers of this ring have taken and reported so far. */
export const FLOAT = { taken: 50, reportedLost: 51 } as const;

const MAGIC = 0x46445231;
const ID_OFFSET = 512;
const ID_BYTES_MAX = 256;
/** Offset of slot 0. */
export const SLOTS_OFFSET = 1024;
/**
 * A slot begins with its record's length, and the record begins at a multiple of 8: copies between
 * shared and private memory go byte by byte where the two are not aligned alike (4 times slower).
 */
export const SLOT_HEADER_BYTES = 8;
const CAPACITY_MAX = 2 ** 24;
const HALF = 2 ** 31;

/** The views that both sides use. */
export interface RingViews {
  readonly producerId: string;
  readonly capacity: number;
  readonly slotBytes: number;
  /** Bytes from one slot to the next. */
  readonly strideBytes: number;
  /** Position of the first record, below 2³². */
  readonly startPosition: number;
  readonly guard: boolean;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly floats: Float64Array<SharedArrayBuffer>;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

/**
 * @throws FdrRingGeometryError when the capacity is not a power of two, or the slot size is not
 * valid.
 */
export function createRing(
  producerId: string,
  geometry: RingGeometry,
  options: RingOptions = {},
): SharedArrayBuffer {
  const { capacity, slotBytes } = geometry;
  if (!Number.isInteger(Math.log2(capacity)) || capacity < 2 || capacity > CAPACITY_MAX) {
    throw new FdrRingGeometryError(
      producerId,
      `its capacity ${capacity} is not a power of two from 2 to ${CAPACITY_MAX}`,
    );
  }
  if (!Number.isInteger(slotBytes) || slotBytes < 1) {
    throw new FdrRingGeometryError(producerId, `its slots of ${slotBytes} bytes hold nothing`);
  }
  const id = new TextEncoder().encode(producerId);
  if (id.length > ID_BYTES_MAX) {
    throw new FdrRingGeometryError(producerId, `its name is longer than ${ID_BYTES_MAX} bytes`);
  }
  const bytes = SLOTS_OFFSET + capacity * strideOf(slotBytes);
  const ring = new SharedArrayBuffer(bytes);
  new Uint8Array(ring, ID_OFFSET).set(id);
  const words = new Int32Array(ring);
  const start = (options.startPosition ?? 0) >>> 0;
  words[WORD.capacity] = capacity;
  words[WORD.slotBytes] = slotBytes;
  words[WORD.startPosition] = start;
  words[WORD.guard] = options.guard ? 1 : 0;
  words[WORD.idBytes] = id.length;
  words[WORD.head] = start;
  words[WORD.headEpoch] = start >>> 31;
  words[WORD.tail] = start;
  Atomics.store(words, WORD.magic, MAGIC);
  return ring;
}

/** @throws FdrRingError when the memory is not a ring. */
export function openRing(ring: SharedArrayBuffer): RingViews {
  if (!(ring instanceof SharedArrayBuffer) || ring.byteLength < SLOTS_OFFSET) {
    throw new FdrRingError("it is not shared memory of the size of a ring");
  }
  const words = new Int32Array(ring);
  if (Atomics.load(words, WORD.magic) !== MAGIC) {
    throw new FdrRingError(
      "it does not begin with the header of a ring; create it with createRing()",
    );
  }
  const capacity = words[WORD.capacity], slotBytes = words[WORD.slotBytes];
  const strideBytes = strideOf(slotBytes);
  if (ring.byteLength !== SLOTS_OFFSET + capacity * strideBytes) {
    throw new FdrRingError(`${ring.byteLength} bytes do not hold ${capacity} slots and a header`);
  }
  return {
    // A copy: TextDecoder does not accept shared memory.
    producerId: new TextDecoder().decode(
      new Uint8Array(ring, ID_OFFSET, words[WORD.idBytes]).slice(),
    ),
    capacity,
    slotBytes,
    strideBytes,
    startPosition: words[WORD.startPosition] >>> 0,
    guard: words[WORD.guard] === 1,
    words,
    floats: new Float64Array(ring, 0, SLOTS_OFFSET / 8),
    bytes: new Uint8Array(ring),
  };
}

/** Position after the newest record. */
export function headPosition(words: Int32Array): number {
  const head = Atomics.load(words, WORD.head);
  let epoch = Atomics.load(words, WORD.headEpoch);
  // The epoch is written first: it may be one ahead of the head that was just read, never behind.
  if ((epoch & 1) !== head >>> 31) epoch--;
  return epoch * HALF + (head & (HALF - 1));
}

/** Position of the oldest record, exact at the moment of reading. */
export function tailPosition(words: Int32Array): number {
  const tail = Atomics.load(words, WORD.tail);
  const head = headPosition(words);
  return head - (((head | 0) - tail) >>> 0);
}

function strideOf(slotBytes: number): number {
  return SLOT_HEADER_BYTES + Math.ceil(slotBytes / 8) * 8;
}
