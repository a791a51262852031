/**
 * The reading side of a ring.
 *
 * The producer may evict the oldest records at any time. So records are copied first, and then
 * claimed by compare-and-swap on the tail. When the swap fails, the copies before the new tail are
 * invalid (and may be torn), those behind it are valid: a slot is not overwritten before the tail
 * has passed it. The swap is retried for the rest without copying again; hence a producer that
 * evicts continuously cannot starve the consumer.
 *
 * @module
 */
import { FdrRingError } from "./errors.ts";
import { claimSide, newToken, releaseSide } from "./ring_guard.ts";
import {
  FLOAT,
  headPosition,
  openRing,
  type RingViews,
  SLOT_HEADER_BYTES,
  SLOTS_OFFSET,
  tailPosition,
  WORD,
} from "./ring_layout.ts";

/** Records claimed at once, and the largest size of their copies, unless one slot takes more. */
const BATCH_MAX = 256;
const ARENA_BYTES = 128 * 1024;
/**
 * Slots up to this size are copied whole, many at once: that is faster than reading each length.
 */
const BULK_STRIDE_MAX = 1024;
/** Number of claims in a row that may invalidate all copies; the next drain continues. */
const ATTEMPTS_MAX = 64;

/** Bytes of one record, or no bytes and the number of records that were lost at this place. */
export type RingVisitor = (bytes: Uint8Array, overrun: number) => void;

const NOTHING = new Uint8Array(0);

/** One at a time for each ring. */
export class RingConsumer {
  readonly producerId: string;
  readonly #views: RingViews;
  readonly #words: Int32Array;
  readonly #token: number;
  /** Private copies of the slots that were claimed last, headers included. */
  readonly #arena: Uint8Array;
  readonly #arenaWords: Int32Array;
  readonly #batchMax: number;
  /**
   * The views last given to the visitor for each place in the arena: the next record often has the
   * same length.
   */
  readonly #shown: Uint8Array[];
  /** In the copies: the first that was not visited, and the end. */
  #next = 0;
  #end = 0;
  #lostBeforeNext = 0;

  constructor(ring: SharedArrayBuffer, options: { readonly guard?: boolean } = {}) {
    this.#views = openRing(ring);
    this.#words = this.#views.words;
    this.producerId = this.#views.producerId;
    this.#token = options.guard ?? this.#views.guard ? newToken() : 0;
    const { strideBytes } = this.#views;
    this.#batchMax = Math.max(1, Math.min(BATCH_MAX, Math.floor(ARENA_BYTES / strideBytes)));
    this.#arena = new Uint8Array(this.#batchMax * strideBytes);
    this.#arenaWords = new Int32Array(this.#arena.buffer);
    this.#shown = new Array(this.#batchMax).fill(NOTHING);
  }

