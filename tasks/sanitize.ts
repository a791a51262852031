/**
 * `deno task test --sanitize [FILE …]`: the tests of native code on libraries that are built with
 * AddressSanitizer and UndefinedBehaviorSanitizer. A report of either fails the run.
 *
 * The programs open their libraries by a path inside of the checkout that nothing can set, because a
 * path that could be set would let foreign code into `airborne`. So the tests run in a copy of the
 * checkout whose build/lib holds the instrumented libraries.
 *
 * @module
 */
import { REPOSITORY } from "./executables.ts";
import { buildNative } from "./native_build.ts";

const EXIT_FAILURE = 1, EXIT_UNAVAILABLE = 69;

/** Tests that spend their time in native code. */
const NATIVE_TESTS = [
  /^tests\/unit\/(native|vision|faiss|tensorrt|vlad|descriptor_index|orthorectification)_.*\.test\.ts$/,
  /^tests\/unit\/core_native_.*\.test\.ts$/,
  /^tests\/unit\/(map_tile_map|airborne_navigator|photographs_hostile)\.test\.ts$/,
  /^tests\/unit\/inference_tensorrt.*\.test\.ts$/,
  /^tests\/unit\/camera_(v4l2|source_gstreamer)\.test\.ts$/,
  /^tests\/contract\/(camera_source|descriptor_index|matcher|place_recogniser|pose|vio).*\.test\.ts$/,
  /^tests\/faults\/(hostile_bytes|hostile_index|bad_pictures)\.test\.ts$/,
];

/** What a checkout holds beside its sources: none of it is copied. */
const NOT_COPIED = [".git", "build", "node_modules", "data", "packages", "flights", "maps"];

/** Returns the exit code of the tests, or 1 when a sanitizer has reported something. */
export async function testSanitized(args: readonly string[]): Promise<number> {
  const build = `${REPOSITORY}/build/sanitize`;
  const options = ["-DGDN_SANITIZE=ON", "-DCMAKE_BUILD_TYPE=None"];
  if (!await buildNative(`${REPOSITORY}/ffi`, `${build}/cmake`, options)) return EXIT_UNAVAILABLE;
  const folder = await Deno.makeTempDir({ prefix: "gdn-sanitize-" });
  try {
    const checkout = await copyCheckout(`${folder}/checkout`, `${build}/lib`);
    const reports = `${folder}/reports`;
    await Deno.mkdir(reports);
    const files = args.some((arg) => !arg.startsWith("-")) ? [] : await nativeTests();
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--no-prompt", "--cached-only", "--no-remote", "-A", ...args, ...files],
      cwd: checkout,
      env: await sanitizerEnvironment(reports),
      stdin: "null",
    }).spawn().status;
    return await printReports(reports) > 0 && code === 0 ? EXIT_FAILURE : code;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function copyCheckout(checkout: string, libraries: string): Promise<string> {
  await Deno.mkdir(`${checkout}/build`, { recursive: true });
  const entries = [...Deno.readDirSync(REPOSITORY)].map(({ name }) => name)
    .filter((name) => !NOT_COPIED.includes(name));
  await run("cp", "-r", ...entries.map((name) => `${REPOSITORY}/${name}`), checkout);
  await run("cp", "-r", libraries, `${checkout}/build/lib`);
  await run("cp", "-r", `${libraries}/../test_lib`, `${checkout}/build/test_lib`);
  // The data beside the checkout.
  await Deno.symlink(`${REPOSITORY}/../shared`, `${checkout}/../shared`);
  return checkout;
}

async function nativeTests(): Promise<string[]> {
  const files: string[] = [];
  for (const folder of ["unit", "contract", "faults"]) {
    for await (const { name } of Deno.readDir(`${REPOSITORY}/tests/${folder}`)) {
      const path = `tests/${folder}/${name}`;
      if (NATIVE_TESTS.some((pattern) => pattern.test(path))) files.push(path);
    }
  }
  return files.sort();
}

/**
 * - Deno is not instrumented, so the run time of the sanitizers is loaded before it, and libstdc++
 *   with it: AddressSanitizer looks for what throws exceptions once, when it starts.
 * - Leaks are not looked for: V8 keeps pointers compressed and in cages of its own, where the leak
 *   checker cannot see them, and Deno leaves much to the end of the process. Handles are counted by
 *   the libraries themselves instead (`liveHandles()`), and tests hold them to zero.
 * - Reports go into files too, because a test may swallow what a child process says.
 */
async function sanitizerEnvironment(reports: string): Promise<Record<string, string>> {
  const [asan, cxx] = await Promise.all(
    ["libasan.so", "libstdc++.so.6"].map(async (name) =>
      await Deno.realPath((await run("c++", `-print-file-name=${name}`)).trim())
    ),
  );
  const common = `halt_on_error=1:print_stacktrace=1:log_path=${reports}/report:log_exe_name=1`;
  return {
    LD_PRELOAD: `${asan}:${cxx}`,
    ASAN_OPTIONS: `${common}:detect_leaks=0`,
    UBSAN_OPTIONS: common,
  };
}

async function printReports(reports: string): Promise<number> {
  let count = 0;
  for await (const { name } of Deno.readDir(reports)) {
    count++;
    console.error(await Deno.readTextFile(`${reports}/${name}`));
  }
  if (count > 0) console.error(`sanitize: ${count} reports, see above`);
  return count;
}

async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" })
    .output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`${command} failed: ${new TextDecoder().decode(stderr)}`);
}
