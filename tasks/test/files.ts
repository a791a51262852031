/**
 * Which test files there are, and which of them run together in one process.
 *
 * @module
 */
import { relative, resolve } from "node:path";
import { REPOSITORY } from "../executables.ts";

/**
 * Files that take longer than about ten seconds (2 cores), the longest first: each gets a process of
 * its own, and they start before all others. A file that is missing here only costs balance;
 * `deno task test` ends with the slowest files.
 */
const SLOW: readonly string[] = [
  "faults/full_disk",
  "integration/simulate_flight",
  "integration/workers",
  "integration/provision",
  "golden/short_flight",
  "integration/tile_download_command",
  "integration/tile_collect",
  "integration/tile_cache_concurrency",
  "contract/flight_controller",
  "integration/place_model",
  "integration/fdr_report",
  "integration/tile_upload_secrets",
  "integration/operator_import",
  "integration/tile_cache_crash",
  "contract/tile_store",
  "unit/state_estimator_endurance",
  "integration/tile_upload_tls",
  "faults/bad_package",
  "faults/bad_import",
  "faults/fdr_damage",
  "integration/operator_cache",
  "contract/place_recogniser",
  "contract/tile_store_budgeted",
  "integration/fdr_commands",
  "faults/bad_flight",
  "faults/launcher",
].map((name) => `tests/${name}.test.ts`);

/** Files of a process that runs several: one start of Deno serves them all. */
const BATCH_FILES = 10;

/** What `deno test` takes for a test by its name. */
const TEST_FILE = /(^|[._])test\.(ts|tsx|js|mjs)$/;

/** What needs the executables of `deno task compile`. */
export const BUILT_TESTS = "tests/built";

/** The folders of all other tests, sorted. */
export async function testFolders(): Promise<string[]> {
  const folders: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${REPOSITORY}/tests`)) {
    if (isDirectory && `tests/${name}` !== BUILT_TESTS) folders.push(`tests/${name}`);
  }
  return folders.sort();
}

/** Test files at and below `paths` as paths from the repository's root, sorted. */
export async function testFiles(paths: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  const visit = async (path: string, named: boolean) => {
    const info = await Deno.stat(path);
    if (info.isFile && (named || TEST_FILE.test(path))) found.add(relative(REPOSITORY, path));
    if (!info.isDirectory) return;
    for await (const { name } of Deno.readDir(path)) await visit(`${path}/${name}`, false);
  };
  for (const path of paths) await visit(resolve(REPOSITORY, path), true);
  return [...found].sort();
}

/** Splits `files` into processes, those first that should start first. */
export function batchesOf(files: readonly string[]): string[][] {
  const slow = SLOW.filter((file) => files.includes(file));
  const quick = files.filter((file) => !SLOW.includes(file));
  const count = Math.ceil(quick.length / BATCH_FILES);
  // Dealt out like cards: neighbours by name tend to cost alike.
  const dealt = Array.from({ length: count }, (_, k) => quick.filter((_, i) => i % count === k));
  return [...slow.map((file) => [file]), ...dealt];
}
