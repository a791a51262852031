/**
 * Everything of Debian that is in a native library of ours: what the compiler read and what the
 * linker took, from the build's own records, and what a shared library asks for at run time.
 *
 * @module
 */
import { basename } from "node:path";
import { RuntimeNotAvailableError } from "../../src/core/mod.ts";

/** Headers and static archives that went into the build folder's libraries; absolute paths. */
export async function buildInputs(buildFolder: string): Promise<readonly string[]> {
  const dependencies = await output("ninja", ["-C", buildFolder, "-t", "deps"]);
  const headers = [...dependencies.matchAll(/^ {4}(\/usr\/\S+)$/gm)].map(([, path]) => path);
  const rules = await Deno.readTextFile(`${buildFolder}/build.ninja`);
  const linked = [...rules.matchAll(/^ {2}LINK_LIBRARIES = (.*)$/gm)]
    .flatMap(([, words]) => words.trim().split(/\s+/));
  const archives = await Promise.all(linked.map((word) => archiveOf(word)));
  return [...new Set([...headers, ...archives.filter((path) => path !== undefined)])].sort();
}

/** "-lfaiss" and "/usr/lib/…/libblas.a" → the archive; nothing for what is linked dynamically. */
async function archiveOf(word: string): Promise<string | undefined> {
  if (word.endsWith(".a")) return word;
  if (!word.startsWith("-l")) return undefined;
  const name = `lib${word.slice(2)}`;
  const shared = (await output("g++", [`-print-file-name=${name}.so`])).trim();
  if (shared.includes("/")) return undefined;
  const archive = (await output("g++", [`-print-file-name=${name}.a`])).trim();
  return archive.includes("/") ? archive : undefined;
}

/** Names of the shared libraries that `file` asks for: "libgomp.so.1". */
export async function neededLibraries(file: string): Promise<readonly string[]> {
  const text = await output("readelf", ["--dynamic", "--wide", file]);
  return [...text.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name);
}

/** Versions of symbols that `file` asks for, by library: "libc.so.6" → "GLIBC_2.34", … */
export async function symbolVersions(
  file: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await output("readelf", ["--version-info", "--wide", file]);
  const needs = /Version needs section[^]*/.exec(text)?.[0] ?? "";
  const found = new Map<string, string[]>();
  let library = "";
  for (const [, name, version] of needs.matchAll(/File: (\S+)|Name: (\S+)/g)) {
    if (name !== undefined) library = name;
    else found.set(library, [...found.get(library) ?? [], version]);
  }
  return found;
}

/** Those of the files that are executables or shared libraries. */
export async function elfFiles(files: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of files) {
    using file = await Deno.open(path);
    const start = new Uint8Array(4);
    await file.read(start);
    if (String.fromCharCode(...start) === "\x7fELF") found.push(path);
  }
  return found;
}

export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The Debian package that owns each file; undefined for a file that none owns. */
export async function owningPackages(
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const owners = new Map<string, string>();
  if (paths.length === 0) return owners;
  const real = await Promise.all(paths.map((path) => Deno.realPath(path)));
  // Since /lib became a link to /usr/lib, dpkg may know a file by either name.
  const names = (index: number) => {
    const both = [paths[index], real[index]];
    return [...both, ...both.map((path) => path.replace(/^\/usr\/lib/, "/lib"))];
  };
  const asked = [...new Set(paths.flatMap((_, index) => names(index)))];
  // Ends with 1 where one of them has no owner; the others are told all the same.
  const { stdout } = await new Deno.Command("dpkg-query", {
    args: ["--search", "--", ...asked],
    stdin: "null",
    stderr: "null",
    env: { LC_ALL: "C" },
  }).output();
  const told = new Map<string, string>();
  for (const line of new TextDecoder().decode(stdout).split("\n")) {
    const match = /^([^:,]+)(?::\S+)?: (\/.*)$/.exec(line);
    if (match !== null) told.set(match[2], match[1]);
  }
  paths.forEach((path, index) => {
    const owner = names(index).map((name) => told.get(name)).find((name) => name !== undefined);
    if (owner !== undefined) owners.set(path, owner);
  });
  return owners;
}

/** Where Debian installed the shared library that is known by this name; undefined where it is not. */
export async function installedLibrary(name: string): Promise<string | undefined> {
  const found = (await output("g++", [`-print-file-name=${basename(name)}`])).trim();
  return found.includes("/") ? await Deno.realPath(found) : undefined;
}

async function output(command: string, args: readonly string[]): Promise<string> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, {
      args: [...args],
      stdin: "null",
      env: { LC_ALL: "C" },
    }).output();
    if (success) return new TextDecoder().decode(stdout);
    throw new RuntimeNotAvailableError(
      `\`${command} ${args.join(" ")}\` failed: ${new TextDecoder().decode(stderr).trim()}`,
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new RuntimeNotAvailableError(`${command} is not installed: run deno task setup`);
  }
}
