/**
 * `deno task setup`: everything that a fresh Debian or Ubuntu machine lacks. Debian packages (as
 * root; else it prints the exact line and ends with 69), the native libraries, the npm packages.
 * Safe to run again: a second run takes seconds; two at once wait for each other.
 *
 * usage: setup.ts [--run-only]     without what only the tests need (a PostgreSQL server)
 *        setup.ts --build-only     just the native libraries
 *
 * @module
 */
import { installPackages, missingPackages } from "./debian_packages.ts";
import { REPOSITORY } from "./executables.ts";
import { buildNative } from "./native_build.ts";

const EXIT_UNAVAILABLE = 69;
const BUILD = `${REPOSITORY}/build`;

if (import.meta.main) {
  Deno.exit(
    await setup({
      runOnly: Deno.args.includes("--run-only"),
      buildOnly: Deno.args.includes("--build-only"),
    }),
  );
}

/** Returns the exit code: 0, or 69 with a message on stderr. */
export async function setup(
  options: { readonly runOnly: boolean; readonly buildOnly?: boolean },
): Promise<number> {
  await Deno.mkdir(BUILD, { recursive: true });
  using lock = await Deno.open(`${BUILD}/setup.lock`, { create: true, write: true });
  await lock.lock(true);
  if (options.buildOnly) return await buildLibraries();
  // The npm packages are downloaded while apt-get unpacks and the compiler works.
  const [code, npmCode] = await Promise.all([native(options), cacheNpm()]);
  return code || npmCode;
}

async function native(options: { readonly runOnly: boolean }): Promise<number> {
  return await packages(options) || await buildLibraries();
}

async function packages(options: { readonly runOnly: boolean }): Promise<number> {
  const missing = await missingPackages(options);
  if (missing.length === 0) return 0;
  if (Deno.uid() !== 0) {
    console.error(
      `setup: these Debian packages are missing. Install them, then run the command again:\n` +
        `  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${
          missing.join(" ")
        }`,
    );
    return EXIT_UNAVAILABLE;
  }
  console.error(`setup: installing ${missing.length} Debian packages: ${missing.join(" ")}`);
  if (await installPackages(missing)) return 0;
  console.error("setup: apt-get could not install them; see above");
  return EXIT_UNAVAILABLE;
}

async function buildLibraries(): Promise<number> {
  return await buildNative(`${REPOSITORY}/ffi`, `${BUILD}/cmake`) ? 0 : EXIT_UNAVAILABLE;
}

/**
 * npm packages into Deno's cache, so that the executables start with --cached-only. Asked every time:
 * it takes 50 ms when all are there, and the cache is not part of the checkout, so that nothing kept
 * in the checkout could tell.
 */
async function cacheNpm(): Promise<number> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet", "--frozen=false"],
    cwd: REPOSITORY,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (success) return 0;
  console.error("setup: the npm packages could not be fetched; see above");
  return EXIT_UNAVAILABLE;
}
