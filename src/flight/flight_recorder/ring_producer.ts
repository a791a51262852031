/**
 * The writing side of a ring.
 *
 * @module
 */
import type { EnqueueResult } from "./contract.ts";
import { FdrRingError } from "./errors.ts";
import { claimSide, newToken, releaseSide } from "./ring_guard.ts";
import {
  headPosition,
  openRing,
  type RingViews,
  SLOT_HEADER_BYTES,
  SLOTS_OFFSET,
  WORD,
} from "./ring_layout.ts";

const EPOCH_MASK = 2 ** 31 - 1;

/** One at a time for each ring; it may move to another thread when the former one has stopped. */
export class RingProducer {
  readonly #views: RingViews;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #capacity: number;
  readonly #token: number;
  /** The last known tail; it only advances, so the ring is at most as full as this says. */
  #tailSeen: number;
  #dropped = 0;

  constructor(ring: SharedArrayBuffer, options: { readonly guard?: boolean } = {}) {
    this.#views = openRing(ring);
    this.#words = this.#views.words;
    this.#bytes = this.#views.bytes;
    this.#capacity = this.#views.capacity;
    this.#tailSeen = Atomics.load(this.#words, WORD.tail);
    this.#token = options.guard ?? this.#views.guard ? newToken() : 0;
  }

  get producerId(): string {
    return this.#views.producerId;
  }

  get slotBytes(): number {
    return this.#views.slotBytes;
  }

  /** Records that this ring has accepted since it was made. */
  get produced(): number {
    return headPosition(this.#words) - this.#views.startPosition;
  }

  /** Records that this producer has evicted. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Share of the slots that hold a record, 0 to 1. */
  get fill(): number {
    const words = this.#words;
    const waiting = (Atomics.load(words, WORD.head) - Atomics.load(words, WORD.tail)) | 0;
    return Math.max(0, waiting) / this.#capacity;
  }

  /**
   * Copies the bytes into the next slot; in a full ring this evicts the oldest record.
   *
   * @throws FdrRingError when they are longer than a slot; then nothing is written.
   */
  push(bytes: Uint8Array): EnqueueResult {
    const length = bytes.length, words = this.#words, { strideBytes, slotBytes } = this.#views;
    if (length > slotBytes) {
      throw new FdrRingError(`${length} bytes do not fit its slots of ${slotBytes}`);
    }
    if (this.#token !== 0) claimSide(words, "producer", this.#token, this.producerId);
    const head = Atomics.load(words, WORD.head);
    const evicted = ((head - this.#tailSeen) | 0) >= this.#capacity && this.#makeRoom(head);
    const offset = SLOTS_OFFSET + (head & (this.#capacity - 1)) * strideBytes;
    words[offset >> 2] = length;
    this.#bytes.set(bytes, offset + SLOT_HEADER_BYTES);
    const next = (head + 1) | 0;
    if ((next & EPOCH_MASK) === 0) {
      Atomics.store(words, WORD.headEpoch, (headPosition(words) + 1) / 2 ** 31);
    }
    Atomics.store(words, WORD.head, next);
    return evicted ? "dropped_oldest" : "ok";
  }

  /** Releases the ring for the next producer, which the guard then accepts. */
  release(): void {
    if (this.#token !== 0) releaseSide(this.#words, "producer", this.#token);
  }

  /** Whether a record had to be evicted. */
  #makeRoom(head: number): boolean {
    let evicted = false;
    let tail = Atomics.load(this.#words, WORD.tail);
    while (((head - tail) | 0) >= this.#capacity) {
      const seen = Atomics.compareExchange(this.#words, WORD.tail, tail, (tail + 1) | 0);
      if (seen === tail) {
        this.#dropped++;
        evicted = true;
        tail = (tail + 1) | 0;
      } else {
        // The consumer took it first: there is space.
        tail = seen;
      }
    }
    this.#tailSeen = tail;
    return evicted;
  }
}
