/**
 * npm packages by deno.lock: which ones a package needs on a target, where they are, their licences.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { createHash } from "node:crypto";
import { npmCacheDirectory, REPOSITORY } from "../executables.ts";
import type { Target } from "./description.ts";
import { runTool } from "./tools.ts";

export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression of its package.json. */
  readonly licence: string;
  /** Where its files are on this machine. */
  readonly folder: string;
}

interface LockEntry {
  readonly integrity: string;
  readonly dependencies?: readonly string[];
  readonly optionalDependencies?: readonly string[];
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

interface Lock {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, LockEntry>>;
}

let read: Lock | undefined;

function lock(): Lock {
  read ??= JSON.parse(Deno.readTextFileSync(`${REPOSITORY}/deno.lock`)) as Lock;
  return read;
}

/** "proj4@2.22.0_geotiff@3.0.5" → ["proj4", "2.22.0"]. */
function nameAndVersion(key: string): [name: string, version: string] {
  const [, name, version] = key.match(/^(@?[^@]+)@([^_]+)/) ?? [];
  return [name, version];
}

/** The key in the lock file of a dependency that it names with or without a version. */
function keyOf(dependency: string): string {
  const { npm } = lock();
  if (npm[dependency] !== undefined) return dependency;
  const found = Object.keys(npm).filter((key) => nameAndVersion(key)[0] === dependency);
  if (found.length !== 1) {
    throw new Error(`deno.lock: ${dependency} is there ${found.length} times, expected once`);
  }
  return found[0];
}

function runsOn({ os, cpu }: LockEntry, key: string, target: Target): boolean {
  // Debian and Ubuntu use glibc; the lock file does not tell the two builds apart.
  if (/linuxmusl|wasm|webcontainers/.test(key)) return false;
  return (os === undefined || os.includes("linux")) &&
    (cpu === undefined || cpu.includes(target.npmCpu));
}

/** `name` and all that it needs on `target` but the `unused`, sorted by name. */
export async function packageClosure(
  name: string,
  unused: readonly string[],
  target: Target,
): Promise<NpmPackage[]> {
  const { npm } = lock();
  const found = new Set<string>();
  const visit = (key: string) => {
    const entry = npm[key];
    if (found.has(key) || !runsOn(entry, key, target)) return;
    found.add(key);
    const { dependencies = [], optionalDependencies = [] } = entry;
    for (const next of [...dependencies, ...optionalDependencies].map(keyOf)) {
      if (!unused.includes(nameAndVersion(next)[0])) visit(next);
    }
  };
  visit(keyOf(name));
  return await Promise.all([...found].sort().map(packageOf));
}

/** The package of a key of the lock file, fetched where another machine's package is not here yet. */
async function packageOf(key: string): Promise<NpmPackage> {
  const [name, version] = nameAndVersion(key);
  const cached = `${packagesFolder()}/${name}/${version}`;
  const folder = existsSync(`${cached}/package.json`)
    ? cached
    : await fetchPackage(name, version, lock().npm[key].integrity);
  return { name, version, licence: licenceOf(folder), folder };
}

/** A package of the npm cache that a bundle has files of. */
export function cachedPackage(name: string, version: string): NpmPackage {
  const folder = `${packagesFolder()}/${name}/${version}`;
  return { name, version, licence: licenceOf(folder), folder };
}

function licenceOf(folder: string): string {
  const { license } = JSON.parse(Deno.readTextFileSync(`${folder}/package.json`)) as {
    license?: string | { readonly type: string };
  };
  if (license === undefined) return "NOASSERTION";
  return typeof license === "string" ? license : license.type;
}

let folder: string | undefined;

/** The folder of the registry that the packages came from, in Deno's npm cache. */
export function packagesFolder(): string {
  if (folder !== undefined) return folder;
  const cache = npmCacheDirectory();
  const [name, version] = nameAndVersion(keyOf("zod"));
  for (const { name: registry } of Deno.readDirSync(cache)) {
    if (existsSync(`${cache}/${registry}/${name}/${version}`)) {
      return folder = `${cache}/${registry}`;
    }
  }
  throw new Error(`${cache} has no npm packages: run \`deno task setup\``);
}

/** From the registry, with npm; checked against `integrity` ("sha512-…") where that is known. */
export async function fetchPackage(
  name: string,
  version: string,
  integrity: string | null,
): Promise<string> {
  const place = `${REPOSITORY}/build/npm/${name}@${version}`;
  if (existsSync(`${place}/package/package.json`)) return `${place}/package`;
  await Deno.mkdir(place, { recursive: true });
  console.error(`compile: fetching ${name} ${version}`);
  const printed = await runTool("npm", [
    ...["pack", "--silent", "--pack-destination", place, `${name}@${version}`],
  ]);
  const archive = `${place}/${printed.trim().split("\n").at(-1)}`;
  const digest = createHash("sha512").update(await Deno.readFile(archive)).digest("base64");
  if (integrity !== null && integrity !== `sha512-${digest}`) {
    await Deno.remove(place, { recursive: true });
    throw new Error(`${name} ${version} from the registry is not what deno.lock names`);
  }
  await runTool("tar", ["-xzf", archive, "-C", place]);
  await Deno.remove(archive);
  return `${place}/package`;
}
