/**
 * Our own native libraries and the launcher, built for a target.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { REPOSITORY } from "../executables.ts";
import { buildNative } from "../native_build.ts";
import type { Target } from "./description.ts";
import { makeSysroot, sysroot } from "./sysroot.ts";

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
  const options = target.tools === "" ? [] : await crossOptions(target);
  if (!await buildNative(`${REPOSITORY}/ffi`, `${REPOSITORY}/${folder(target)}/cmake`, options)) {
    throw new Error("the native libraries could not be built; see above");
  }
}

async function crossOptions(target: Target): Promise<string[]> {
  for (const compiler of ["gcc", "g++"]) {
    if (existsSync(`/usr/bin/${target.tools}${compiler}`)) continue;
    throw new Error(
      `${target.tools}${compiler} is not installed: sudo apt-get install -y --no-install-recommends ` +
        `g++-${target.tools.replace(/-$/, "")}`,
    );
  }
  await makeSysroot(target);
  return [
    `-DCMAKE_TOOLCHAIN_FILE=${REPOSITORY}/ffi/cross_${target.debianArchitecture}.cmake`,
    `-DGDN_SYSROOT=${sysroot(target)}`,
    `-DCMAKE_C_COMPILER=/usr/bin/${target.tools}gcc`,
    `-DCMAKE_CXX_COMPILER=/usr/bin/${target.tools}g++`,
    "-DGDN_TENSORRT=OFF",
  ];
}
