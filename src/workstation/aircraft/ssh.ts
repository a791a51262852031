/**
 * The aircraft over SSH, by the system's own `ssh` and `sftp`: they know the user's keys, agent, jump hosts and
 * known hosts better than any library of ours would.
 *
 * @module
 */
import { EXIT, GdnError, SSH_PROGRAMS } from "../../core/mod.ts";
import type { SshAddress } from "./address.ts";

export interface SshAccess {
  readonly address: SshAddress;
  /** null: the user's own. */
  readonly knownHosts: string | null;
  readonly identity: string | null;
}

/** The aircraft cannot be reached (75) or does not let us in, or is another one (77). */
export class AircraftError extends GdnError {}

/** What `ssh` itself ends with when the connection fails; anything else is the remote command's. */
const SSH_FAILED = 255;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

interface Answer {
  readonly text: string;
  /** When its first bytes came, milliseconds UTC of this computer. */
  readonly firstMs: number;
}

/**
 * Runs a script of a POSIX shell there, whatever the user's login shell is; what it prints.
 *
 * @throws AircraftError
 */
export async function askThere(
  access: SshAccess,
  script: string,
  signal: AbortSignal,
): Promise<Answer> {
  const { host } = access.address;
  const { code, out, err, firstMs } = await runHere(
    SSH_PROGRAMS.ssh,
    [...sshArguments(access), "--", host, "env LC_ALL=C sh -s"],
    { signal, input: script },
  );
  if (code === 0) return { text: out, firstMs };
  if (code === SSH_FAILED) throw connectionError(access, err);
  // A user without a shell is told so on the other output.
  const why = lastLine(err) || lastLine(out) || `its shell ended with ${code}`;
  const absent = /can't cd to (.+)|cd: (.+): No such file/.exec(why);
  if (absent !== null) {
    throw new AircraftError(
      "AIRCRAFT",
      `The aircraft ${host} has no folder ${absent[1] ?? absent[2]}`,
      {
        exitCode: EXIT.noInput,
      },
    );
  }
  const remedy = /Permission denied/.test(why)
    ? "; log in as the user that flies, or let this one read it there"
    : "";
  throw new AircraftError("AIRCRAFT", `Cannot read the aircraft ${host}: ${why}${remedy}`, {
    exitCode: EXIT.noInput,
  });
}

/** What `ssh` is given before the host. */
export function sshArguments(access: SshAccess): string[] {
  const { port, user } = access.address;
  return [
    ...(port === null ? [] : ["-p", String(port)]),
    ...options(access),
    ...(user === null ? [] : ["-l", user]),
  ];
}

/** Runs a batch of `sftp`. @throws AircraftError where it did not come to its end */
export async function transfer(
  access: SshAccess,
  batch: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { host, port, user } = access.address;
  const destination = user === null ? host : `${user}@${host}`;
  const inBrackets = host.includes(":") ? destination.replace(host, `[${host}]`) : destination;
  const args = [
    ...["-q", "-b", "-", "-S", SSH_PROGRAMS.ssh],
    ...(port === null ? [] : ["-P", String(port)]),
    ...options(access),
  ];
  const { code, err } = await runHere(SSH_PROGRAMS.sftp, [...args, "--", inBrackets], {
    signal,
    input: `${batch.join("\n")}\n`,
  });
  if (code !== 0) throw localFault(err) ?? connectionError(access, err);
}

/** sftp ends with 1 for everything; what went wrong at this end it says last. */
function localFault(err: string): AircraftError | undefined {
  const why = lastLine(err);
  if (!/No space left on device|Disk quota exceeded|File too large|Read-only file/.test(why)) {
    return;
  }
  return new AircraftError(
    "AIRCRAFT",
    `Cannot write what comes from the aircraft: ${why}; make room on this computer's disk and run the ` +
      "command again, it goes on where it was",
    { exitCode: EXIT.io },
  );
}

function options({ knownHosts, identity }: SshAccess): string[] {
  const set: Readonly<Record<string, string>> = {
    BatchMode: "yes",
    StrictHostKeyChecking: "yes",
    ConnectTimeout: "10",
    ServerAliveInterval: "5",
    ServerAliveCountMax: "3",
    ClearAllForwardings: "yes",
    ForwardAgent: "no",
    PermitLocalCommand: "no",
    ...(knownHosts === null ? {} : {
      UserKnownHostsFile: quoted(knownHosts),
      GlobalKnownHostsFile: "/dev/null",
    }),
    ...(identity === null ? {} : { IdentityFile: quoted(identity), IdentitiesOnly: "yes" }),
  };
  return Object.entries(set).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

/** As ssh_config(5) takes a name with spaces; `%` begins a token there. */
function quoted(path: string): string {
  return `"${path.replaceAll("%", "%%")}"`;
}

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly firstMs: number;
}

