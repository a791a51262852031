/**
 * OpenSSH's own server on loopback, for one key, with a line in between that a test can cut.
 *
 * @module
 */
const SSHD = "/usr/sbin/sshd";

export interface SshServer extends AsyncDisposable {
  readonly port: number;
  /** known_hosts with its key, as `ssh-keyscan` would write it. */
  readonly knownHosts: string;
  /** Secret key that it lets in. */
  readonly identity: string;
  /** Of whom it runs as. */
  readonly user: string;
  /** Lets so many bytes through to the client and cuts the connection then, once. */
  cutAfter(bytes: number): void;
  /** Bytes that went to clients so far. */
  readonly bytesOut: () => number;
}

/** False, with a line that says why, where it is not installed. */
export async function hasSshServer(): Promise<boolean> {
  try {
    await Deno.stat(SSHD);
    // Privileges are separated by a folder that Debian makes when the service starts.
    if (Deno.uid() === 0) await Deno.mkdir("/run/sshd", { recursive: true });
    return true;
  } catch (error) {
    console.error(`no SSH server here (${error}): apt-get install openssh-server`);
    return false;
  }
}

/** `path`: folders in which its programs are found, before those of the system. */
export async function startSshServer(
  folder: string,
  { path }: { readonly path?: string } = {},
): Promise<SshServer> {
  await Deno.mkdir(folder, { recursive: true });
  const hostKey = `${folder}/host_key`, identity = `${folder}/identity`;
  for (const path of [hostKey, identity]) {
    await done("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path);
  }
  await Deno.copyFile(`${identity}.pub`, `${folder}/authorized_keys`);
  const behind = freePort();
  await Deno.writeTextFile(
    `${folder}/sshd_config`,
    [
      `Port ${behind}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${folder}/authorized_keys`,
      `PidFile ${folder}/pid`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "Subsystem sftp internal-sftp",
      "MaxStartups 100",
      ...(path === undefined ? [] : [`SetEnv PATH=${path}:/usr/local/bin:/usr/bin:/bin`]),
      "",
    ].join("\n"),
  );
  const child = new Deno.Command(SSHD, {
    args: ["-D", "-e", "-f", `${folder}/sshd_config`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await untilItListens(behind);
  const line = cuttableLine(behind);
  const [kind, key] = (await Deno.readTextFile(`${hostKey}.pub`)).split(" ");
  let isClosed = false;
  const knownHosts = `${folder}/known_hosts`;
  await Deno.writeTextFile(knownHosts, `[127.0.0.1]:${line.port} ${kind} ${key}\n`);
  return {
    port: line.port,
    knownHosts,
    identity,
    user: (await done("id", "-un")).trim(),
    cutAfter: (bytes) => line.cutAfter(bytes),
    bytesOut: () => line.bytesOut(),
    async [Symbol.asyncDispose]() {
      if (isClosed) return;
      isClosed = true;
      await line.close();
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

async function done(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function untilItListens(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error("sshd does not listen");
}

function cuttableLine(behind: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Set<Deno.TcpConn>();
  let leftBytes = Infinity, bytesOut = 0;
  const end = (...ends: Deno.TcpConn[]) => {
    for (const conn of ends) {
      if (!connections.delete(conn)) continue;
      try {
        conn.close();
      } catch {
        // Closed by its own end.
      }
    }
  };
  const pump = async (from: Deno.TcpConn, to: Deno.TcpConn, isOut: boolean) => {
    const buffer = new Uint8Array(16_384);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        if (isOut) {
          bytesOut += count;
          leftBytes -= count;
          if (leftBytes < 0) {
            leftBytes = Infinity;
            break;
          }
        }
        for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
      }
    } catch {
      // Cut by the other direction.
    }
    end(from, to);
  };
  const pumps = new Set<Promise<void>>();
  const serving = (async () => {
    for await (const client of listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: behind });
      connections.add(client).add(server);
      for (const one of [pump(client, server, false), pump(server, client, true)]) pumps.add(one);
    }
  })();
  return {
    port: listener.addr.port,
    cutAfter: (bytes: number) => void (leftBytes = bytes),
    bytesOut: () => bytesOut,
    async close() {
      listener.close();
      end(...connections);
      await Promise.allSettled([serving, ...pumps]);
    },
  };
}
