/**
 * `deno task install`: the programs on a machine without dpkg, and their removal.
 *
 * @module
 */
import { resolve } from "node:path";
import { defineCommand, EXIT, option, runCommand, UsageError } from "../src/core/mod.ts";
import { REPOSITORY } from "./executables.ts";
import { installProgram, removeProgram } from "./package/install.ts";
import { prepareProgram } from "./package/prepare.ts";
import { PROGRAMS } from "./package/release.ts";
import { verifySums } from "./package/sums.ts";

export const installCommand = defineCommand({
  name: "install",
  summary: "the programs on this machine, without dpkg",
  about: `
Installs what deno task compile made: PREFIX/bin, PREFIX/lib/gdn, manual pages and completion below
PREFIX/share, units of systemd, /etc/gdn for settings and /var/lib/gdn for data. A settings file that
was edited is kept; the new one then lies beside it as NAME.new. On Debian and Ubuntu install the packages
of deno task package instead.`,
  options: {
    prefix: option.path({ access: "write", default: "/usr/local", help: "/usr, /opt/gdn, …" }),
    root: option.path({ access: "write", default: "/", help: "the root of another system" }),
    only: option.choice(PROGRAMS, { help: "one of the programs", absent: "both" }),
    from: option.path({ access: "read", default: "dist", help: "where deno task compile wrote" }),
    publicKey: option.path({
      access: "read",
      placeholder: "FILE",
      help: "first check the programs by SHA256SUMS and its signature with this key",
    }),
    uninstall: option.flag({
      help: "remove the programs; settings that were edited and data stay",
    }),
  },
  examples: [
    "deno task install --prefix /opt/gdn",
    "deno task install --prefix /opt/gdn --uninstall",
    "deno task install --prefix /usr --root /mnt/card --only airborne",
  ],
  exitCodes: { 65: "a program is damaged", 77: "the signature is not right, or no right to write" },
  async run({ prefix, root, only, from, publicKey, uninstall }, io) {
    if (!prefix.startsWith("/")) {
      throw new UsageError(`--prefix must be an absolute path, not ${prefix}`);
    }
    const programs = only === undefined ? PROGRAMS : [only];
    if (uninstall) {
      for (const program of programs) {
        for (const line of await removeProgram(program, prefix, root)) io.out(line);
      }
      return EXIT.ok;
    }
    const folder = resolve(REPOSITORY, from);
    if (publicKey !== undefined) {
      io.out(`signed: ${await verifySums(folder, programs, publicKey)}`);
    }
    for (const program of programs) {
      const { built } = await prepareProgram(program, "amd64", {
        dist: folder,
        folder: `${REPOSITORY}/build/install/${program}`,
      });
      for (const line of await installProgram(built, prefix, root)) io.out(line);
    }
    return EXIT.ok;
  },
});

if (import.meta.main) {
  Deno.exit(
    await runCommand({
      title: "deno task install",
      command: installCommand,
      args: Deno.args,
      permissionSet: "tasks",
    }),
  );
}
