/**
 * Native libraries of an executable: ours, and those of Debian that they need and that a minimal
 * Debian lacks.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { Target } from "./description.ts";
import { packagesFile, sysroot, type SysrootPackages } from "./sysroot.ts";
import { runTool } from "./tools.ts";

export interface NativeLibraryFile {
  /** "libgdn_vision.so", "libtbb.so.12": as the others ask for it. */
  readonly name: string;
  /** The file itself, without links. */
  readonly file: string;
  /** Debian's package and version; null for ours. */
  readonly debian: { readonly package: string; readonly version: string } | null;
}

/** Of libc6, libgcc-s1 and libstdc++6, which every Debian and Ubuntu has: apt itself needs them. */
const EVERYWHERE = /^(libc|libm|libdl|librt|libpthread|libgcc_s|libstdc\+\+|ld-linux.*)\.so\./;

/** `own` are the files of our libraries. Sorted by name. */
export async function nativeLibraries(
  own: readonly string[],
  target: Target,
): Promise<NativeLibraryFile[]> {
  const found = new Map<string, NativeLibraryFile>();
  const visit = async (name: string, file: string, isOwn: boolean) => {
    if (found.has(name)) return;
    const debian = isOwn ? null : await debianPackage(file, target);
    found.set(name, { name, file, debian });
    for (const needed of await neededBy(file, target)) {
      if (!EVERYWHERE.test(needed)) await visit(needed, librarySought(needed, target), false);
    }
  };
  for (const file of own) await visit(basename(file), file, true);
  return [...found.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

async function neededBy(file: string, target: Target): Promise<string[]> {
  const text = await runTool(`${target.tools}readelf`, ["-d", file], { LC_ALL: "C" });
  return [...text.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name);
}

/** Where this target's libraries of Debian are, below the root of its packages. */
function librarySought(name: string, target: Target): string {
  const triplet = target.name.replace("-unknown", "");
  const root = target.tools === "" ? "" : sysroot(target);
  for (const folder of [`${root}/usr/lib/${triplet}`, `${root}/lib/${triplet}`]) {
    const path = `${folder}/${name}`;
    if (existsSync(path)) return Deno.realPathSync(path);
  }
  throw new Error(`${name} is needed and not installed: run \`deno task setup\``);
}

async function debianPackage(
  file: string,
  target: Target,
): Promise<{ package: string; version: string }> {
  if (target.tools !== "") return sysrootPackage(file, target);
  // Since /lib became a link, dpkg may know a file by either name.
  const names = [file, file.replace(/^\/usr/, "")];
  for (const name of names) {
    let owner: string;
    try {
      owner = (await runTool("dpkg-query", ["-S", name])).split(":")[0];
    } catch {
      continue;
    }
    const version = await runTool("dpkg-query", ["-W", "-f", "${Version}\\n", owner]);
    return { package: owner, version: version.trim().split("\n")[0] };
  }
  throw new Error(`no Debian package owns ${file}: its licence is unknown, so it is not packed`);
}

function sysrootPackage(file: string, target: Target): { package: string; version: string } {
  const root = Deno.realPathSync(sysroot(target));
  const packages = JSON.parse(Deno.readTextFileSync(packagesFile(target))) as SysrootPackages;
  const path = file.slice(root.length);
  for (const [name, { version, files }] of Object.entries(packages)) {
    if (files.includes(path)) return { package: name, version };
  }
  throw new Error(`no package of ${root} owns ${path}`);
}
