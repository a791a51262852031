/**
 * The reading side of a ring.
 *
 * The producer may evict the oldest records at any time. So records are copied first, and claimed by
 * compare-and-swap on the tail after that. When the swap fails, the copies before the new tail are
 * void (and may be torn), those behind it are good: nobody writes to a slot before the tail has
 * passed it. The swap is tried again for what is left, without copying again; hence a producer that
 * evicts all the time cannot starve the consumer.
 *
 * @module
 */
import { FdrRingError } from "./errors.ts";
import { claimSide, newToken, releaseSide } from "./ring_guard.ts";
import {
  FLOAT,
  headPosition,
  LENGTH_BYTES,
  openRing,
  type RingViews,
  tailPosition,
  WORD,
} from "./ring_layout.ts";

/** Records claimed at once, and what their copies take at most, if one record takes no more. */
const BATCH_MAX = 256;
const ARENA_BYTES = 128 * 1024;
/** Of claims that void all copies; the next drain goes on. */
const ATTEMPTS_MAX = 64;

/** Bytes of one record, or none and a number of records that were lost where it stands. */
export type RingVisitor = (bytes: Uint8Array, overrun: number) => void;

const NOTHING = new Uint8Array(0);

/** One at a time per ring. */
export class RingConsumer {
  readonly producerId: string;
  readonly #views: RingViews;
  readonly #words: Int32Array;
  readonly #token: number;
  /** Private copies of what was claimed last, and where each of them ends. */
  readonly #arena: Uint8Array;
  readonly #ends = new Int32Array(BATCH_MAX);
  /** Of the copies: the first that was not visited, and the end. */
  #next = 0;
  #end = 0;
  #lostBeforeNext = 0;

  constructor(ring: SharedArrayBuffer, options: { readonly guard?: boolean } = {}) {
    this.#views = openRing(ring);
    this.#words = this.#views.words;
    this.producerId = this.#views.producerId;
    this.#token = options.guard ?? this.#views.guard ? newToken() : 0;
    this.#arena = new Uint8Array(Math.max(ARENA_BYTES, this.#views.slotBytes));
  }

  /** Records that wait, without the lost ones. */
  get pending(): number {
    const waiting = headPosition(this.#words) - tailPosition(this.#words);
    return Math.max(0, waiting) + this.#end - this.#next;
  }

  /**
   * Takes up to `limit` records, oldest first, each copied into private memory before the visitor
   * sees it; the bytes are the visitor's until it returns. Where records were lost, the visitor is
   * first told how many (`overrun`, with no bytes); such a marker does not count towards the limit.
   * When a visitor throws, the next drain goes on with the record behind it. Gives how many records
   * were visited.
   */
  drain(limit: number, visit: RingVisitor): number {
    if (this.#token !== 0) claimSide(this.#words, "consumer", this.#token, this.producerId);
    let visited = 0;
    while (visited < limit) {
      if (this.#next === this.#end && !this.#claim(Math.min(limit - visited, BATCH_MAX))) break;
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

  /** Since the ring was made; a record that waits is neither drained nor dropped. */
  totals(): { readonly produced: number; readonly dropped: number } {
    const passed = tailPosition(this.#words) - this.#views.startPosition;
    return {
      produced: headPosition(this.#words) - this.#views.startPosition,
      dropped: passed - this.#views.floats[FLOAT.taken],
    };
  }

  /** Gives the ring to the next consumer; with the guard, it is told from a second one by this. */
  release(): void {
    if (this.#token !== 0) releaseSide(this.#words, "consumer", this.#token);
  }

  #visit(count: number, visit: RingVisitor): void {
    const end = this.#next + count;
    let from = this.#next === 0 ? 0 : this.#ends[this.#next - 1];
    for (let index = this.#next; index < end; index++) {
      const to = this.#ends[index];
      this.#next = index + 1;
      visit(this.#arena.subarray(from, to), 0);
      from = to;
    }
  }

  /** Copies and claims up to `limit` records into the arena; false when there are none. */
  #claim(limit: number): boolean {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      let tail = Atomics.load(this.#words, WORD.tail);
      const waiting = (Atomics.load(this.#words, WORD.head) - tail) | 0;
      if (waiting <= 0) return false;
      const count = this.#copy(tail, Math.min(limit, waiting));
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

  /** Copies slots from `tail` on while the arena has room; gives how many. */
  #copy(tail: number, limit: number): number {
    const { bytes, slotsOffset, strideBytes, slotBytes, capacity } = this.#views;
    const ends = this.#ends, arena = this.#arena;
    let to = 0, count = 0;
    for (; count < limit; count++) {
      const slot = slotsOffset + ((tail + count) & (capacity - 1)) * strideBytes;
      // May be torn; the claim fails then. It must only keep within the slot and the arena.
      const length = Math.min(this.#words[slot >> 2] >>> 0, slotBytes);
      if (to + length > arena.length) break;
      const from = slot + LENGTH_BYTES;
      arena.set(bytes.subarray(from, from + length), to);
      ends[count] = to += length;
    }
    return count;
  }

  #claimed(first: number, count: number, end: number): void {
    const { floats, startPosition } = this.#views;
    const expected = startPosition + floats[FLOAT.taken] + floats[FLOAT.reportedLost];
    // How far the claim went beyond what was expected, in 53 bits: it ends at most at the head.
    const head = headPosition(this.#words);
    const claimEnd = head - (((head | 0) - end) >>> 0);
    const taken = count - first;
    const lost = claimEnd - taken - expected;
    if (lost < 0) throw new FdrRingError("its tail went back: somebody else drains it too");
    floats[FLOAT.taken] += taken;
    floats[FLOAT.reportedLost] += lost;
    this.#lostBeforeNext = lost;
    this.#next = first;
    this.#end = count;
  }
}
