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
  openRing,
  type RingViews,
  SLOT_HEADER_BYTES,
  SLOTS_OFFSET,
  tailPosition,
  WORD,
} from "./ring_layout.ts";

/** Records claimed at once, and what their copies take at most, if one slot takes no more. */
const BATCH_MAX = 256;
const ARENA_BYTES = 128 * 1024;
/** Slots up to this are copied many at once, whole: that takes less time than to look at each. */
const BULK_STRIDE_MAX = 1024;
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
  /** Private copies of the slots that were claimed last, headers included. */
  readonly #arena: Uint8Array;
  readonly #arenaWords: Int32Array;
  readonly #batchMax: number;
  /** What the visitor was last shown of each place in the arena: often the next one is as long. */
  readonly #shown: Uint8Array[];
  /** Of the copies: the first that was not visited, and the end. */
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

  /** Since the ring was made; a record that waits is neither drained nor dropped. */
  totals(): { readonly produced: number; readonly dropped: number } {
    const passed = tailPosition(this.#words) - this.#views.startPosition;
    return {
      produced: headPosition(this.#words) - this.#views.startPosition,
      dropped: passed - this.#views.floats[FLOAT.taken],
    };
  }

  /** Lost records that no visitor was told of; the next record brings their marker. */
  get untold(): number {
    return this.totals().dropped - this.#views.floats[FLOAT.reportedLost] + this.#lostBeforeNext;
  }

  /** Gives the ring to the next consumer; with the guard, it is told from a second one by this. */
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

  /** Copies slots from `tail` on; they may be torn, or of later records: the claim fails then. */
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
      // A length may be torn as well: it must only keep within the slot.
      const length = Math.min(this.#words[from >> 2] >>> 0, slotBytes);
      this.#arenaWords[to >> 2] = length;
      const record = from + SLOT_HEADER_BYTES;
      arena.set(bytes.subarray(record, record + length), to + SLOT_HEADER_BYTES);
    }
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
