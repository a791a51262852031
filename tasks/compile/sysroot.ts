/**
 * Debian's packages of another machine, unpacked below build/sysroot-ARCHITECTURE: what the cross compiler
 * links against, and whose libraries go into the executable. apt-get works on lists of its own there, so
 * that the machine's packages stay as they are and no root is needed.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { LINKED_PACKAGES } from "../debian_packages.ts";
import { REPOSITORY } from "../executables.ts";
import type { Target } from "./description.ts";
import { runTool } from "./tools.ts";

export function sysroot(target: Target): string {
  return `${REPOSITORY}/build/sysroot-${target.debianArchitecture}`;
}

/** A file of each unpacked package, by package. */
export type SysrootPackages = Readonly<
  Record<string, { readonly version: string; readonly files: readonly string[] }>
>;

export function packagesFile(target: Target): string {
  return `${sysroot(target)}/packages.json`;
}

/** Fetches and unpacks them; once. */
export async function makeSysroot(target: Target): Promise<void> {
  const root = sysroot(target);
  if (existsSync(packagesFile(target))) return;
  console.error(`compile: fetching Debian's ${target.debianArchitecture} packages`);
  const apt = `${root}.apt`;
  for (const path of [root, apt]) await Deno.remove(path, { recursive: true }).catch(() => {});
  for (const path of ["lists/partial", "archives/partial", "state"]) {
    await Deno.mkdir(`${apt}/${path}`, { recursive: true });
  }
  await Deno.mkdir(root, { recursive: true });
  await Deno.writeTextFile(`${apt}/state/status`, "");
  const options = Object.entries({
    "APT::Architecture": target.debianArchitecture,
    "APT::Architectures": target.debianArchitecture,
    "Dir::State": `${apt}/state`,
    "Dir::State::lists": `${apt}/lists`,
    "Dir::State::status": `${apt}/state/status`,
    "Dir::Cache": apt,
    "Dir::Cache::archives": `${apt}/archives`,
    "Debug::NoLocking": "1",
  }).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  await runTool("apt-get", [...options, "update", "-q"]);
  await runTool("apt-get", [
    ...[...options, "install", "-q", "-y", "--no-install-recommends", "--download-only"],
    ...LINKED_PACKAGES,
  ]);
  await Deno.writeTextFile(packagesFile(target), JSON.stringify(await unpack(apt, root), null, 1));
  await Deno.remove(apt, { recursive: true });
}

async function unpack(apt: string, root: string): Promise<SysrootPackages> {
  const packages: Record<string, { version: string; files: string[] }> = {};
  const archives = [...Deno.readDirSync(`${apt}/archives`)].map(({ name }) => name)
    .filter((name) => name.endsWith(".deb")).sort();
  for (const archive of archives) {
    const path = `${apt}/archives/${archive}`;
    await runTool("dpkg-deb", ["-x", path, root]);
    const shown = await runTool("dpkg-deb", ["-W", "--showformat", "${Package} ${Version}", path]);
    const [name, version] = shown.split(" ");
    const listing = await runTool("dpkg-deb", ["-c", path]);
    const files = listing.split("\n").filter((line) => line.startsWith("-"))
      .map((line) => line.trim().split(/\s+/)[5].replace(/^\./, ""));
    packages[name] = { version, files };
  }
  return packages;
}
