/**
 * The bundles of a program: its entry, each of its workers and the planner with all that they import,
 * without a path of the machine that made them.
 *
 * @module
 */
import { basename, dirname, relative } from "node:path";
import { REPOSITORY } from "../executables.ts";
import { bundleFolder, type Program } from "./description.ts";
import { cachedPackage, type NpmPackage, packagesFolder } from "./npm_packages.ts";
import type { TreeFile } from "./tar.ts";
import { runTool } from "./tools.ts";

export interface Bundles {
  readonly files: readonly TreeFile[];
  /** Our modules, as paths from the repository. */
  readonly modules: readonly string[];
  /** Packages that files were taken from. */
  readonly packages: readonly NpmPackage[];
  /** Names of packages that are imported and stay packages. */
  readonly imported: readonly string[];
}

export const PLANNER = "src/core/grants/plan.ts";

/** Where the planner's bundle lies in every executable. */
export const PLANNER_BUNDLE = "src/planner/plan.js";

/** Entry, the workers that it reaches, and theirs; and the planner. */
export async function bundlesOf(program: Program): Promise<Bundles> {
  const folder = bundleFolder(program.name);
  const external = program.packages.map(({ name }) => name);
  const files: TreeFile[] = [];
  const origins = new Set<string>();
  const imported = new Set<string>();
  const add = async (module: string, path: string) => {
    for (const [name, text] of await bundle(module, external)) {
      for (const [, origin] of text.matchAll(/^ *\/\/ ((?:npm|src)\/\S+)$/gm)) origins.add(origin);
      for (const each of external) if (imports(text, each)) imported.add(each);
      const { renamed, workers } = withWorkersRenamed(text, program);
      files.push({
        path: `${dirname(path)}/${name}`,
        content: new TextEncoder().encode(renamed),
      });
      for (const worker of workers) {
        const workerPath = `${folder}/${bundleName(worker)}`;
        if (!files.some((file) => file.path === workerPath)) await add(worker, workerPath);
      }
    }
  };
  await add(program.entry, `${folder}/${bundleName(program.entry)}`);
  await add(PLANNER, PLANNER_BUNDLE);
  const all = [...origins].sort();
  return {
    files,
    modules: all.filter((origin) => origin.startsWith("src/")),
    packages: packagesOf(all.filter((origin) => origin.startsWith("npm/"))),
    imported: [...imported].sort(),
  };
}

function imports(text: string, name: string): boolean {
  return text.includes(`from "${name}"`) || text.includes(`import("${name}")`) ||
    text.includes(`import "${name}"`);
}

/** "src/airborne/main.ts" → "main.js". */
function bundleName(module: string): string {
  return basename(module).replace(/\.ts$/, ".js");
}

/**
 * The files of a module's bundle by name, its own first. What it imports dynamically is in files of its own,
 * so that `--version` loads little.
 */
async function bundle(
  module: string,
  external: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const folder = `${REPOSITORY}/build/compile/${module.replaceAll("/", "_")}`;
  await removeIfThere(folder);
  await runTool(Deno.execPath(), [
    ...["bundle", "--quiet", "--platform", "deno", "--code-splitting", "--outdir", folder],
    ...external.map((name) => `--external=${name}`),
    module,
  ]);
  const files = new Map<string, string>();
  for (const { name } of Deno.readDirSync(folder)) {
    files.set(name, withoutPlaces(await Deno.readTextFile(`${folder}/${name}`), module));
  }
  return withStableNames(files, bundleName(module));
}

async function removeIfThere(folder: string): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Comments name the files that were bundled, those of packages by the way to Deno's cache. */
function withoutPlaces(text: string, module: string): string {
  const cleaned = text.replaceAll(`${relative(REPOSITORY, packagesFolder())}/`, "npm/")
    .replaceAll(`${packagesFolder()}/`, "npm/");
  for (const place of [REPOSITORY, packagesFolder()]) {
    if (cleaned.includes(place)) throw new Error(`the bundle of ${module} names ${place}`);
  }
  return cleaned;
}

/**
 * The names of the parts hold a hash of what they were before they were cleaned, paths included: they are
 * numbered in the order in which they are reached from the first instead.
 */
function withStableNames(
  files: ReadonlyMap<string, string>,
  first: string,
): ReadonlyMap<string, string> {
  const names = new Map([[first, first]]);
  const part = /"\.\/([\w-]+-[A-Z0-9]{8}\.js)"/g;
  for (const name of names.keys()) {
    for (const [, found] of (files.get(name) ?? "").matchAll(part)) {
      if (!files.has(found) || names.has(found)) continue;
      names.set(found, found.replace(/-\w{8}\.js$/, `-${first.slice(0, -3)}-${names.size}.js`));
    }
  }
  const renamed = (text: string) =>
    text.replaceAll(
      part,
      (whole, name: string) => names.has(name) ? `"./${names.get(name)}"` : whole,
    );
  return new Map(
    [...names].map(([name, stable]) => [stable, renamed(files.get(name) ?? "")]),
  );
}

/** A worker is a bundle beside the program's: `new URL("./x.ts", import.meta.url)` becomes "./x.js". */
function withWorkersRenamed(
  text: string,
  program: Program,
): { readonly renamed: string; readonly workers: readonly string[] } {
  const workers = new Set<string>();
  const renamed = text.replaceAll(
    /new URL\("\.\/([\w/]+)\.ts", import\.meta\.url\)/g,
    (_, name: string) => {
      const worker = program.workers.find((each) => basename(each) === `${name}.ts`);
      if (worker === undefined) {
        throw new Error(
          `${program.name} starts ${name}.ts, and tasks/compile/description.ts names no such worker`,
        );
      }
      workers.add(worker);
      return `new URL("./${name}.js", import.meta.url)`;
    },
  );
  return { renamed, workers: [...workers].sort() };
}

/** "npm/@mcap/core/2.2.2/dist/x.js" → its package. */
function packagesOf(files: readonly string[]): NpmPackage[] {
  const found = new Map<string, NpmPackage>();
  for (const file of files) {
    const [, name, version] = file.match(/^npm\/((?:@[^/]+\/)?[^/]+)\/([^/]+)\//) ?? [];
    if (name !== undefined) found.set(`${name}@${version}`, cachedPackage(name, version));
  }
  return [...found.values()];
}
