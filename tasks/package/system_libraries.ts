/**
 * What a package asks Debian for (`Depends:`): the libraries of the machine that our files use, each
 * with the oldest version that has all the symbols they ask for; as dpkg-shlibdeps finds it, without
 * the Perl that it needs.
 *
 * @module
 */
import { DataError } from "../../src/core/mod.ts";
import {
  compareVersions,
  elfFiles,
  installedLibrary,
  neededLibraries,
  owningPackages,
  symbolVersions,
} from "./native_inputs.ts";

/** `Depends:` of a package whose executables and libraries are in `files` (absolute paths). */
export async function systemDependencies(files: readonly string[]): Promise<string> {
  const wanted = new Map<string, string | null>();
  const binaries = await elfFiles(files);
  const inside = new Set(binaries.map((path) => path.split("/").at(-1)));
  for (const path of binaries) {
    const versions = await symbolVersions(path);
    for (const library of await neededLibraries(path)) {
      if (inside.has(library)) continue;
      const name = await packageOf(library, path);
      const minimum = await minimumVersion(name, versions.get(library) ?? []);
      const known = wanted.get(name) ?? null;
      if (known === null || (minimum !== null && compareVersions(minimum, known) > 0)) {
        wanted.set(name, minimum);
      }
    }
  }
  return [...wanted].toSorted(([a], [b]) => a < b ? -1 : 1)
    .map(([name, minimum]) => minimum === null ? name : `${name} (>= ${minimum})`).join(", ");
}

/** By this machine's packages: another machine's have the same names, and symbols since the same versions. */
async function packageOf(library: string, user: string): Promise<string> {
  // Named after the processor, so that this machine's package may lack it.
  if (library.startsWith("ld-linux")) return "libc6";
  const path = await installedLibrary(library);
  const owner = path === undefined ? undefined : (await owningPackages([path])).get(path);
  if (owner === undefined) {
    throw new DataError(user, `needs ${library}, which is neither inside nor in a Debian package`);
  }
  return owner;
}

/** By the symbols file that the library's package ships; null where it knows none of the versions. */
async function minimumVersion(name: string, nodes: readonly string[]): Promise<string | null> {
  const text = await symbolsOf(name);
  const versions = nodes.flatMap((node) => {
    const line = text.split("\n").find((one) => one.startsWith(` ${node}@${node} `));
    return line === undefined ? [] : [line.trim().split(" ")[1]];
  });
  return versions.toSorted(compareVersions).at(-1) ?? null;
}

async function symbolsOf(name: string): Promise<string> {
  const architecture = new TextDecoder().decode(
    (await new Deno.Command("dpkg", { args: ["--print-architecture"] }).output()).stdout,
  ).trim();
  for (const path of [`${name}:${architecture}.symbols`, `${name}.symbols`]) {
    try {
      return await Deno.readTextFile(`/var/lib/dpkg/info/${path}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return "";
}
