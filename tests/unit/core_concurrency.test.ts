import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { forEachBounded, readAhead, TaskPool } from "../../src/core/mod.ts";

/** Counts who is at work; the work of `item` takes that many turns of the event loop. */
class Workshop {
  atWork = 0;
  mostAtWork = 0;
  readonly begun: number[] = [];

  readonly work = async (item: number): Promise<number> => {
    this.begun.push(item);
    this.mostAtWork = Math.max(this.mostAtWork, ++this.atWork);
    try {
      for (let i = 0; i < item; i++) await turn();
      if (item === 5) throw new Error("five");
      return 10 * item;
    } finally {
      this.atWork--;
    }
  };
}

Deno.test("forEachBounded() works on all items, never on more than its limit", async () => {
  const shop = new Workshop();
  await forEachBounded([3, 1, 4, 1, 0, 2, 6], 3, async (item) => void await shop.work(item));
  assert.deepEqual(shop.begun, [3, 1, 4, 1, 0, 2, 6]);
  assert.equal(shop.mostAtWork, 3);
});

Deno.test("forEachBounded() begins nothing after a failure, and ends only when all have ended", async () => {
  const shop = new Workshop();
  const items = [9, 5, 9, 9, 9, 9];
  await assert.rejects(
    forEachBounded(items, 3, async (item) => void await shop.work(item)),
    /five/,
  );
  assert.deepEqual(shop.begun, [9, 5, 9]);
  assert.equal(shop.atWork, 0);
});

Deno.test("TaskPool throws the first failure at the next start, at settle, and not when disposed", async () => {
  const shop = new Workshop();
  {
    await using pool = new TaskPool(1);
    await pool.start(async () => void await shop.work(5));
    await assert.rejects(pool.start(async () => void await shop.work(1)), /five/);
    await assert.rejects(pool.settle(), /five/);
    await pool[Symbol.asyncDispose]();
  }
  assert.deepEqual(shop.begun, [5]);
});

Deno.test("readAhead() keeps the order, and who leaves early waits for those at work", async () => {
  const shop = new Workshop();
  const seen: number[] = [];
  for await (const result of readAhead([3, 1, 4, 1, 2], 2, shop.work)) seen.push(result);
  assert.deepEqual(seen, [30, 10, 40, 10, 20]);
  assert.equal(shop.mostAtWork, 3);
  await assert.rejects(
    async () => {
      for await (const _ of readAhead([1, 5, 9, 9, 9], 2, shop.work));
    },
    /five/,
  );
  assert.equal(shop.atWork, 0);
  for await (const _ of readAhead([1, 9, 9], 2, shop.work)) break;
  assert.equal(shop.atWork, 0);
});
