/**
 * An aircraft's computer behind a real SSH server, whose user finds the shipped `airborne`, and `operator
 * preflight` that looks at it.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { PreflightReport } from "../../src/workstation/preflight/mod.ts";
import { airborneCommand } from "../../tasks/executables.ts";
import { copyFolder, run } from "../faults/programs.ts";
import { signTestPackage, testKey, trustTestKeys } from "./package_signing.ts";
import { type SshServer, startSshServer } from "./ssh_server.ts";

export interface Aircraft extends AsyncDisposable {
  readonly folder: string;
  readonly configuration: string;
  readonly package: string;
  readonly key: ReturnType<typeof testKey>;
  readonly server: SshServer;
  look(...args: readonly string[]): Promise<Looked>;
}

interface Looked {
  readonly code: number;
  readonly report: PreflightReport;
  readonly text: string;
  status(check: string): string | undefined;
  found(check: string): string;
}

/** With a signed copy of the package and the key that it trusts; `airborne` of this checkout. */
export async function startAircraft(
  scratch: string,
  unsigned: string,
): Promise<Aircraft> {
  const folder = `${scratch}/aircraft`, flightPackage = `${scratch}/package`;
  const key = testKey("airfield");
  await copyFolder(unsigned, flightPackage);
  await signTestPackage(flightPackage, key);
  await copyFolder(flightPackage, `${folder}/packages/field`);
  await trustTestKeys(`${folder}/trust`, [key]);
  const configuration = `${folder}/airborne.yaml`;
  await Deno.writeTextFile(
    configuration,
    `trust: {folder: ${folder}/trust, aircraftId: a7}\nlive: {package: packages/field}\n`,
  );
  await writeShellCommand(`${scratch}/bin`, "airborne", airborneCommand([]));
  const server = await startSshServer(`${scratch}/ssh`, { path: `${scratch}/bin` });
  const look = async (...more: readonly string[]): Promise<Looked> => {
    const { code, out, err } = await run(
      "operator",
      [
        ...["preflight", "--json", "--aircraft", `ssh://${server.user}@127.0.0.1:${server.port}`],
        ...["--aircraft-config", configuration, "--package", flightPackage],
        ...["--known-hosts", server.knownHosts, "--identity", server.identity],
        ...["--data", `${scratch}/none`, "--keys", `${scratch}/keys`, ...more],
      ].map((arg) => arg.startsWith("ssh://") ? arg + folder : arg),
      {
        read: [scratch],
        write: [scratch],
        run: ["/usr/bin/ssh", "/usr/bin/sftp"],
      },
    );
    assert.ok(out.startsWith("{"), `${code} ${err}`);
    const report = JSON.parse(out) as PreflightReport;
    assert.equal(code, { passed: 0, warnings: 3, failed: 1 }[report.verdict]);
    const text = report.checks.map(({ check, status, found }) => `${status} ${check}: ${found}`)
      .join("\n");
    const of = (check: string) => report.checks.find((each) => each.check === check);
    return {
      code,
      report,
      text,
      status: (check) => of(check)?.status,
      found: (check) => of(check)?.found ?? "",
    };
  };
  return {
    folder,
    configuration,
    package: flightPackage,
    key,
    server,
    look,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A program of the user's that runs another command. */
export async function writeShellCommand(
  folder: string,
  name: string,
  { command, args }: { readonly command: string; readonly args: readonly string[] },
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const words = [command, ...args].map((word) => `'${word}'`).join(" ");
  await Deno.writeTextFile(`${folder}/${name}`, `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
}
