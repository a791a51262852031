/**
 * `deno task test [FILE …]`: one private PostgreSQL server, then `deno test` with its leak
 * sanitizers on; many files in several processes side by side. Exit code of the tests.
 *
 * `deno task test --built [FILE …]`: the same for tests/built, against the executables in dist, which
 * are compiled first where something is newer.
 *
 * `deno task test --sanitize [FILE …]`: native code under AddressSanitizer, see sanitize.ts.
 *
 * @module
 */
import { SHARED_FIXTURES_VARIABLE } from "../tests/support/build_once.ts";
import {
  postgresBinaries,
  SHARED_SERVER_VARIABLE,
  startPostgres,
} from "../tests/support/postgres.ts";
import { compileIfStale } from "./compile/stale.ts";
import { REPOSITORY } from "./executables.ts";
import { testSanitized } from "./sanitize.ts";
import { batchesOf, BUILT_TESTS, testFiles, testFolders } from "./test/files.ts";
import { type Batch, runSideBySide } from "./test/side_by_side.ts";

/** What the tests may do; the executables that they start run under their own permission sets. */
const PERMISSIONS = [
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-run",
  "--allow-ffi",
  "--allow-net",
  "--allow-sys",
  "--allow-import=packages.invalid",
];

const TEST = [
  "test",
  "--no-prompt",
  "--cached-only",
  "--no-remote",
  "--sanitize-ops",
  "--sanitize-resources",
  ...PERMISSIONS,
];

/** Fewer run in one process, with their output as it comes. */
const SIDE_BY_SIDE_FROM = 8;

const SANITIZE = "--sanitize";
const BUILT = "--built";

Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  const without = (flag: string) => args.filter((arg) => arg !== flag);
  if (args.includes(SANITIZE)) return await testSanitized(without(SANITIZE));
  if (!args.includes(BUILT)) return await test(args, await testFolders());
  return await compileIfStale() || await test(without(BUILT), [BUILT_TESTS]);
}

async function test(args: readonly string[], folders: readonly string[]): Promise<number> {
  await using postgres = postgresBinaries() === undefined ? undefined : await startPostgres();
  await using fixtures = await temporaryFolder();
  const env = {
    [SHARED_FIXTURES_VARIABLE]: fixtures.path,
    ...(postgres === undefined ? undefined : { [SHARED_SERVER_VARIABLE]: postgres.folder }),
  };
  const options = args.filter((arg) => arg.startsWith("-"));
  const named = args.filter((arg) => !arg.startsWith("-"));
  const paths = named.length > 0 ? named : folders;
  // Other options may write a file or take a value: theirs is one process.
  if (options.every((option) => option === "--quiet")) {
    const files = await testFiles(paths);
    if (files.length >= SIDE_BY_SIDE_FROM) {
      return await runSideBySide(batches(files, options), env);
    }
  }
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [...TEST, ...(named.length > 0 ? [] : paths), ...args],
    cwd: REPOSITORY,
    env,
    stdin: "null",
  }).spawn().status;
  return code;
}

/** Types are checked once for all, beside the first tests. */
function batches(files: readonly string[], options: readonly string[]): Batch[] {
  const types: Batch = {
    name: "the type check",
    args: ["check", "--quiet", "--cached-only", "--no-remote", ...files],
    counted: false,
  };
  const tests = batchesOf(files).map((batch): Batch => ({
    name: batch.join(" "),
    args: [...TEST, "--no-check", ...options, ...batch],
    counted: true,
  }));
  return [...tests.slice(0, 1), types, ...tests.slice(1)];
}

/** Gone at the end, and when a signal ends the run. */
async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "gdn-fixtures-" }));
  const stop = () => {
    Deno.removeSync(path, { recursive: true });
    Deno.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, stop);
  return {
    path,
    async [Symbol.asyncDispose]() {
      for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.removeSignalListener(signal, stop);
      await Deno.remove(path, { recursive: true });
    },
  };
}
