/**
 * `deno task package`: Debian packages of the programs in dist/, with bill of materials, licences and
 * signed sums.
 *
 * @module
 */
import { resolve } from "node:path";
import { defineCommand, EXIT, option, runCommand } from "../src/core/mod.ts";
import { REPOSITORY } from "./executables.ts";
import { prepareProgram } from "./package/prepare.ts";
import { writeDebianPackage } from "./package/deb.ts";
import { installedFiles } from "./package/layout.ts";
import { type Architecture, PROGRAMS, type Release } from "./package/release.ts";
import { signSums, writeSums } from "./package/sums.ts";

const ARCHITECTURES: readonly Architecture[] = ["amd64", "arm64"];

export const packageCommand = defineCommand({
  name: "package",
  summary: "Debian packages, bill of materials, licences and signed sums",
  about: `
Packs what deno task compile made: in dist/, gdn-airborne_VERSION_ARCHITECTURE.deb and gdn-operator_…,
with each program's bill of materials (SPDX 2.3) and the licences of everything inside, and SHA256SUMS
over all files of the folder. One commit gives the same bytes everywhere.`,
  options: {
    only: option.choice(PROGRAMS, { help: "one of the programs", absent: "both" }),
    architecture: option.choice(ARCHITECTURES, {
      default: "amd64",
      help: "the machine that they run on",
    }),
    out: option.path({ access: "write", default: "dist", help: "where deno task compile wrote" }),
    secretKey: option.path({
      access: "read",
      placeholder: "FILE",
      help: "sign SHA256SUMS with this key of minisign -G",
    }),
    passwordFile: option.path({
      access: "read",
      placeholder: "FILE",
      help: "the first line is the key's password",
    }),
  },
  examples: [
    "deno task package",
    "deno task package --secret-key release.key --password-file password",
  ],
  environment: { SOURCE_DATE_EPOCH: "the time of all files; else that of the commit" },
  exitCodes: { 65: "a program in dist/ is damaged, or not made by deno task compile" },
  async run({ only, architecture, out, secretKey, passwordFile }, io) {
    const folder = resolve(REPOSITORY, out);
    // Two at once would write into one folder.
    await Deno.mkdir(`${REPOSITORY}/build`, { recursive: true });
    using lock = await Deno.open(`${REPOSITORY}/build/package.lock`, { create: true, write: true });
    await lock.lock(true);
    const releases: Release[] = [];
    for (const program of only === undefined ? PROGRAMS : [only]) {
      io.detail(`packing ${program}`);
      const work = `${REPOSITORY}/build/package/${architecture}/${program}`;
      const prepared = await prepareProgram(program, architecture, {
        dist: folder,
        folder: work,
      });
      const path = await writeDebianPackage({
        program,
        release: prepared.release,
        architecture,
        files: await installedFiles(prepared.built, "/usr"),
        depends: prepared.depends,
        workFolder: `${work}/deb`,
        outputFolder: folder,
      });
      releases.push(prepared.release);
      io.out(path);
    }
    io.out(await writeSums(folder));
    if (secretKey === undefined) {
      io.note("SHA256SUMS is not signed: give --secret-key, a key of minisign -G");
      return EXIT.ok;
    }
    io.out(await signSums(folder, releases[0], { secretKey, passwordFile }));
    return EXIT.ok;
  },
});

if (import.meta.main) {
  Deno.exit(
    await runCommand({
      title: "deno task package",
      command: packageCommand,
      args: Deno.args,
      permissionSet: "tasks",
    }),
  );
}
