/**
 * Maps a list in order while a few of the next items are already under way.
 *
 * @module
 */

/** Results in the order of `items`, at most `ahead` of them in work; an early end waits for those. */
export async function* readAhead<Item, Result>(
  items: readonly Item[],
  ahead: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  let next = 0;
  try {
    while (underWay.length > 0 || next < items.length) {
      while (underWay.length < ahead && next < items.length) {
        const promise = work(items[next++]);
        // Its rejection is seen when its turn comes; until then it is no unhandled one.
        promise.catch(() => {});
        underWay.push(promise);
      }
      yield await underWay.shift()!;
    }
  } finally {
    await Promise.allSettled(underWay);
  }
}
