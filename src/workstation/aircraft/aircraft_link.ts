/**
 * The line from the aircraft's computer to its flight controller, from the workstation: a TCP connection that
 * its SSH server makes, or its serial line.
 *
 * @module
 */
import { type Clock, SSH_PROGRAMS, UsageError } from "../../core/mod.ts";
import {
  type ByteLink,
  type Connector,
  Line,
  type LineSide,
  parseLinkAddress,
} from "../../link/transport/mod.ts";
import { type SshAccess, sshArguments } from "./ssh.ts";

/** What was written and not sent yet, pieces. */
const UNSENT_MAX = 64;

/** @throws UsageError where the address cannot be reached through SSH */
export function aircraftLink(address: string, access: SshAccess, clock: Clock): ByteLink {
  return new Line(address, new SshConnector(commandOf(address, access)), clock);
}

/** Arguments of `ssh`, whose input and output are the line then. */
function commandOf(text: string, access: SshAccess): string[] {
  const before = sshArguments(access), { host } = access.address;
  const address = parseLinkAddress(text);
  if (address.kind === "tcp") {
    const to = address.host.includes(":") ? `[${address.host}]` : address.host;
    return [...before, "-W", `${to}:${address.port}`, "--", host];
  }
  if (address.kind === "serial") {
    return [...before, "--", host, `sh -c '${serialScript(address.path, address.baudRate)}'`];
  }
  throw new UsageError(
    `${text} cannot be reached over SSH: on an aircraft --connect is a tcp: or serial: address`,
  );
}

/**
 * Opened without waiting for a carrier, for itself alone as `airborne fly` opens it; what reads it ends with
 * the connection. The path holds plain letters alone (parseLinkAddress).
 */
function serialScript(path: string, baudRate: number): string {
  return [
    `stty -F ${path} clocal || exit 1`,
    `exec 3<>${path}`,
    `flock -n 3 || { echo "${path}: another program has it" >&2; exit 1; }`,
    `stty -F ${path} ${baudRate} raw -echo || exit 1`,
    "cat <&3 &",
    'trap "kill $!" EXIT HUP TERM',
    "cat >&3",
  ].join("\n");
}

class SshConnector implements Connector {
  readonly sendsUnheard = true;
  readonly #args: readonly string[];
  #writer: WritableStreamDefaultWriter<Uint8Array> | null = null;

  constructor(args: readonly string[]) {
    this.#args = args;
  }

  async run(line: LineSide): Promise<void> {
    const child = new Deno.Command(SSH_PROGRAMS.ssh, {
      args: [...this.#args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      env: { LC_ALL: "C" },
      signal: line.signal,
    }).spawn();
    this.#writer = child.stdin.getWriter();
    const told = new Response(child.stderr).text();
    try {
      for await (const bytes of child.stdout) {
        line.connected();
        line.receive(bytes);
      }
    } finally {
      const writer = this.#writer;
      this.#writer = null;
      await writer.close().catch(() => {});
      await child.status;
    }
    const why = (await told).trim().split(/\r?\n/).at(-1);
    if (!line.signal.aborted && why) throw new Error(why);
  }

  write(bytes: Uint8Array): boolean {
    const writer = this.#writer;
    if (writer === null || (writer.desiredSize ?? 0) < -UNSENT_MAX) return false;
    // A broken line is told by its output.
    writer.write(bytes.slice()).catch(() => {});
    return true;
  }
}
