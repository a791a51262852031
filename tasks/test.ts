/**
 * `deno task test`: one private PostgreSQL server, then `deno test` with its leak sanitizers on; many
 * files in several processes side by side.
 *
 * @module
 */
import { defineCommand, type ExitCode, option, runCommand, UsageError } from "../src/core/mod.ts";
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

export const testCommand = defineCommand({
  name: "test",
  summary: "the tests, or those of the files named",
  about: `
Runs the tests with a private PostgreSQL server and Deno's leak sanitizers, many files in several
processes side by side. The exit code is that of the tests.`,
  arguments: {
    files: option.path({
      access: "read",
      placeholder: "FILE",
      multiple: true,
      help: "files or folders of tests",
      absent: "all but those of the built executables",
    }),
  },
  options: {
    built: option.flag({
      help:
        "tests/built, against the executables in dist, which are compiled first where something " +
        "is newer",
    }),
    sanitize: option.flag({
      help: "native code under AddressSanitizer and UndefinedBehaviorSanitizer (sanitize.ts)",
    }),
    filter: option.text({ help: "only the tests whose name holds it, or fits /it/" }),
    failFast: option.flag({ help: "stop at the first failure" }),
  },
  examples: [
    "deno task test",
    "deno task test tests/unit/core_wgs.test.ts --filter geodetic",
    "deno task test --built",
  ],
  run: main,
});

interface TestRequest {
  readonly files: readonly string[];
  readonly built: boolean;
  readonly sanitize: boolean;
  readonly filter: string | undefined;
  readonly failFast: boolean;
}

async function main(request: TestRequest): Promise<ExitCode> {
  const { files, built, sanitize } = request;
  if (built && sanitize) throw new UsageError("--built and --sanitize exclude each other");
  if (sanitize) return await testSanitized([...denoOptions(request), ...files]) as ExitCode;
  if (!built) return await test(request, await testFolders()) as ExitCode;
  return (await compileIfStale() || await test(request, [BUILT_TESTS])) as ExitCode;
}

function denoOptions({ filter, failFast }: TestRequest): string[] {
  return [
    ...(filter === undefined ? [] : [`--filter=${filter}`]),
    ...(failFast ? ["--fail-fast"] : []),
  ];
}

async function test(request: TestRequest, folders: readonly string[]): Promise<number> {
  await using postgres = postgresBinaries() === undefined ? undefined : await startPostgres();
  await using fixtures = await temporaryFolder();
  const env = {
    [SHARED_FIXTURES_VARIABLE]: fixtures.path,
    ...(postgres === undefined ? undefined : { [SHARED_SERVER_VARIABLE]: postgres.folder }),
  };
  const options = denoOptions(request);
  const paths = request.files.length > 0 ? request.files : folders;
  if (options.length === 0) {
    const files = await testFiles(paths);
    if (files.length >= SIDE_BY_SIDE_FROM) return await runSideBySide(batches(files), env);
  }
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [...TEST, ...options, ...paths],
    cwd: REPOSITORY,
    env,
    stdin: "null",
  }).spawn().status;
  return code;
}

/** Types are checked once for all, beside the first tests. */
function batches(files: readonly string[]): Batch[] {
  const types: Batch = {
    name: "the type check",
    args: ["check", "--quiet", "--cached-only", "--no-remote", ...files],
    counted: false,
  };
  const tests = batchesOf(files).map((batch): Batch => ({
    name: batch.join(" "),
    args: [...TEST, "--no-check", ...batch],
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

if (import.meta.main) {
  Deno.exit(
    await runCommand({
      title: "deno task test",
      command: testCommand,
      args: Deno.args,
      permissionSet: "tasks",
    }),
  );
}
