/**
 * Maps a list in order while the next few items are already being processed.
 *
 * @module
 */

/**
 * Results in the order of `items`, with `ahead` more in progress beside the first; ending early
 * waits for them.
 */
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
      // Its rejection is handled when its turn comes; until then it must not count as unhandled.
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
