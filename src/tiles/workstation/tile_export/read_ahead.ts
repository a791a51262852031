/**
 * Reads the next files while the last one is being written.
 *
 * @module
 */

/** Results in the order of `items`; an early end waits for those under way. */
export async function* readAhead<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  ahead: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const promise = work(item);
      // Its rejection is seen when its turn comes; until then it is no unhandled one.
      promise.catch(() => {});
      underWay.push(promise);
      const first = underWay.length > ahead ? underWay.shift() : undefined;
      if (first !== undefined) yield await first;
    }
    for (let first = underWay.shift(); first !== undefined; first = underWay.shift()) {
      yield await first;
    }
  } finally {
    await Promise.allSettled(underWay);
  }
}
