import assert from "node:assert/strict";
import {
  FdrRingError,
  FdrRingGeometryError,
  FdrSpscViolationError,
} from "../../src/flight/flight_recorder/mod.ts";
import { SLOTS_OFFSET } from "../../src/flight/flight_recorder/ring_layout.ts";
import {
  createRing,
  RingConsumer,
  type RingOptions,
  RingProducer,
} from "../../src/flight/flight_recorder/ring.ts";
import { fc } from "../support/properties.ts";

/** Records of 1 byte and more; a marker says how many were lost where it stands. */
type Seen = { readonly record: readonly number[] } | { readonly lost: number };

/** The ring as a plain array: the oldest record goes for a new one, and the marker stands in front. */
class ModelRing {
  readonly #capacity: number;
  #records: number[][] = [];
  #lost = 0;
  produced = 0;
  dropped = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(record: readonly number[]): string {
    this.produced++;
    const full = this.#records.length === this.#capacity;
    if (full) {
      this.#records.shift();
      this.#lost++;
      this.dropped++;
    }
    this.#records.push([...record]);
    return full ? "dropped_oldest" : "ok";
  }

  drain(limit: number): Seen[] {
    const taken = this.#records.splice(0, limit);
    if (taken.length === 0) return [];
    const marker: Seen[] = this.#lost > 0 ? [{ lost: this.#lost }] : [];
    this.#lost = 0;
    return [...marker, ...taken.map((record) => ({ record }))];
  }

  get pending(): number {
    return this.#records.length;
  }
}

function drainAll(consumer: RingConsumer, limit: number): Seen[] {
  const seen: Seen[] = [];
  const count = consumer.drain(limit, (bytes, overrun) => {
    if (overrun > 0) assert.equal(bytes.length, 0, "a marker has no bytes");
    seen.push(overrun > 0 ? { lost: overrun } : { record: [...bytes] });
  });
  assert.equal(count, seen.filter((each) => "record" in each).length);
  return seen;
}

interface RingCase {
  readonly capacity: number;
  readonly slotBytes: number;
  /** Records that are pushed, by their lengths, then how many are drained. */
  readonly steps: readonly { readonly lengths: readonly number[]; readonly limit: number }[];
}

/** Slots on both sides of the length up to which they are copied many at once. */
const RING_CASE: fc.Arbitrary<RingCase> = fc.tuple(
  fc.constantFrom(2, 4, 8, 16, 32, 64),
  fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(1500)),
).chain(([capacity, slotBytes]) => {
  const length = fc.integer({ min: 1, max: slotBytes });
  const step = fc.record({
    lengths: fc.array(length, { maxLength: 2 * capacity, size: "max" }),
    limit: fc.nat(capacity + 1),
  });
  return fc.array(step, { maxLength: 40 }).map((steps) => ({ capacity, slotBytes, steps }));
});

function runAgainstModel({ capacity, slotBytes, steps }: RingCase, options: RingOptions): void {
  const ring = createRing("model", { capacity, slotBytes }, options);
  const producer = new RingProducer(ring), consumer = new RingConsumer(ring);
  const model = new ModelRing(capacity);
  for (const { lengths, limit } of steps) {
    for (const length of lengths) {
      const record = Uint8Array.from({ length }, (_, i) => model.produced + i);
      assert.equal(producer.push(record), model.push([...record]));
      record.fill(0);
    }
    assert.deepEqual(drainAll(consumer, limit), model.drain(limit));
    assert.equal(consumer.pending, model.pending);
    const { produced, dropped } = model;
    assert.deepEqual(consumer.totals(), { produced, dropped });
    assert.deepEqual([producer.produced, producer.dropped], [produced, dropped]);
  }
}

Deno.test("a ring behaves like an array that loses its oldest records", () => {
  fc.assert(fc.property(RING_CASE, (ring) => runAgainstModel(ring, {})), { numRuns: 100 });
});

Deno.test("a ring behaves so where its positions leave 31 and 32 bits", () => {
  const edges = fc.constantFrom(2 ** 31, 2 ** 32);
  const law = fc.property(RING_CASE, edges, fc.nat(299), (ring, edge, before) => {
    runAgainstModel(ring, { startPosition: edge - before });
  });
  fc.assert(law, { numRuns: 100 });
});

Deno.test("a ring keeps empty records apart from markers", () => {
  const ring = createRing("empty", { capacity: 2, slotBytes: 8 });
  const producer = new RingProducer(ring);
  for (const length of [0, 3, 0]) producer.push(new Uint8Array(length));
  assert.deepEqual(drainAll(new RingConsumer(ring), 9), [
    { lost: 1 },
    { record: [0, 0, 0] },
    { record: [] },
  ]);
});

Deno.test("push() refuses what is longer than a slot, and evicts nothing for it", () => {
  const ring = createRing("long", { capacity: 2, slotBytes: 5 });
  const producer = new RingProducer(ring);
  producer.push(Uint8Array.of(1));
  producer.push(Uint8Array.of(2));
  assert.throws(() => producer.push(new Uint8Array(6)), FdrRingError);
  assert.equal(producer.produced, 2);
  assert.deepEqual(drainAll(new RingConsumer(ring), 9), [{ record: [1] }, { record: [2] }]);
});

