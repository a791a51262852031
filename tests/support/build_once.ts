/**
 * Fixtures that cost seconds and that several files need: built by the first file of a run, copied
 * by all.
 *
 * `deno task test` makes a folder for its whole run and hands it down in `GDN_TEST_FIXTURES_FOLDER`;
 * a file that is run alone builds for itself.
 *
 * @module
 */

/** Names the folder in which the fixtures of this run stand. */
export const SHARED_FIXTURES_VARIABLE = "GDN_TEST_FIXTURES_FOLDER";

/**
 * Fills the empty or absent folder `folder` with what `build` puts there. `name` says what it is: the
 * same name, the same content. Safe for processes side by side: one builds, the others wait.
 */
export async function buildOnce(
  name: string,
  folder: string,
  build: (folder: string) => Promise<void>,
): Promise<void> {
  const shared = Deno.env.get(SHARED_FIXTURES_VARIABLE);
  if (shared === undefined) {
    await Deno.mkdir(folder, { recursive: true });
    return await build(folder);
  }
  const fixture = `${shared}/${name}`;
  // Released with the process that holds it, however that ends.
  using lock = await Deno.open(`${fixture}.lock`, { create: true, write: true });
  await lock.lock(true);
  if (!await isFolder(fixture)) {
    const partial = await Deno.makeTempDir({ dir: shared, prefix: "partial-" });
    await build(partial);
    await Deno.rename(partial, fixture);
  }
  await lock.unlock();
  await copy(fixture, folder);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  const { success, stderr } = await new Deno.Command("cp", {
    args: ["-a", "--reflink=auto", `${from}/.`, to],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`cannot copy ${from}: ${new TextDecoder().decode(stderr)}`);
}
