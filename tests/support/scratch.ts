const TRIES = 50;

/**
 * A first start of an executable syncs its unpacked tree in the background, and notes that there when it
 * is done: a folder can get a file while it is removed.
 */
async function removeAll(folder: string): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      return await Deno.remove(folder, { recursive: true });
    } catch (error) {
      const isBusy = error instanceof Error && error.message.includes("Directory not empty");
      if (!isBusy || tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Runs `body` with a new folder, by its real path; it is removed afterwards, with all that is in it. */
export async function inScratch(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "gdn-test-" }));
  try {
    await body(folder);
  } finally {
    await removeAll(folder);
  }
}

/** A new folder for an `await using` declaration. */
export async function scratchFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "gdn-test-" }));
  return { path, [Symbol.asyncDispose]: () => removeAll(path) };
}
