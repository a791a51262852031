/**
 * The runtime's permission flags for one command line: the permission set of the program, joined with
 * what the command line names.
 *
 * @module
 */
import { dirname, isAbsolute, join, resolve } from "node:path";
import { UsageError } from "../errors.ts";
import type { Grants } from "./named.ts";

/** In this order they stand on the command line. */
const KINDS = ["read", "write", "net", "env", "sys", "run", "ffi", "import"] as const;
type Kind = (typeof KINDS)[number];

/** A permission set as deno.json writes it: all, none, or a list. */
export type PermissionSet = Readonly<Partial<Record<Kind, boolean | readonly string[]>>>;

/**
 * `--allow-…` for every kind that the set or the command line allows. Relative paths of the set lie
 * below `root`, those of the command line below the working directory. They are not joined by `-P`
 * and a flag: a flag replaces the set's list of that kind (measured on Deno 2.9.6).
 *
 * @throws UsageError for a path that cannot be granted
 */
export function permissionFlags(set: PermissionSet, grants: Grants, root: string): string[] {
  const write = (grants.write ?? []).flatMap(asNamedAndReal);
  const named: Partial<Record<Kind, readonly string[]>> = {
    read: [...(grants.read ?? []).flatMap(asNamedAndReal), ...write],
    write,
    net: grants.net ?? [],
    run: grants.run ?? [],
  };
  return KINDS.flatMap((kind) => flag(kind, set[kind] ?? false, named[kind] ?? [], root));
}

function flag(
  kind: Kind,
  own: boolean | readonly string[],
  named: readonly string[],
  root: string,
): string[] {
  if (own === true) return [`--allow-${kind}`];
  const isPath = kind === "read" || kind === "write" || kind === "ffi";
  const list = (own || []).map((entry) => isPath ? resolve(root, entry) : entry);
  const all = [...new Set([...list, ...named].map(grantable))];
  return all.length === 0 ? [] : [`--allow-${kind}=${all.join(",")}`];
}

/**
 * Deno splits the list at commas and has no escape; granting the folder above would be too much. NUL, which a
 * configuration can hold, ends an argument of the planner's answer: what follows it would be a flag of its own.
 */
function grantable(entry: string): string {
  if (entry.includes(",")) {
    throw new UsageError(
      `Cannot grant access to ${entry}: a path with a comma cannot be granted (rename it, or move it)`,
    );
  }
  if (entry.includes("\0")) {
    throw new UsageError(
      `Cannot grant access to ${
        JSON.stringify(entry)
      }: a path cannot hold NUL (correct it in the configuration)`,
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
