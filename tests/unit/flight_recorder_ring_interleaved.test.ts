/**
 * The two sides of a ring interleaved on one thread: at every atomic operation of the one, the other
 * may take its turn. So the races that real threads meet once in a million are met every time.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Random } from "../../src/core/mod.ts";
import { createRing, RingConsumer, RingProducer } from "../../src/flight/flight_recorder/ring.ts";
import { property } from "../support/properties.ts";
import { idOf, recordOf } from "../support/ring_records.ts";

const OPERATIONS = ["load", "store", "compareExchange"] as const;

/** Calls `turn` before every atomic operation, but not within itself. */
function interleave(turn: () => void, body: () => void): void {
  const real = OPERATIONS.map((name) => [name, Atomics[name]] as const);
  let inside = false;
  const hooked = Atomics as unknown as Record<string, unknown>;
  for (const [name, operation] of real) {
    hooked[name] = (...given: unknown[]) => {
      if (!inside) {
        inside = true;
        try {
          turn();
        } finally {
          inside = false;
        }
      }
      return (operation as (...given: unknown[]) => unknown)(...given);
    };
  }
  try {
    body();
  } finally {
    for (const [name, operation] of real) hooked[name] = operation;
  }
}

class Scene {
  readonly capacity: number;
  readonly #slotBytes: number;
  readonly #random: Random;
  readonly #producer: RingProducer;
  readonly consumer: RingConsumer;
  readonly #scratch: Uint8Array;
  pushed = 0;
  drained = 0;
  lost = 0;

  constructor(random: Random) {
    this.#random = random;
    this.capacity = 2 ** (1 + this.below(5));
    this.#slotBytes = this.below(2) === 0 ? 12 : 1200;
    const ring = createRing(
      "interleaved",
      { capacity: this.capacity, slotBytes: this.#slotBytes },
      {
        startPosition: 2 ** (31 + this.below(2)) - this.below(60),
      },
    );
    this.#producer = new RingProducer(ring);
    this.consumer = new RingConsumer(ring);
    this.#scratch = new Uint8Array(this.#slotBytes);
  }

  below(bound: number): number {
    return Math.floor(this.#random.uniform() * bound);
  }

  push(count: number): void {
    for (; count > 0; count--) this.#producer.push(recordOf(this.pushed++, this.#scratch));
  }

  drain(limit: number): void {
    this.consumer.drain(limit, (bytes, overrun) => {
      this.lost += overrun;
      if (overrun > 0) return;
      assert.equal(idOf(bytes, this.#slotBytes), this.drained + this.lost);
      this.drained++;
    });
  }

  settle(): void {
    this.drain(Infinity);
    assert.equal(this.drained + this.lost, this.pushed);
    assert.equal(this.lost, this.#producer.dropped);
    assert.deepEqual(this.consumer.totals(), { produced: this.pushed, dropped: this.lost });
    assert.equal(this.consumer.pending, 0);
  }
}

Deno.test("a producer that evicts in the middle of a drain: every loss is reported", () => {
  let salvaged = 0;
  property((random) => {
    const scene = new Scene(random);
    for (let step = 0; step < 20; step++) {
      scene.push(scene.below(2 * scene.capacity));
      const before = scene.lost;
      interleave(
        () => scene.below(3) === 0 && scene.push(scene.below(scene.capacity)),
        () => scene.drain(scene.below(scene.capacity + 2)),
      );
      if (scene.lost > before) salvaged++;
    }
    scene.settle();
  }, 100);
  assert.ok(salvaged > 100, `only ${salvaged} drains raced`);
});

Deno.test("a consumer that drains in the middle of a push: every loss is reported", () => {
  property((random) => {
    const scene = new Scene(random);
    interleave(
      () => scene.below(4) === 0 && scene.drain(scene.below(4)),
      () => scene.push(20 * scene.capacity),
    );
    scene.settle();
  }, 100);
});

Deno.test("what was copied and not evicted is taken without copying it again", () => {
  property((random) => {
    const scene = new Scene(random);
    scene.push(scene.capacity);
    // Tail and head are read, then half of what was copied is evicted before it is claimed.
    let operation = 0;
    interleave(
      () => operation++ === 2 && scene.push(scene.capacity / 2),
      () => scene.drain(scene.capacity),
    );
    assert.deepEqual([scene.drained, scene.lost], [scene.capacity, scene.capacity / 2]);
    scene.settle();
  }, 50);
});
