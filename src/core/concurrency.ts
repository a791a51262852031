/**
 * Runs tasks concurrently, with a limit, and waits.
 *
 * npm:p-map (MIT) was considered: it rejects while other tasks still run, and here no task may
 * touch a file, a buffer or a transaction after its owner was told that the work has ended.
 *
 * @module
 */

/** Runs tasks concurrently, at most `limit` at a time; after a failure it starts no other. */
export class TaskPool implements AsyncDisposable {
  readonly #limit: number;
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | null = null;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Starts a task as soon as fewer than `limit` run. @throws the error of an earlier task */
  async start(task: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#limit) await Promise.race(this.#running);
    this.#throwFailure();
    const running = Promise.try(task)
      .catch((error) => void (this.#failure ??= { error }))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Waits until none runs. @throws the error of the first task that failed */
  async settle(): Promise<void> {
    await Promise.all(this.#running);
    this.#throwFailure();
  }

  /** Waits until none runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running);
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}

/**
 * Processes all items, at most `limit` at a time; when it returns or throws, no task runs any more.
 */
export async function forEachBounded<Item>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  await using pool = new TaskPool(limit);
  for (const item of items) await pool.start(() => work(item));
  await pool.settle();
}

/**
 * Results in the order of `items`, while up to `ahead` of the next ones are processed. Leaving
 * early waits for those.
 */
export async function* readAhead<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  ahead: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const atWork: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const promise = work(item);
      // Its rejection is handled when its turn comes; until then it must not count as unhandled.
      promise.catch(() => {});
      atWork.push(promise);
      const first = atWork.length > ahead ? atWork.shift() : undefined;
      if (first !== undefined) yield await first;
    }
    for (let first = atWork.shift(); first !== undefined; first = atWork.shift()) {
      yield await first;
    }
  } finally {
    await Promise.allSettled(atWork);
  }
}

/** Until the time has passed or the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
