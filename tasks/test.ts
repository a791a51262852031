/**
 * `deno task test [FILE …]`: one private PostgreSQL server, then `deno test` with its leak
 * sanitizers on. Exit code of the tests.
 *
 * @module
 */
import {
  postgresBinaries,
  SHARED_SERVER_VARIABLE,
  startPostgres,
} from "../tests/support/postgres.ts";
import { REPOSITORY } from "./executables.ts";

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

Deno.exit(await test(Deno.args));

async function test(args: readonly string[]): Promise<number> {
  await using postgres = postgresBinaries() === undefined ? undefined : await startPostgres();
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--no-prompt",
      "--cached-only",
      "--no-remote",
      "--sanitize-ops",
      "--sanitize-resources",
      ...PERMISSIONS,
      ...(args.some((arg) => !arg.startsWith("-")) ? [] : ["tests/"]),
      ...args,
    ],
    cwd: REPOSITORY,
    env: postgres === undefined ? {} : { [SHARED_SERVER_VARIABLE]: postgres.folder },
    stdin: "null",
  }).spawn().status;
  return code;
}
