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
import { existsSync } from "node:fs";
import { installPackages, missingPackages } from "./debian_packages.ts";
import { REPOSITORY } from "./executables.ts";

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
  if (options.buildOnly) return await buildNative();
  return await packages(options) || await buildNative() || await cacheNpm();
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

/** CMake configures once; Ninja then builds what has changed. */
export async function buildNative(): Promise<number> {
  const configured = existsSync(`${BUILD}/cmake/build.ninja`);
  if (!configured) console.error("setup: building the native libraries (a minute or two)");
  const steps = [
    ...(configured
      ? []
      : [["cmake", "-S", `${REPOSITORY}/ffi`, "-B", `${BUILD}/cmake`, "-G", "Ninja"]]),
    ["cmake", "--build", `${BUILD}/cmake`],
  ];
  for (const [command, ...args] of steps) {
    const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" })
      .output();
    if (success) continue;
    await Deno.stderr.write(stdout);
    await Deno.stderr.write(stderr);
    console.error(
      `setup: \`${[command, ...args].join(" ")}\` failed; if the folder was moved or ` +
        "the compiler changed, delete build/cmake and run it again",
    );
    return EXIT_UNAVAILABLE;
  }
  return 0;
}

/** npm packages into Deno's cache, so that the executables start with --cached-only. */
async function cacheNpm(): Promise<number> {
  const stamp = `${BUILD}/npm.stamp`;
  const wanted = await Deno.readTextFile(`${REPOSITORY}/deno.lock`) + Deno.version.deno;
  if (existsSync(stamp) && await Deno.readTextFile(stamp) === wanted) return 0;
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet", "--frozen=false"],
    cwd: REPOSITORY,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) {
    console.error("setup: the npm packages could not be fetched; see above");
    return EXIT_UNAVAILABLE;
  }
  await Deno.writeTextFile(stamp, wanted);
  return 0;
}