Deno.test("drain() continues behind the record whose visitor threw; none is lost", () => {
  const ring = createRing("throwing", { capacity: 8, slotBytes: 8 });
  const producer = new RingProducer(ring), consumer = new RingConsumer(ring);
  for (let i = 0; i < 12; i++) producer.push(Uint8Array.of(i));
  const seen: number[] = [];
  const visit = (bytes: Uint8Array, overrun: number) => {
    seen.push(overrun > 0 ? -overrun : bytes[0]);
    if (seen.length === 1 || bytes[0] === 6) throw new Error("of the visitor");
  };
  assert.throws(() => consumer.drain(100, visit), /of the visitor/);
  assert.throws(() => consumer.drain(100, visit), /of the visitor/);
  assert.equal(consumer.pending, 5);
  producer.push(Uint8Array.of(12));
  assert.equal(consumer.drain(100, visit), 6);
  assert.deepEqual(seen, [-4, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assert.deepEqual(consumer.totals(), { produced: 13, dropped: 4 });
});

Deno.test("a second consumer continues where the first one ended", () => {
  const ring = createRing("handed over", { capacity: 4, slotBytes: 8 });
  const producer = new RingProducer(ring);
  const first = new RingConsumer(ring);
  for (let i = 0; i < 6; i++) producer.push(Uint8Array.of(i));
  assert.deepEqual(drainAll(first, 1), [{ lost: 2 }, { record: [2] }]);
  for (let i = 6; i < 9; i++) producer.push(Uint8Array.of(i));
  assert.deepEqual(drainAll(new RingConsumer(ring), 1), [{ lost: 2 }, { record: [5] }]);
});

Deno.test("a producer continues where the former one ended", () => {
  const ring = createRing("handed over", { capacity: 4, slotBytes: 8 });
  const first = new RingProducer(ring), second = new RingProducer(ring);
  for (let i = 0; i < 3; i++) first.push(Uint8Array.of(i));
  for (let i = 3; i < 6; i++) second.push(Uint8Array.of(i));
  first.push(Uint8Array.of(6));
  assert.deepEqual(
    drainAll(new RingConsumer(ring), 9),
    [{ lost: 3 }, ...[3, 4, 5, 6].map((id) => ({ record: [id] }))],
  );
});

Deno.test("a torn length neither throws nor leaves the slot", () => {
  for (const slotBytes of [16, 2000]) {
    for (const length of [-1, 2 ** 31 - 1, slotBytes + 1]) {
      const ring = createRing("torn", { capacity: 2, slotBytes });
      const producer = new RingProducer(ring);
      for (const id of [1, 2]) producer.push(Uint8Array.of(id));
      new Int32Array(ring)[SLOTS_OFFSET / 4] = length;
      const lengths: number[] = [];
      new RingConsumer(ring).drain(2, (bytes) => lengths.push(bytes.length));
      assert.deepEqual(lengths, [slotBytes, 1]);
    }
  }
});

Deno.test("the guard throws for a second producer and a second consumer, until the first releases the ring", () => {
  const ring = createRing("guarded", { capacity: 4, slotBytes: 8 }, { guard: true });
  const one = new RingProducer(ring), other = new RingProducer(ring);
  one.push(Uint8Array.of(1));
  assert.throws(() => other.push(Uint8Array.of(2)), FdrSpscViolationError);
  one.push(Uint8Array.of(3));
  one.release();
  other.push(Uint8Array.of(4));
  assert.throws(() => one.push(Uint8Array.of(5)), /another producer/);
  const reader = new RingConsumer(ring), intruder = new RingConsumer(ring);
  assert.equal(reader.drain(1, () => {}), 1);
  assert.throws(() => intruder.drain(1, () => {}), /another consumer/);
  reader.release();
  assert.deepEqual(drainAll(intruder, 9), [{ record: [3] }, { record: [4] }]);
});

Deno.test("the guard is off unless asked for, and can be asked for on one side", () => {
  const ring = createRing("open", { capacity: 4, slotBytes: 8 });
  new RingProducer(ring).push(Uint8Array.of(1));
  new RingProducer(ring).push(Uint8Array.of(2));
  new RingProducer(ring, { guard: true }).push(Uint8Array.of(3));
  assert.throws(
    () => new RingProducer(ring, { guard: true }).push(Uint8Array.of(4)),
    FdrSpscViolationError,
  );
});

Deno.test("createRing() refuses an invalid geometry", () => {
  for (const capacity of [0, 1, 3, 100, -4, 2.5, NaN, 2 ** 25]) {
    assert.throws(() => createRing("x", { capacity, slotBytes: 8 }), FdrRingGeometryError);
  }
  for (const slotBytes of [0, -1, 1.5, NaN]) {
    assert.throws(() => createRing("x", { capacity: 4, slotBytes }), FdrRingGeometryError);
  }
  assert.throws(
    () => createRing("x".repeat(300), { capacity: 4, slotBytes: 8 }),
    FdrRingGeometryError,
  );
});

Deno.test("memory that is not a ring is refused by both sides", () => {
  const cut = createRing("cut", { capacity: 4, slotBytes: 8 }).slice(0, 1040);
  for (const memory of [new SharedArrayBuffer(8), new SharedArrayBuffer(4096), cut]) {
    assert.throws(() => new RingProducer(memory), FdrRingError);
    assert.throws(() => new RingConsumer(memory), FdrRingError);
  }
  assert.throws(() => new RingConsumer({} as SharedArrayBuffer), FdrRingError);
});

Deno.test("a ring carries its producer's name, whatever its letters", () => {
  const ring = createRing("zähler", { capacity: 2, slotBytes: 1 });
  assert.equal(new RingConsumer(ring).producerId, "zähler");
  assert.equal(new RingProducer(ring).producerId, "zähler");
});
