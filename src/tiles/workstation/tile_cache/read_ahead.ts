/**
 * Maps a list in order while a few of the next items are already under way.
 *
 * @module
 */

/** Results in the order of `items`, `ahead` more in work beside the first; an early end waits for them. */
export async function* readAhead<Item, Result>(
  items: readonly Item[],
  ahead: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  let next = 0;
  const fill = () => {
    while (underWay.length < ahead && next < items.length) {
      const promise = work(items[next++]);
      // Its rejection is seen when its turn comes; until then it is no unhandled one.
      promise.catch(() => {});
      underWay.push(promise);
    }
  };
  try {
    fill();
    for (let first = underWay.shift(); first !== undefined; first = underWay.shift()) {
      fill();
      yield await first;
    }
  } finally {
    await Promise.allSettled(underWay);
  }
}
