/**
 * Our own native libraries and the launcher, built for a target.
 *
 * @module
 */
import { REPOSITORY } from "../executables.ts";
import { buildNative } from "../native_build.ts";
import type { Target } from "./description.ts";

function folder(target: Target): string {
  return target.tools === "" ? "build" : `build/${target.debianArchitecture}`;
}

export function ownLibrary(name: string, target: Target): string {
  return `${REPOSITORY}/${folder(target)}/lib/libgdn_${name}.so`;
}

export function launcherFile(target: Target): string {
  return `${REPOSITORY}/${folder(target)}/launcher/gdn_launcher`;
}

/** Builds what has changed. */
export async function buildNativeFor(target: Target): Promise<void> {
  if (!await buildNative(`${REPOSITORY}/ffi`, `${REPOSITORY}/${folder(target)}/cmake`)) {
    throw new Error("the native libraries could not be built; see above");
  }
}
