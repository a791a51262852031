/**
 * A CMake build folder: configured once, and anew when it no longer fits.
 *
 * @module
 */
import { existsSync } from "node:fs";

/**
 * Configures `build` where that is needed, then builds what has changed. True on success; else what
 * the tool printed is on stderr.
 *
 * CMake writes its folder's path into what it generates: in a checkout that was copied or moved,
 * `cmake --build` would go on writing into the place it was configured in. Such a folder is deleted.
 */
export async function buildNative(
  sources: string,
  build: string,
  options: readonly string[] = [],
): Promise<boolean> {
  const reason = await reasonToConfigureAnew(sources, build);
  if (reason !== null) {
    console.error(`setup: configuring ${build} anew: ${reason}`);
    await Deno.remove(build, { recursive: true });
  }
  const configured = existsSync(`${build}/build.ninja`);
  if (!configured) console.error(`setup: building ${sources} (up to two minutes)`);
  const steps = [
    ...(configured ? [] : [["cmake", "-S", sources, "-B", build, "-G", "Ninja", ...options]]),
    ["cmake", "--build", build],
  ];
  for (const [command, ...args] of steps) {
    const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" })
      .output();
    if (success) continue;
    await Deno.stderr.write(stdout);
    await Deno.stderr.write(stderr);
    console.error(`setup: \`${[command, ...args].join(" ")}\` failed; see above`);
    return false;
  }
  return true;
}

/** Null where `build` fits this place and these tools, or was not configured yet. */
async function reasonToConfigureAnew(sources: string, build: string): Promise<string | null> {
  if (!existsSync(`${build}/CMakeCache.txt`)) return null;
  const cache = await Deno.readTextFile(`${build}/CMakeCache.txt`);
  const cached = (key: string) => new RegExp(`^${key}:\\w+=(.*)$`, "m").exec(cache)?.[1] ?? "";
  for (const [key, here] of [["CMAKE_CACHEFILE_DIR", build], ["CMAKE_HOME_DIRECTORY", sources]]) {
    if (await real(cached(key)) !== await real(here)) {
      return `it belongs to ${cached(key)}; the checkout was copied or moved`;
    }
  }
  for (
    const key of ["CMAKE_COMMAND", "CMAKE_MAKE_PROGRAM", "CMAKE_C_COMPILER", "CMAKE_CXX_COMPILER"]
  ) {
    const tool = cached(key);
    // A project of C++ alone has no compiler of C.
    if (tool !== "" && !existsSync(tool)) return `${key} was ${tool}, which is gone`;
  }
  return await compilerChange(build, cached("CMAKE_CXX_COMPILER"));
}

async function compilerChange(build: string, compiler: string): Promise<string | null> {
  const told = await compilerFile(build);
  const before = /set\(CMAKE_CXX_COMPILER_VERSION "(.*)"\)/.exec(told)?.[1] ?? "unknown";
  // GCC as Debian builds it gives its major version alone under -dumpversion.
  const gnu = told.includes('set(CMAKE_CXX_COMPILER_ID "GNU")');
  const { success, stdout } = await new Deno.Command(compiler, {
    args: [gnu ? "-dumpfullversion" : "-dumpversion"],
    stdin: "null",
    stderr: "null",
  }).output();
  const now = success ? new TextDecoder().decode(stdout).trim() : "of another make";
  return now === before ? null : `${compiler} was version ${before} and is ${now}`;
}

/** What CMake found out about the C++ compiler, in a folder named after CMake's own version. */
async function compilerFile(build: string): Promise<string> {
  for await (const { name, isDirectory } of Deno.readDir(`${build}/CMakeFiles`)) {
    const path = `${build}/CMakeFiles/${name}/CMakeCXXCompiler.cmake`;
    if (isDirectory && existsSync(path)) return await Deno.readTextFile(path);
  }
  return "";
}

/** The path without links; as it is where nothing is there. */
async function real(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch {
    return path;
  }
}
