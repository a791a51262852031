/**
 * Makes a Debian package with dpkg-deb alone, the same bytes for the same files.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { RuntimeNotAvailableError } from "../../src/core/mod.ts";
import { REPOSITORY } from "../executables.ts";
import { removeIfThere } from "./files.ts";
import { bytesOf, type InstalledFile } from "./layout.ts";
import type { Architecture, Program, Release } from "./release.ts";
import { writeInstalledFile } from "./write_files.ts";

export interface DebianPackageParts {
  readonly program: Program;
  readonly release: Pick<Release, "version" | "epochS">;
  readonly architecture: Architecture;
  readonly files: readonly InstalledFile[];
  /** "libc6 (>= 2.34)" */
  readonly depends: string;
  /** Made anew, and left where it is: the content as it goes into the package. */
  readonly workFolder: string;
  /** "none" where time matters more than size; xz if absent. */
  readonly compression?: "xz" | "none";
  /** Where the package goes, under its usual name. */
  readonly outputFolder: string;
}

const DESCRIPTIONS: Readonly<Record<Program, string>> = {
  airborne: `GPS-denied navigation for drones: the program on the aircraft
 Finds where the aircraft is without GPS, from the ground under its camera. It has no network access,
 starts no other program, and reads and writes only the folders named on its command line.`,
  operator: `GPS-denied navigation for drones: the program on the workstation
 Cuts imagery into map tiles, builds flight packages, simulates flights, and reads what a flight
 recorded.`,
};

/** Returns the path of the package. */
export async function writeDebianPackage(parts: DebianPackageParts): Promise<string> {
  const { program, release, architecture, files, workFolder } = parts;
  await removeIfThere(workFolder);
  await Deno.mkdir(`${workFolder}/DEBIAN`, { recursive: true });
  await Deno.chmod(workFolder, 0o755);
  await Deno.chmod(`${workFolder}/DEBIAN`, 0o755);
  const sums: string[] = [];
  for (const file of files) {
    await writeInstalledFile(workFolder, file);
    if (file.kind !== "file" || file.isConfiguration) continue;
    const digest = createHash("md5").update(await Deno.readFile(`${workFolder}/${file.path}`));
    sums.push(`${digest.digest("hex")}  ${file.path}\n`);
  }
  const configuration = files.filter((file) => file.kind === "file" && file.isConfiguration);
  await control(workFolder, "control", controlText(parts, await bytesOf(files)));
  await control(workFolder, "md5sums", sums.join(""));
  if (configuration.length > 0) {
    await control(workFolder, "conffiles", configuration.map(({ path }) => `/${path}\n`).join(""));
  }
  for (const script of ["postinst", "prerm", "postrm"]) {
    const text = await Deno.readTextFile(`${REPOSITORY}/config/debian/${script}`);
    await control(workFolder, script, text.replaceAll("@package@", `gdn-${program}`), 0o755);
  }
  await Deno.mkdir(parts.outputFolder, { recursive: true });
  const path = `${parts.outputFolder}/gdn-${program}_${release.version}_${architecture}.deb`;
  await dpkgDeb(workFolder, path, release.epochS, parts.compression ?? "xz");
  return path;
}

function controlText(
  { program, release, architecture, depends }: DebianPackageParts,
  bytes: number,
) {
  return `Package: gdn-${program}
Version: ${release.version}
Architecture: ${architecture}
Maintainer: gps-denied-onboard <root@localhost>
Installed-Size: ${Math.ceil(bytes / 1024)}
Depends: ${depends}
Section: science
Priority: optional
Description: ${DESCRIPTIONS[program]}
`;
}

async function control(folder: string, name: string, text: string, mode = 0o644): Promise<void> {
  await Deno.writeTextFile(`${folder}/DEBIAN/${name}`, text);
  await Deno.chmod(`${folder}/DEBIAN/${name}`, mode);
}

/**
 * dpkg-deb sorts its entries and clamps times to SOURCE_DATE_EPOCH; times before that are set here.
 * One thread: the compressed bytes do not depend on the machine.
 */
async function dpkgDeb(
  folder: string,
  path: string,
  epochS: number,
  compression: string,
): Promise<void> {
  await setTimes(folder, epochS);
  const args = [
    ...["--root-owner-group", `-Z${compression}`, "-z1", "--threads-max=1"],
    ...["--build", folder, path],
  ];
  const { success, stderr } = await new Deno.Command("dpkg-deb", {
    args,
    env: { SOURCE_DATE_EPOCH: String(epochS) },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  throw new RuntimeNotAvailableError(
    `Cannot make ${path}: dpkg-deb says ${new TextDecoder().decode(stderr).trim()}`,
  );
}

async function setTimes(path: string, epochS: number): Promise<void> {
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(path)) {
    if (isDirectory) await setTimes(`${path}/${name}`, epochS);
    else if (!isSymlink) await Deno.utime(`${path}/${name}`, epochS, epochS);
  }
  await Deno.utime(path, epochS, epochS);
}
