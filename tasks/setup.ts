/**
 * `deno task setup`: everything that a fresh Debian or Ubuntu machine lacks. Debian packages (as
 * root; else it prints the exact line and ends with 69), the native libraries, the npm packages.
 * Safe to run again: a second run takes seconds; two at once wait for each other.
 *
 * @module
 */
// Not core/mod.ts, which needs the npm packages that this task fetches.
import { type CommandIo, defineCommand, option, runCommand } from "../src/core/command_line/mod.ts";
import { EXIT, type ExitCode, UsageError } from "../src/core/errors.ts";
import { installPackages, missingPackages } from "./debian_packages.ts";
import { REPOSITORY } from "./executables.ts";
import { buildNative } from "./native_build.ts";

const BUILD = `${REPOSITORY}/build`;

export const setupCommand = defineCommand({
  name: "setup",
  summary: "Debian packages, native libraries, npm packages",
  about: `
Installs the Debian packages that are missing (as root; else it prints the line to run and ends with
69), builds the native libraries, and fetches the npm packages. Every other task does it by itself.`,
  options: {
    runOnly: option.flag({
      help: "without what only the tests need (a PostgreSQL server, GDAL, shells)",
    }),
    buildOnly: option.flag({ help: "only the native libraries" }),
  },
  examples: ["deno task setup", "deno task setup --run-only"],
  exitCodes: { 69: "something is not installed" },
  run(options, io) {
    if (options.runOnly && options.buildOnly) {
      throw new UsageError("--run-only and --build-only exclude each other");
    }
    return setup(options, io);
  },
});

interface SetupOptions {
  readonly runOnly: boolean;
  readonly buildOnly: boolean;
}

async function setup(options: SetupOptions, io: CommandIo): Promise<ExitCode> {
  await Deno.mkdir(BUILD, { recursive: true });
  using lock = await Deno.open(`${BUILD}/setup.lock`, { create: true, write: true });
  await lock.lock(true);
  if (options.buildOnly) return await buildLibraries();
  // The npm packages are downloaded while apt-get unpacks and the compiler works.
  const [code, npmCode] = await Promise.all([native(options, io), cacheNpm(io)]);
  return code === EXIT.ok ? npmCode : code;
}

async function native(options: SetupOptions, io: CommandIo): Promise<ExitCode> {
  const code = await packages(options, io);
  return code === EXIT.ok ? await buildLibraries() : code;
}

async function packages(options: SetupOptions, io: CommandIo): Promise<ExitCode> {
  const missing = await missingPackages(options);
  if (missing.length === 0) return EXIT.ok;
  if (Deno.uid() !== 0) {
    io.err(
      `setup: these Debian packages are missing. Install them, then run the command again:\n` +
        `  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${
          missing.join(" ")
        }`,
    );
    return EXIT.unavailable;
  }
  io.err(`setup: installing ${missing.length} Debian packages: ${missing.join(" ")}`);
  if (await installPackages(missing)) return EXIT.ok;
  io.err("setup: apt-get could not install them; see above");
  return EXIT.unavailable;
}

async function buildLibraries(): Promise<ExitCode> {
  const isBuilt = await buildNative(`${REPOSITORY}/ffi`, `${BUILD}/cmake`);
  return isBuilt ? EXIT.ok : EXIT.unavailable;
}

/**
 * npm packages into Deno's cache, so that the executables start with --cached-only. Asked every time:
 * it takes 50 ms when all are there, and the cache is not part of the checkout, so that nothing kept
 * in the checkout could tell.
 */
async function cacheNpm(io: CommandIo): Promise<ExitCode> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet", "--frozen=false"],
    cwd: REPOSITORY,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (success) return EXIT.ok;
  io.err("setup: the npm packages could not be fetched; see above");
  return EXIT.unavailable;
}

if (import.meta.main) {
  Deno.exit(
    await runCommand({
      title: "deno task setup",
      command: setupCommand,
      args: Deno.args,
      permissionSet: "tasks",
    }),
  );
}
