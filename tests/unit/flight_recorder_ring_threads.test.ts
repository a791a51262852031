/**
 * Rings between real threads: no record is torn, duplicated, out of order, or lost without being counted.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Random, seededRandom } from "../../src/core/mod.ts";
import { createRing, RingConsumer } from "../../src/flight/flight_recorder/ring.ts";
import type { ProducerTask } from "../support/ring_producer_worker.ts";
import { idOf } from "../support/ring_records.ts";

const SEED = Deno.env.get("GDN_TEST_SEED") ?? "1";

interface Ended {
  readonly produced: number;
  readonly dropped: number;
}

/** Checks what comes out of one ring. */
class Reader {
  readonly consumer: RingConsumer;
  readonly #slotBytes: number;
  drained = 0;
  lost = 0;
  /** Drains that gave nothing although something was there. */
  starved = 0;
  #expected = 0;

  constructor(ring: SharedArrayBuffer, slotBytes: number) {
    this.consumer = new RingConsumer(ring);
    this.#slotBytes = slotBytes;
  }

  drain(limit: number): number {
    const waiting = this.consumer.pending;
    const count = this.consumer.drain(limit, (bytes, overrun) => {
      if (overrun > 0) {
        this.lost += overrun;
        this.#expected += overrun;
        return;
      }
      const id = idOf(bytes, this.#slotBytes);
      if (id !== this.#expected) throw new Error(`record ${id} came, not ${this.#expected}`);
      this.#expected++;
      this.drained++;
    });
    if (waiting > 0 && count === 0) this.starved++;
    return count;
  }
}

interface Scene {
  readonly capacity: number;
  readonly slotBytes: number;
  readonly records: number;
  readonly pauseEvery: number;
  readonly producers: number;
  /** What the consumer does between two drains. */
  readonly stall: (random: Random) => void;
}

const nothing = new Int32Array(new SharedArrayBuffer(4));
const sleepMs = (ms: number) => Atomics.wait(nothing, 0, 0, ms);

async function run(scene: Scene, seed: string): Promise<Reader[]> {
  const { stall, ...task } = scene;
  const { capacity, slotBytes, records } = task;
  const random = seededRandom(seed);
  const flags = new SharedArrayBuffer(8), words = new Int32Array(flags);
  const threads = Array.from({ length: scene.producers }, (_, index) => {
    // Positions leave 32 bits on the way.
    const startPosition = 2 ** 32 - Math.floor(random.uniform() * records);
    const ring = createRing(`p${index}`, { capacity, slotBytes }, { startPosition });
    const worker = new Worker(new URL("../support/ring_producer_worker.ts", import.meta.url), {
      type: "module",
    });
    const said: unknown[] = [];
    let hear = () => {};
    worker.onmessage = ({ data }) => {
      said.push(data);
      hear();
    };
    const heard = async (count: number) => {
      while (said.length < count) await new Promise<void>((resolve) => hear = resolve);
      return said[count - 1];
    };
    worker.postMessage({ ring, flags, seed: `${seed}/${index}`, ...task } satisfies ProducerTask);
    return { worker, heard, reader: new Reader(ring, slotBytes) };
  });
  try {
    for (const { heard } of threads) await heard(1);
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
    while (Atomics.load(words, 1) < scene.producers) {
      for (const { reader } of threads) reader.drain(1 + Math.floor(random.uniform() * 400));
      stall(random);
    }
    for (const { reader, heard } of threads) {
      while (reader.drain(1000) > 0);
      const ended = await heard(2) as Ended;
      assert.equal(ended.produced, records);
      assert.equal(reader.drained + reader.lost, records, "produced = drained + dropped");
      assert.equal(reader.lost, ended.dropped, "markers say what the producer evicted");
      assert.deepEqual(reader.consumer.totals(), ended);
      assert.equal(reader.consumer.pending, 0);
      // With two slots, each copy is evicted before it is claimed now and then; with more, only while
      // a busy machine holds up the reader between the two.
      const few = capacity > 2 ? reader.drained / 100 : Infinity;
      assert.ok(reader.starved <= few, `${reader.starved} drains gave nothing`);
    }
  } finally {
    for (const { worker } of threads) worker.terminate();
  }
  return threads.map(({ reader }) => reader);
}

const scenes: Readonly<Record<string, Scene>> = {
  "that stalls now and then": {
    capacity: 64,
    slotBytes: 100,
    records: 300_000,
    pauseEvery: 2000,
    producers: 2,
    stall: (random) => random.uniform() < 0.01 && sleepMs(random.uniform()),
  },
  "that is always behind, at slots that are copied one by one": {
    capacity: 16,
    slotBytes: 1200,
    records: 400_000,
    pauseEvery: 0,
    producers: 1,
    stall: () => {},
  },
  "of the smallest ring there is": {
    capacity: 2,
    slotBytes: 24,
    records: 500_000,
    pauseEvery: 0,
    producers: 1,
    stall: () => {},
  },
};

for (const [name, scene] of Object.entries(scenes)) {
  Deno.test(`nothing is torn or lost unreported with a consumer ${name} (seed ${SEED})`, async () => {
    const readers = await run(scene, SEED);
    for (const reader of readers) assert.ok(reader.drained > 0);
  });
}

Deno.test(`a producer that evicts all the time does not starve its consumer (seed ${SEED})`, async () => {
  const scene = {
    capacity: 1024,
    slotBytes: 256,
    records: 1_000_000,
    pauseEvery: 0,
    producers: 1,
    // A burst whenever the ring has been overrun: every claim races with evictions.
    stall: () => sleepMs(1),
  };
  const [reader] = await run(scene, SEED);
  assert.ok(
    reader.lost > scene.records / 4,
    `only ${reader.lost} were lost: the ring was not full`,
  );
  assert.ok(reader.drained > scene.capacity, `only ${reader.drained} came out`);
});
