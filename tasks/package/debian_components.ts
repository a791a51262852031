/**
 * Debian packages as components, with the licences that /usr/share/doc tells.
 *
 * @module
 */
import * as z from "zod";
import { RuntimeNotAvailableError } from "../../src/core/mod.ts";
import { REPOSITORY } from "../executables.ts";
import type { Component, Relation } from "./components.ts";
import type { Architecture } from "./release.ts";

/**
 * Short names of the machine-readable copyright format to SPDX identifiers; what is not here has
 * its text in the document instead.
 */
const SPDX_NAMES: Readonly<Record<string, string>> = {
  "Apache-2.0": "Apache-2.0",
  "Expat": "MIT",
  "MIT": "MIT",
  "BSD-2-clause": "BSD-2-Clause",
  "BSD-3-clause": "BSD-3-Clause",
  "BSD-3-Clause": "BSD-3-Clause",
  "MPL-2": "MPL-2.0",
  "MPL-2.0": "MPL-2.0",
  "Zlib": "Zlib",
  "GPL-2": "GPL-2.0-only",
  "GPL-2+": "GPL-2.0-or-later",
  "GPL-3+": "GPL-3.0-or-later",
  "LGPL-2.1": "LGPL-2.1-only",
  "LGPL-2.1+": "LGPL-2.1-or-later",
  "LGPL-3+": "LGPL-3.0-or-later",
};

/** The machine that a program runs on, and which versions it was built with there. */
export interface DebianTarget {
  readonly architecture: Architecture;
  /** Version by package; null: those that are installed here. */
  readonly versions: ReadonlyMap<string, string> | null;
}

/**
 * For another machine than this one: the versions of the packages that `deno task compile` unpacked.
 * Names, sources and licences are those of the same release here.
 */
export async function debianTarget(architecture: Architecture): Promise<DebianTarget> {
  if (architecture === "amd64") return { architecture, versions: null };
  const path = `${REPOSITORY}/build/sysroot-${architecture}/packages.json`;
  const packages = z.record(z.string(), z.object({ version: z.string() }))
    .parse(JSON.parse(await Deno.readTextFile(path)));
  const versions = Object.entries(packages).map(([name, { version }]) => [name, version] as const);
  return { architecture, versions: new Map(versions) };
}

export async function debianComponent(
  name: string,
  relation: Relation,
  target: DebianTarget,
): Promise<Component> {
  const { success, stdout } = await new Deno.Command("dpkg-query", {
    args: [
      "-W",
      "-f",
      "${Version}\\t${Architecture}\\t${source:Package}",
      name,
    ],
    stdin: "null",
    stderr: "null",
  }).output();
  if (!success) {
    throw new RuntimeNotAvailableError(`${name} is not installed: run deno task setup`);
  }
  const [installed, built, source] = new TextDecoder().decode(stdout).split("\t");
  const version = target.versions?.get(name) ?? installed;
  const architecture = built === "all" ? built : target.architecture;
  const copyright = await Deno.readTextFile(`/usr/share/doc/${name}/copyright`);
  return {
    name,
    version,
    relation,
    purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`,
    licence: licenceOf(copyright),
    licenceTexts: [copyright.trim()],
    supplier: "Organization: Debian",
    comment: `Debian source package ${source}`,
  };
}

/** The licence of `Files: *` in a machine-readable copyright file, as an SPDX expression. */
export function licenceOf(copyright: string): string | null {
  const stanza = copyright.split(/\n\s*\n/).find((one) => /^Files: *\*\s*$/m.test(one));
  const words = /^License: *(.+)$/m.exec(stanza ?? "")?.[1].trim();
  if (words === undefined || words.includes(",")) return null;
  const parts = words.split(/\s+(and|or)\s+/i);
  const names = parts.map((part, index) => index % 2 === 1 ? part.toUpperCase() : SPDX_NAMES[part]);
  return names.every((name) => name !== undefined) ? names.join(" ") : null;
}
