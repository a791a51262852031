/**
 * What is inside a built program: every file of its unpacked tree is traced to a component or to our
 * own code; one that cannot be traced is an error, so that the bill of materials cannot miss it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { DataError } from "../../src/core/mod.ts";
import { REPOSITORY } from "../executables.ts";
import type { Component } from "./components.ts";
import { debianComponent, type DebianTarget } from "./debian_components.ts";
import { filesBelow } from "./files.ts";
import { buildInputs, installedLibrary, owningPackages } from "./native_inputs.ts";
import { runtimeComponents } from "./runtime_components.ts";
import type { ContainedFile } from "./spdx.ts";

/**
 * Interfaces to the C library and the kernel: their headers are read, nothing of them is inside.
 */
const INTERFACES_ONLY = new Set(["libc6-dev", "linux-libc-dev"]);

/** Every file below `tree`, with its hashes; sorted by path. */
export async function containedFiles(tree: string): Promise<readonly ContainedFile[]> {
  return await Promise.all((await filesBelow(tree)).map(async (path) => {
    const bytes = await Deno.readFile(`${tree}/${path}`);
    const digest = (kind: string) => createHash(kind).update(bytes).digest("hex");
    return { path, sha1: digest("sha1"), sha256: digest("sha256") };
  }));
}

/**
 * Debian packages in and beside our native libraries, and the runtime. What compiler and linker read is
 * known from this machine's build, also for another machine: it is built from the same sources.
 */
export async function nativeComponents(
  tree: string,
  files: readonly ContainedFile[],
  target: DebianTarget,
): Promise<readonly Component[]> {
  const inputs = await buildInputs(`${REPOSITORY}/build/cmake`);
  const owners = await owningPackages(inputs);
  const lost = inputs.filter((path) => !owners.has(path));
  if (lost.length > 0) {
    throw new DataError(
      lost[0],
      "the native libraries were built from it, and no Debian package owns it",
    );
  }
  const statics = [...new Set(owners.values())].filter((name) => !INTERFACES_ONLY.has(name));
  const shared = files.map(({ path }) => path).filter(isDebianLibrary);
  const bundled = new Set<string>();
  for (const path of shared) bundled.add(await ownerOfLibrary(`${tree}/${path}`));
  return [
    ...await Promise.all(statics.map((name) => debianComponent(name, "static", target))),
    ...await Promise.all([...bundled].map((name) => debianComponent(name, "bundled", target))),
    ...runtimeComponents(),
  ];
}

/** A shared library that is neither ours nor in an npm package. */
export function isDebianLibrary(path: string): boolean {
  return /\.so(\.\d+)*$/.test(path) && !path.includes("node_modules/") &&
    !basename(path).startsWith("libgdn_");
}

async function ownerOfLibrary(path: string): Promise<string> {
  const installed = await installedLibrary(basename(path));
  const owner = installed === undefined
    ? undefined
    : (await owningPackages([installed])).get(installed);
  if (owner === undefined) {
    throw new DataError(path, "no Debian package has a library of this name; see ffi/README.md");
  }
  return owner;
}
