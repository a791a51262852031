/**
 * From a built executable to what an installation of it consists of.
 *
 * @module
 */
import { basename } from "node:path";
import { exists, EXIT, GdnError } from "../../src/core/mod.ts";
import { installedDocuments } from "../documents/installed.ts";
import { readPortable, unpackPortable } from "./container.ts";
import { containedFiles, nativeComponents } from "./contents.ts";
import { debianTarget } from "./debian_components.ts";
import { filesBelow, removeIfThere } from "./files.ts";
import type { BuiltProgram } from "./layout.ts";
import { npmComponents } from "./npm_components.ts";
import { type Architecture, type Program, type Release, releaseOf } from "./release.ts";
import { spdxDocument } from "./spdx.ts";
import { systemDependencies } from "./system_libraries.ts";
import { copyrightText, thirdPartyText } from "./third_party.ts";

export interface PreparedProgram {
  readonly release: Release;
  readonly built: BuiltProgram;
  /** "libc6 (>= 2.34), …" */
  readonly depends: string;
}

/**
 * `dist` is the folder that `deno task compile` wrote to; `folder` is made anew and holds what was
 * prepared.
 */
export async function prepareProgram(
  program: Program,
  architecture: Architecture,
  { dist, folder }: { readonly dist: string; readonly folder: string },
): Promise<PreparedProgram> {
  const executable = architecture === "amd64"
    ? `${dist}/${program}`
    : `${dist}/${architecture}/${program}`;
  if (!await exists(executable)) {
    throw new GdnError(
      "NO_INPUT",
      `Cannot pack ${executable}: it is not there; run deno task compile`,
      {
        exitCode: EXIT.noInput,
      },
    );
  }
  await removeIfThere(folder);
  await Deno.mkdir(folder, { recursive: true });
  const portable = await readPortable(executable);
  const tree = `${folder}/tree`;
  await unpackPortable(portable, tree);
  const release = await releaseOf(tree);
  await Deno.writeFile(`${folder}/${program}`, portable.launcher, { mode: 0o755 });
  await writeMaterials(program, architecture, release, tree, folder);
  const binaries = (await filesBelow(tree)).filter((path) => !path.startsWith("node_modules/"));
  return {
    release,
    depends: await systemDependencies([
      `${folder}/${program}`,
      ...binaries.map((path) => `${tree}/${path}`),
    ]),
    built: {
      program,
      executable: `${folder}/${program}`,
      tree,
      treeName: portable.treeName,
      documents: await documentsOf(program, release),
      sbom: `${folder}/sbom.spdx.json`,
      thirdParty: `${folder}/THIRD_PARTY`,
      copyright: `${folder}/copyright`,
    },
  };
}

/** Manual pages and completion scripts are named after their program. */
async function documentsOf(program: Program, { epochS }: Release): Promise<Map<string, string>> {
  const date = new Date(epochS * 1000).toISOString().slice(0, 10);
  const all = await installedDocuments(date);
  const isOurs = (path: string) => new RegExp(`^_?${program}\\b`).test(basename(path));
  return new Map([...all].filter(([path]) => isOurs(path)));
}

async function writeMaterials(
  program: Program,
  architecture: Architecture,
  release: Release,
  tree: string,
  folder: string,
): Promise<void> {
  const files = await containedFiles(tree);
  const components = [
    ...await npmComponents(tree),
    ...await nativeComponents(tree, files, await debianTarget(architecture)),
  ];
  const sbom = spdxDocument({ program, release, architecture, components, files });
  await Deno.writeTextFile(`${folder}/sbom.spdx.json`, sbom);
  await Deno.writeTextFile(`${folder}/THIRD_PARTY`, thirdPartyText(program, components));
  await Deno.writeTextFile(`${folder}/copyright`, copyrightText(program));
}
