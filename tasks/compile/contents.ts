/**
 * Everything that goes into one executable: its files, and where they come from. The bill of
 * materials and the licences are made from this too.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { relative } from "node:path";
import { commandAccess, VERSION } from "../../src/core/mod.ts";
import type { CommandAccess } from "../../src/core/mod.ts";
import type { PlannerData } from "../../src/core/grants/plan.ts";
import { OWN_SETS, REPOSITORY } from "../executables.ts";
import { type Bundles, bundlesOf, PLANNER_BUNDLE } from "./bundle.ts";
import { buildInfo, type BuildKind } from "./build_info.ts";
import {
  bundleFolder,
  describe,
  permissionsInside,
  type Program,
  type ProgramName,
  RUNTIME_VERSION,
  type Target,
} from "./description.ts";
import { nativeLibraries, type NativeLibraryFile } from "./libraries.ts";
import { type NpmPackage, packageClosure } from "./npm_packages.ts";
import { permissionFlags } from "../../src/core/mod.ts";
import { ownLibrary } from "./native.ts";
import { runtimeFor } from "./runtime.ts";
import type { TreeFile } from "./tar.ts";

/** Our libraries that only some hosts build: in the executables that are made on one of them. */
const WHERE_BUILT = ["tensorrt"];

/** An npm package inside: as a package of its own, or files of it in a bundle. */
export interface PackageInside extends NpmPackage {
  readonly kept: boolean;
}

export interface Contents {
  readonly program: Program;
  readonly target: Target;
  readonly version: string;
  /** The runtime: its version and its program. */
  readonly runtime: { readonly version: string; readonly file: string };
  readonly npm: readonly PackageInside[];
  /** Ours (`debian` is null) and Debian's. */
  readonly libraries: readonly NativeLibraryFile[];
  /** Modules of src/ that the bundles hold. */
  readonly modules: readonly string[];
  /** All files but the runtime. */
  readonly files: readonly TreeFile[];
}

export async function contentsOf(
  name: ProgramName,
  target: Target,
  kind: BuildKind,
): Promise<Contents> {
  const program = describe(name);
  const bundles = await bundlesOf(program);
  const kept = await keptPackages(program, bundles.imported, target);
  const own = [
    ...program.libraries.map((library) => ownLibrary(library, target)),
    ...WHERE_BUILT.map((library) => ownLibrary(library, target)).filter(existsSync),
  ];
  const libraries = await nativeLibraries(own, target);
  return {
    program,
    target,
    version: VERSION,
    runtime: { version: RUNTIME_VERSION, file: await runtimeFor(target) },
    npm: packagesInside(bundles, kept.map(({ inside }) => inside)),
    libraries,
    modules: bundles.modules,
    files: [
      ...bundles.files,
      ...kept.flatMap(({ files }) => files),
      ...(kept.length === 0 ? [] : [json("package.json", { private: true, type: "module" })]),
      ...libraries.map((library) => ({
        path: `build/lib/${library.name}`,
        content: { file: library.file },
      })),
      ...program.files.flatMap((path) => filesBelow(path)),
      json("build_info.json", await buildInfo(target, kind, own, kept.map(({ inside }) => inside))),
      ...await launchFiles(program, kept.length > 0),
    ],
  };
}

function packagesInside(bundles: Bundles, kept: readonly NpmPackage[]): PackageInside[] {
  const all = [
    ...bundles.packages.map((each) => ({ ...each, kept: false })),
    ...kept.map((each) => ({ ...each, kept: true })),
  ];
  return all.sort((a, b) => a.name < b.name ? -1 : 1);
}

function json(path: string, value: unknown): TreeFile {
  return { path, content: new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`) };
}

/** The packages that stay packages, with their files. A package of several keeps what any keeps. */
async function keptPackages(
  program: Program,
  imported: readonly string[],
  target: Target,
): Promise<{ readonly inside: NpmPackage; readonly files: readonly TreeFile[] }[]> {
  const kept = new Map<string, { inside: NpmPackage; files: TreeFile[] }>();
  for (const { name, without, unused } of program.packages) {
    if (!imported.includes(name)) continue;
    for (const inside of await packageClosure(name, unused, target)) {
      if (kept.has(inside.name)) continue;
      kept.set(inside.name, { inside, files: packageFiles(inside, without(target)) });
    }
  }
  return [...kept.values()];
}

function packageFiles({ name, folder }: NpmPackage, without: RegExp): TreeFile[] {
  const files: TreeFile[] = [];
  for (const file of walk(folder)) {
    const path = relative(folder, file);
    // Deno leaves notes of its own there (.scripts-warned-…), one more for each checkout that used the cache.
    if (/(^|\/)\./.test(path)) continue;
    const isLicence = /licen[cs]e|notice|copying/i.test(path);
    if (isLicence || !without.test(path)) {
      files.push({ path: `node_modules/${name}/${path}`, content: { file } });
    }
  }
  return files;
}

function filesBelow(path: string): TreeFile[] {
  return [...walk(`${REPOSITORY}/${path}`)].map((file) => ({
    path: relative(REPOSITORY, file),
    content: { file },
  }));
}

function* walk(path: string): Generator<string> {
  if (Deno.statSync(path).isFile) {
    yield path;
    return;
  }
  const names = [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  for (const name of names) yield* walk(`${path}/${name}`);
}

/** What the launcher reads: arguments that end with NUL, and what the planner knows. */
async function launchFiles({ name }: Program, hasPackages: boolean): Promise<TreeFile[]> {
  const permissions = permissionsInside(name, hasPackages);
  const entry = `${bundleFolder(name)}/main.js`;
  const before = runtimeArguments(name, hasPackages);
  const planner: PlannerData = {
    before,
    permissions,
    ownPermissions: Object.fromEntries(
      Object.entries(OWN_SETS[name]).map(([command, set]) => [
        command,
        permissionsInside(name, hasPackages, set),
      ]),
    ),
    entry,
    commands: commandAccess(await commandsOf(name)),
  };
  const plan = [
    ...runtimeArguments("planner", false),
    // Reading alone: links in what the command line names are resolved, whatever that is.
    "--allow-read",
    "--allow-env=GDN_*,LOG_STREAM,LOG_TOKENS",
    `{root}/${PLANNER_BUNDLE}`,
  ];
  const base = [...before, ...permissionFlags(permissions, {}, "/{root}"), `/{root}/${entry}`];
  return [
    json("launch/planner.json", planner),
    nulList("launch/plan", plan),
    // The root is not known here: `/{root}` made the paths absolute.
    nulList("launch/base", base.map((argument) => argument.replaceAll("/{root}", "{root}"))),
  ];
}

function nulList(path: string, list: readonly string[]): TreeFile {
  return { path, content: new TextEncoder().encode(list.map((each) => `${each}\0`).join("")) };
}

async function commandsOf(name: ProgramName): Promise<readonly CommandAccess[]> {
  const { commands } = name === "airborne"
    ? await import("../../src/airborne/compose.ts")
    : await import("../../src/operator/compose.ts");
  return commands();
}

/** How the runtime is started, up to the permissions; the first word is the process's name. */
function runtimeArguments(name: string, hasPackages: boolean): string[] {
  return [
    name,
    "run",
    "--quiet",
    "--no-prompt",
    "--cached-only",
    "--no-remote",
    "--no-config",
    "--no-lock",
    ...(hasPackages ? ["--node-modules-dir=manual"] : ["--no-npm"]),
  ];
}
