/**
 * Starts `airborne` and `operator` the way that every task and every end-to-end test does: as child
 * processes under their permission sets of deno.json, without network imports and without prompts.
 *
 * A flag such as `--allow-read=…` replaces the set's list of that kind (measured on Deno 2.9.6), so
 * what the caller adds is joined with the set's own list here.
 *
 * @module
 */
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../src/core/mod.ts";

/** The repository's root, without a slash at its end. */
export const REPOSITORY = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

export interface Grants {
  /** Files and folders that the user named, to be read. */
  readonly read?: readonly string[];
  /** Files and folders that the user named, to be written; they may be read as well. */
  readonly write?: readonly string[];
  /** "host:port" or "unix:/path" of a database that the user named. */
  readonly net?: readonly string[];
}

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
  return executable("airborne", args, grants);
}

/** `operator …` under the permission set `operator`. */
export function operatorCommand(args: readonly string[], grants: Grants = {}): ExecutableCommand {
  // sharp and PGlite read their own files (a shared object, WebAssembly) in Deno's npm cache.
  const cache = npmCacheDirectory();
  return executable("operator", args, { ...grants, read: [...grants.read ?? [], cache] }, [cache]);
}

type SetName = "airborne" | "operator";
type Kind = "read" | "write" | "net" | "ffi";

function executable(
  name: SetName,
  args: readonly string[],
  grants: Grants,
  ffi: readonly string[] = [],
): ExecutableCommand {
  const written = (grants.write ?? []).flatMap(asNamedAndReal);
  const read = [...(grants.read ?? []).flatMap(asNamedAndReal), ...written];
  return {
    command: Deno.execPath(),
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--cached-only",
      "--no-remote",
      `--config=${REPOSITORY}/deno.json`,
      `--permission-set=${name}`,
      ...widened(name, "read", read),
      ...widened(name, "write", written),
      ...widened(name, "net", grants.net ?? []),
      ...widened(name, "ffi", ffi),
      `${REPOSITORY}/src/${name}/main.ts`,
      ...args,
    ],
  };
}

/** The flag that joins the set's list with `extra`; no flag when there is nothing to add. */
function widened(name: SetName, kind: Kind, extra: readonly string[]): string[] {
  if (extra.length === 0) return [];
  const own = permissionSets()[name][kind];
  if (own === true) return [];
  const list = (own || []).map((entry) => kind === "net" ? entry : resolve(REPOSITORY, entry));
  return [`--allow-${kind}=${[...new Set([...list, ...extra].map(withoutComma))].join(",")}`];
}

/**
 * Deno splits the list at commas and has no escape; granting the folder above would be too much.
 */
function withoutComma(entry: string): string {
  if (entry.includes(",")) {
    throw new UsageError(
      `Cannot grant access to ${entry}: a path with a comma cannot be granted (rename it, or move it)`,
    );
  }
  return entry;
}

/** The program opens a path as it was named; the target of a link in it is granted as well. */
function asNamedAndReal(path: string): string[] {
  return [resolve(path), real(path)];
}

/** The path without symlinks, as far as it exists: a link inside an allowed folder leads out of it. */
function real(path: string): string {
  const absolute = isAbsolute(path) ? path : resolve(path);
  try {
    return Deno.realPathSync(absolute);
  } catch {
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(real(parent), absolute.slice(parent.length));
  }
}

type PermissionSets = Record<SetName, Partial<Record<Kind, boolean | readonly string[]>>>;
let sets: PermissionSets | undefined;

function permissionSets(): PermissionSets {
  sets ??= (JSON.parse(Deno.readTextFileSync(`${REPOSITORY}/deno.json`)) as {
    permissions: PermissionSets;
  }).permissions;
  return sets;
}

let npmCache: string | undefined;

function npmCacheDirectory(): string {
  if (npmCache === undefined) {
    const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
    npmCache = (JSON.parse(new TextDecoder().decode(stdout)) as { npmCache: string }).npmCache;
  }
  return npmCache;
}