  /** Records that wait, without lost ones. */
  get pending(): number {
    const waiting = headPosition(this.#words) - tailPosition(this.#words);
    return Math.max(0, waiting) + this.#end - this.#next;
  }

  /**
   * Takes up to `limit` records, oldest first, each copied into private memory before the visitor
   * sees it; the bytes are valid until the visitor returns. Where records were lost, the visitor is
   * first given their number (`overrun`, with no bytes); such a marker does not count towards the
   * limit. When a visitor throws, the next drain continues with the following record. Returns the
   * number of records visited.
   */
  drain(limit: number, visit: RingVisitor): number {
    if (this.#token !== 0) claimSide(this.#words, "consumer", this.#token, this.producerId);
    let visited = 0;
    while (visited < limit) {
      if (this.#next === this.#end && !this.#claim(Math.min(limit - visited, this.#batchMax))) {
        break;
      }
      if (this.#lostBeforeNext > 0) {
        const lost = this.#lostBeforeNext;
        this.#lostBeforeNext = 0;
        visit(NOTHING, lost);
      }
      const count = Math.min(this.#end - this.#next, limit - visited);
      this.#visit(count, visit);
      visited += count;
    }
    return visited;
  }

  /** Since the ring was made; a waiting record is neither drained nor dropped. */
  totals(): { readonly produced: number; readonly dropped: number } {
    const passed = tailPosition(this.#words) - this.#views.startPosition;
    return {
      produced: headPosition(this.#words) - this.#views.startPosition,
      dropped: passed - this.#views.floats[FLOAT.taken],
    };
  }

  /** Lost records that were not passed to a visitor yet; the next record brings their marker. */
  get unreported(): number {
    return this.totals().dropped - this.#views.floats[FLOAT.reportedLost] + this.#lostBeforeNext;
  }

  /** Releases the ring for the next consumer, which the guard then accepts. */
  release(): void {
    if (this.#token !== 0) releaseSide(this.#words, "consumer", this.#token);
  }

  #visit(count: number, visit: RingVisitor): void {
    for (const end = this.#next + count; this.#next < end;) {
      visit(this.#recordAt(this.#next++), 0);
    }
  }

  #recordAt(index: number): Uint8Array {
    const offset = index * this.#views.strideBytes;
    const length = Math.min(this.#arenaWords[offset >> 2] >>> 0, this.#views.slotBytes);
    const shown = this.#shown[index];
    if (shown.length === length) return shown;
    const from = offset + SLOT_HEADER_BYTES;
    return this.#shown[index] = this.#arena.subarray(from, from + length);
  }

  /** Copies and claims up to `limit` records into the arena; false when there are none. */
  #claim(limit: number): boolean {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      let tail = Atomics.load(this.#words, WORD.tail);
      const waiting = (Atomics.load(this.#words, WORD.head) - tail) | 0;
      if (waiting <= 0) return false;
      const count = Math.min(limit, waiting, this.#views.capacity);
      this.#copy(tail, count);
      const end = (tail + count) | 0;
      for (let left = count; left > 0; left = (end - tail) | 0) {
        const seen = Atomics.compareExchange(this.#words, WORD.tail, tail, end);
        if (seen === tail) {
          this.#claimed(count - left, count, end);
          return true;
        }
        tail = seen;
      }
      // All were evicted while they were copied: fewer take less time.
      limit = Math.max(1, limit >> 1);
    }
    return false;
  }

  /**
   * Copies slots from `tail` on; they may be torn, or overwritten by later records: then the claim
   * fails.
   */
  #copy(tail: number, count: number): void {
    const { bytes, strideBytes, slotBytes, capacity } = this.#views;
    const arena = this.#arena, mask = capacity - 1;
    if (strideBytes <= BULK_STRIDE_MAX) {
      const first = tail & mask;
      const straight = Math.min(count, capacity - first);
      const from = SLOTS_OFFSET + first * strideBytes;
      arena.set(bytes.subarray(from, from + straight * strideBytes));
      if (straight === count) return;
      const rest = (count - straight) * strideBytes;
      arena.set(bytes.subarray(SLOTS_OFFSET, SLOTS_OFFSET + rest), straight * strideBytes);
      return;
    }
    for (let index = 0, to = 0; index < count; index++, to += strideBytes) {
      const from = SLOTS_OFFSET + ((tail + index) & mask) * strideBytes;
      // A length may be torn as well: it is only limited to the slot.
      const length = Math.min(this.#words[from >> 2] >>> 0, slotBytes);
      this.#arenaWords[to >> 2] = length;
      const record = from + SLOT_HEADER_BYTES;
      arena.set(bytes.subarray(record, record + length), to + SLOT_HEADER_BYTES);
    }
  }

  #claimed(first: number, count: number, end: number): void {
    const { floats, startPosition } = this.#views;
    const expected = startPosition + floats[FLOAT.taken] + floats[FLOAT.reportedLost];
    // How far the claim went beyond the expected position, in 53 bits: it ends at the head at most.
    const head = headPosition(this.#words);
    const claimEnd = head - (((head | 0) - end) >>> 0);
    const taken = count - first;
    const lost = claimEnd - taken - expected;
    if (lost < 0) throw new FdrRingError("its tail went back: another consumer drains it too");
    floats[FLOAT.taken] += taken;
    floats[FLOAT.reportedLost] += lost;
    this.#lostBeforeNext = lost;
    this.#next = first;
    this.#end = count;
  }
}
