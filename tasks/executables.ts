/**
 * Starts `airborne` and `operator` the way that every task and every end-to-end test does: as child
 * processes under their permission sets of deno.json, without network imports and without prompts.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { firstWord, type Grants, permissionFlags, type PermissionSet } from "../src/core/mod.ts";

/** The repository's root, without a slash at its end. */
export const REPOSITORY = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

export interface ExecutableCommand {
  /** First argument of `new Deno.Command`. */
  readonly command: string;
  /** `args` of its options. */
  readonly args: string[];
}

/**
 * `airborne …` under the permission set `airborne`, which may read and write only the given paths.
 */
export function airborneCommand(args: readonly string[], grants: Grants = {}): ExecutableCommand {
  return executable("airborne", args, grants, onnxRuntimeBinding());
}

/** `operator …` under the permission set `operator`. */
export function operatorCommand(args: readonly string[], grants: Grants = {}): ExecutableCommand {
  const set = OWN_SETS.operator[firstWord(args) ?? ""];
  if (set !== undefined) return executable("operator", args, grants, [], set);
  // sharp and PGlite read their own files (a shared object, WebAssembly) in Deno's npm cache.
  const cache = npmCacheDirectory();
  return executable("operator", args, { ...grants, read: [...grants.read ?? [], cache] }, [cache]);
}

type ProgramName = "airborne" | "operator";

/** Commands that run under a permission set of their own, by their first word. */
export const OWN_SETS: Readonly<Record<ProgramName, Readonly<Record<string, string>>>> = {
  airborne: {},
  operator: { worker: "worker" },
};

function executable(
  name: ProgramName,
  args: readonly string[],
  grants: Grants,
  npm: readonly string[] = [],
  setName: string = name,
): ExecutableCommand {
  const set = permissionSet(setName);
  const ffi = Array.isArray(set.ffi) ? [...set.ffi, ...npm] : set.ffi ?? false;
  return {
    command: Deno.execPath(),
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--cached-only",
      "--no-remote",
      `--config=${REPOSITORY}/deno.json`,
      ...permissionFlags({ ...set, ffi }, grants, REPOSITORY),
      `${REPOSITORY}/src/${name}/main.ts`,
      ...args,
    ],
  };
}

interface DenoJson {
  readonly permissions: Readonly<Record<string, PermissionSet>>;
  readonly imports: Readonly<Record<string, string>>;
}

let read: DenoJson | undefined;

function denoJson(): DenoJson {
  return read ??= JSON.parse(Deno.readTextFileSync(`${REPOSITORY}/deno.json`)) as DenoJson;
}

/** A set of deno.json, the one place that says what a program may do at most. */
export function permissionSet(name: string): PermissionSet {
  return denoJson().permissions[name];
}

/** ONNX Runtime's native module, which the first model loads; it opens its library itself. */
function onnxRuntimeBinding(): string[] {
  const cache = npmCacheDirectory();
  const [name, version] = denoJson().imports["onnxruntime-node"].replace(/^npm:/, "").split("@");
  const machine = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  const file = `${name}/${version}/bin/napi-v6/linux/${machine}/onnxruntime_binding.node`;
  return [...Deno.readDirSync(cache)].map((registry) => `${cache}/${registry.name}/${file}`)
    .filter((path) => existsSync(path));
}

let npmCache: string | undefined;

/** Deno's folder of npm packages. */
export function npmCacheDirectory(): string {
  if (npmCache === undefined) {
    const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
    npmCache = (JSON.parse(new TextDecoder().decode(stdout)) as { npmCache: string }).npmCache;
  }
  return npmCache;
}
