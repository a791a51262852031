/**
 * The runtime that goes into an executable: exactly the one that TARGETS names.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { RUNTIME_VERSION, type Target } from "./description.ts";
import { fetchPackage } from "./npm_packages.ts";

/** Its file: the one that runs this where it is the same, else from the npm registry. */
export async function runtimeFor(target: Target): Promise<string> {
  if (await hashOf(Deno.execPath()) === target.runtimeSha256) return Deno.execPath();
  const folder = await fetchPackage(target.runtimePackage, RUNTIME_VERSION, null);
  const file = `${folder}/deno`;
  if (await hashOf(file) !== target.runtimeSha256) {
    throw new Error(
      `${target.runtimePackage} ${RUNTIME_VERSION} is not the runtime that tasks/compile/description.ts names`,
    );
  }
  return file;
}

async function hashOf(file: string): Promise<string> {
  return createHash("sha256").update(await Deno.readFile(file)).digest("hex");
}
