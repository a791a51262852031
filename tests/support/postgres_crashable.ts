/**
 * A PostgreSQL server of one test's own, with real durability, that can be killed and started again.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { postgresBinaries } from "./postgres.ts";
import { spentBy } from "./process_times.ts";

export class CrashablePostgres implements AsyncDisposable {
  readonly #folder: string;
  readonly #binaries: string;
  #server: Deno.ChildProcess | null = null;
  #hangs = false;

  private constructor(folder: string, binaries: string) {
    this.#folder = folder;
    this.#binaries = binaries;
  }

  /** Makes a cluster and starts it. */
  static async start(): Promise<CrashablePostgres> {
    const binaries = postgresBinaries();
    if (binaries === undefined) throw new Error("no PostgreSQL server is installed");
    const folder = await Deno.makeTempDir({ prefix: "gdn-crashable-" });
    const server = new CrashablePostgres(folder, binaries);
    if (Deno.uid() === 0) await run("chown", [await unprivileged(), folder]);
    const initdb = ["-D", `${folder}/data`, "-U", "gdn", "-A", "trust", "-E", "UTF8", "-N"];
    await run(
      "setpriv",
      [...await demotion(), `${binaries}/initdb`, ...initdb, "--locale=C"],
      folder,
    );
    await server.restart();
    return server;
  }

  /** Holds its data and its socket. */
  get folder(): string {
    return this.#folder;
  }

  dsn(database = "postgres"): string {
    return `postgresql:///${database}?host=${encodeURIComponent(this.#folder)}&user=gdn`;
  }

  /** Starts it, after a crash through its recovery; returns when it answers. */
  async restart(): Promise<void> {
    this.#server = new Deno.Command("setpriv", {
      args: [
        ...await demotion(),
        ...["--pdeathsig", "QUIT", `${this.#binaries}/postgres`, "-D", `${this.#folder}/data`],
        ...["-k", this.#folder, "-c", "listen_addresses=", "-c", "shared_buffers=32MB"],
        ...["-c", "dynamic_shared_memory_type=mmap", "-c", "log_min_messages=fatal"],
      ],
      cwd: this.#folder,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    for (let tries = 0; tries < 300; tries++) {
      const { success } = await new Deno.Command(`${this.#binaries}/pg_isready`, {
        args: ["-q", "-h", this.#folder, "-U", "gdn", "-d", "postgres"],
      }).output();
      if (success) return;
      await sleep(50);
    }
    throw new Error("the private PostgreSQL server does not answer");
  }

  /** As a crash: nothing is written any more, the next start recovers from the log. */
  async crash(): Promise<void> {
    this.#server?.kill("SIGQUIT");
    await this.#server?.status;
    this.#server = null;
  }

  /** All of its processes stop where they are: connections stay open, and nothing answers. */
  hang(): void {
    this.#hangs = true;
    for (const pid of this.#processes()) Deno.kill(pid, "SIGSTOP");
  }

  goOn(): void {
    // Most tests may not read /proc, and have nothing to go on from.
    if (!this.#hangs) return;
    for (const pid of this.#processes()) Deno.kill(pid, "SIGCONT");
    this.#hangs = false;
  }

  /** Processor time of its processes since it was started, ended ones included, seconds. */
  cpuS(): number {
    const [server, ...children] = this.#processes().map(spentBy);
    return children.reduce((sum, { cpuS }) => sum + cpuS, server.cpuS + server.endedChildrenCpuS);
  }

  /** The server itself, then those that it has begun. */
  #processes(): number[] {
    if (this.#server === null) return [];
    const { pid } = this.#server;
    const children = [...Deno.readDirSync("/proc")].map(({ name }) => Number(name))
      .filter((child) => child > 0 && parentOf(child) === pid);
    return [pid, ...children];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.goOn();
    await this.crash();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** null where the process has ended. */
function parentOf(pid: number): number | null {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return null;
  }
}

/** PostgreSQL refuses root. */
async function demotion(): Promise<string[]> {
  if (Deno.uid() !== 0) return [];
  const user = await unprivileged();
  return [`--reuid=${user}`, "--regid=nogroup", "--clear-groups"];
}

async function unprivileged(): Promise<string> {
  const { success } = await new Deno.Command("id", {
    args: ["-u", "postgres"],
    stdout: "null",
    stderr: "null",
  })
    .output();
  return success ? "postgres" : "nobody";
}

async function run(command: string, args: string[], cwd?: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, cwd, stdout: "null" })
    .output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
}