async function runHere(
  program: string,
  args: readonly string[],
  { signal, input }: { readonly signal: AbortSignal; readonly input: string },
): Promise<Outcome> {
  signal.throwIfAborted();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      env: { LC_ALL: "C" },
      signal,
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new AircraftError("AIRCRAFT", `${program} is not here; install OpenSSH's client`, {
      cause: error,
      exitCode: EXIT.unavailable,
    });
  }
  const [{ code }, out, err] = await Promise.all([
    child.status,
    textOf(child.stdout),
    textOf(child.stderr),
    write(child, input),
  ]);
  signal.throwIfAborted();
  return { code, out: out.text, err: err.text, firstMs: out.firstMs };
}

async function write(child: Deno.ChildProcess, input: string): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  } catch {
    // That it reads no more is known; why, its exit code tells.
  }
}

async function textOf(stream: ReadableStream<Uint8Array>): Promise<Answer> {
  const decoder = new TextDecoder();
  let text = "", length = 0, firstMs = 0;
  for await (const bytes of stream) {
    firstMs ||= Date.now();
    length += bytes.length;
    // It is read to its end all the same: a program that nobody reads never ends.
    if (length <= OUTPUT_BYTES_MAX) text += decoder.decode(bytes, { stream: true });
  }
  if (length <= OUTPUT_BYTES_MAX) return { text, firstMs };
  throw new AircraftError(
    "AIRCRAFT",
    `The aircraft answers with ${length} bytes, more than the ${OUTPUT_BYTES_MAX} that are taken: too many ` +
      "files for one run; name one flight's folder",
    { exitCode: EXIT.failure },
  );
}

function connectionError({ address: { host, port } }: SshAccess, err: string): AircraftError {
  const where = port === null ? host : `${host}:${port}`;
  const refused = (why: string) =>
    new AircraftError("AIRCRAFT", `Not connected to the aircraft ${where}: ${why}`, {
      exitCode: EXIT.refused,
    });
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED/.test(err)) {
    return refused(
      "its host key is another one than before. It is another computer, or somebody stands between; " +
        "where it was set up anew, put its new key into the file of known hosts",
    );
  }
  if (/Host key verification failed|No .* host key is known/.test(err)) {
    return refused(
      "its host key is not known here; compare its fingerprint at the aircraft, then add it with " +
        "ssh-keyscan, or connect once with ssh",
    );
  }
  const absent = /no such identity: (.+): No such file/.exec(err)?.[1];
  if (absent !== undefined) {
    return refused(`the key file ${absent} is not there; name another with --identity`);
  }
  // What the walls of the built program stop: the shell that a ProxyJump or a ProxyCommand is started by…
  if (/^\S*sh: Permission denied/m.test(err)) {
    return refused(
      "ssh_config has a ProxyJump or ProxyCommand for it, which needs a shell, and this program may start " +
        "none; open the way yourself (ssh -N -L 2222:AIRCRAFT:22 HOP) and name ssh://127.0.0.1:2222/FOLDER",
    );
  }
  // …and ports that the command line does not name.
  const walledPort = /connect to (?:host|address) .* port (\d+): Permission denied/.exec(err)?.[1];
  if (walledPort !== undefined) {
    return refused(
      `ssh_config leads to port ${walledPort}, and this program reaches those alone that its command line ` +
        `names: ssh://${host}:${walledPort}/FOLDER`,
    );
  }
  if (/UNPROTECTED PRIVATE KEY FILE/.test(err)) {
    return refused("ssh takes no secret key that others may read: chmod 600 its file");
  }
  if (/Permission denied/.test(err)) {
    return refused("it does not let us in: give --identity, or load the key into ssh-agent");
  }
  const why = lastLine(err) || "it ended";
  const text = /connect to host|Could not resolve|port \d+: /.test(why)
    ? `The aircraft ${where} cannot be reached: ${
      why.replace(/^ssh: /, "")
    }; see that it is switched on, that ` +
      "its address is right and that this computer is in its network, then run the command again"
    : `The connection to the aircraft ${where} is broken: ${why}; run the command again, it goes on where it was`;
  return new AircraftError("AIRCRAFT", text, { exitCode: EXIT.tryAgain });
}

function lastLine(text: string): string {
  return text.trim().split(/\r?\n/).at(-1) ?? "";
}
