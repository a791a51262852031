/**
 * What an executable says of itself: `build_info.json` inside.
 *
 * @module
 */
import {
  type BuildInfo,
  type NativeBuildInfo,
  nativeBuildInfoInFile,
  VERSION,
} from "../../src/core/mod.ts";
import { RUNTIME_VERSION, type Target } from "./description.ts";
import type { NpmPackage } from "./npm_packages.ts";
import { runTool } from "./tools.ts";

export type BuildKind = Exclude<BuildInfo["kind"], "development">;

/** `libraries` are the files of ours, `packages` those that stay packages. */
export async function buildInfo(
  target: Target,
  kind: BuildKind,
  libraries: readonly string[],
  packages: readonly NpmPackage[],
): Promise<BuildInfo> {
  return {
    format: "gdn-build-info",
    formatVersion: 1,
    version: VERSION,
    commit: await commit(),
    kind,
    target: target.name,
    runtime: {
      deno: RUNTIME_VERSION,
      v8: Deno.version.v8,
      typescript: Deno.version.typescript,
    },
    nativeLibraries: libraries.map(libraryInfo).sort((a, b) => a.name < b.name ? -1 : 1),
    packages: Object.fromEntries(packages.map(({ name, version }) => [name, version])),
  };
}

/** null where the checkout differs from its commit: nobody could build the same again. */
async function commit(): Promise<string | null> {
  const changes = await runTool("git", ["status", "--porcelain", "--untracked-files=no"]);
  if (changes.trim() !== "") return null;
  return (await runTool("git", ["rev-parse", "HEAD"])).trim();
}

function libraryInfo(file: string): NativeBuildInfo {
  const info = nativeBuildInfoInFile(Deno.readFileSync(file));
  if (info === undefined) throw new Error(`${file} does not say what it was built from`);
  return info;
}
