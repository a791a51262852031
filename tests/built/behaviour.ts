/**
 * Proof by behaviour: acts that a program must not be capable of, tried from inside it under the
 * permissions that a real command line is given. See probe/main.ts.
 *
 * @module
 */
import dgram from "node:dgram";
import { once } from "node:events";
import type { Act, Places, Result } from "./probe/act.ts";
import type { ProbeTree } from "./probe_tree.ts";

/** Folders, servers and a process for the acts to be tried on, and what was noticed there. */
export interface Stage extends AsyncDisposable {
  readonly places: Places;
  /** Connections and datagrams that arrived. */
  arrivals(): number;
}

/** Sets everything up below `folder`, of which nothing is granted but `readable` and `writable`. */
export async function setStage(
  folder: string,
  { library, code }: Pick<Places, "library" | "code">,
): Promise<Stage> {
  const [readable, writable, outside, home] = ["readable", "writable", "outside", "home"].map(
    (name) => `${folder}/${name}`,
  );
  for (const path of [readable, writable, outside, `${home}/.ssh`]) {
    await Deno.mkdir(path, { recursive: true });
  }
  await Deno.writeTextFile(`${home}/.ssh/id_ed25519`, "a key");
  await Deno.writeTextFile(`${outside}/secret.json`, `{"secret":"of another"}`);
  await Deno.writeTextFile(`${outside}/secret.txt`, "SECRET=of another\n");
  await Deno.writeTextFile(`${outside}/module.js`, "globalThis.postMessage?.(1); export {};\n");
  for (const name of ["removable", "old-file"]) await Deno.writeTextFile(`${outside}/${name}`, "x");
  await Deno.mkdir(`${outside}/surroundings/node_modules/onnxruntime-node`, { recursive: true });
  const configuration = JSON.stringify({
    permissions: { default: { read: true, net: true } },
    imports: { "onnxruntime-node": "../module.js" },
    type: "module",
  });
  for (const name of ["deno.json", "package.json"]) {
    await Deno.writeTextFile(`${outside}/surroundings/${name}`, configuration);
  }
  for (const name of ["library.so", "library.node"]) {
    await Deno.copyFile(library, `${outside}/${name}`);
  }
  for (const granted of [readable, writable]) {
    await Deno.symlink(`${outside}/secret.json`, `${granted}/link-to-file`);
    await Deno.symlink(`${outside}/old-file`, `${granted}/link-to-old-file`);
    await Deno.symlink(outside, `${granted}/link-to-folder`);
    await Deno.symlink(`${outside}/library.so`, `${granted}/link-to-library`);
  }
  const listeners = await listen(outside);
  const other = new Deno.Command("sleep", { args: ["600"] }).spawn();
  return {
    places: {
      ...{ readable, writable, outside, home, library, code },
      ...listeners.places,
      otherPid: other.pid,
    },
    arrivals: listeners.arrivals,
    async [Symbol.asyncDispose]() {
      other.kill("SIGKILL");
      await other.status;
      await listeners.close();
    },
  };
}

async function listen(folder: string) {
  let arrivals = 0;
  const hostname = "127.0.0.1";
  const server = Deno.serve({ port: 0, hostname, onListen() {} }, () => {
    arrivals++;
    const headers = { "content-type": "text/javascript" };
    return new Response("export default 1;", { headers });
  });
  const udp = dgram.createSocket("udp4", () => void arrivals++).bind(0, hostname);
  await once(udp, "listening");
  const unixSocket = `${folder}/socket`;
  const unix = Deno.listen({ transport: "unix", path: unixSocket });
  const accepted = (async () => {
    for await (const connection of unix) {
      arrivals++;
      connection.close();
    }
  })();
  return {
    places: { tcpPort: server.addr.port, udpPort: udp.address().port, unixSocket },
    arrivals: () => arrivals,
    async close() {
      udp.close();
      unix.close();
      await Promise.allSettled([accepted, server.shutdown()]);
    },
  };
}

/** Whether the kernel of this machine has Landlock, on which the acts "by kernel" rely. */
export function hasLandlock(): boolean {
  const libc = Deno.dlopen("libc.so.6", {
    syscall: { parameters: ["i64", "buffer", "usize", "u32"], result: "i64" },
  });
  const CREATE_RULESET = 444n, VERSION = 1;
  const version = libc.symbols.syscall(CREATE_RULESET, null, 0n, VERSION);
  libc.close();
  return version >= 1n;
}

/** Starts the probe in place of the program, with the arguments of a command line. */
export type StartProbe = (args: readonly string[]) => {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
};

/**
 * By the executable itself, in surroundings that would steer the runtime: its variables and the loader's, and
 * a working folder with configurations of its own.
 */
export function byExecutable({ executable, cache }: ProbeTree, { places }: Stage): StartProbe {
  const { outside } = places;
  const env = {
    GDN_CACHE: cache,
    DENO_PERMISSION_BROKER_PATH: places.unixSocket,
    DENO_AUDIT_PERMISSIONS: `${outside}/audit`,
    DENO_COVERAGE_DIR: `${outside}/coverage`,
    DENO_V8_FLAGS: "--allow-natives-syntax",
    NODE_OPTIONS: `--require=${outside}/module.js`,
    NODE_V8_COVERAGE: `${outside}/coverage`,
    LD_PRELOAD: `${outside}/library.so`,
    LD_LIBRARY_PATH: outside,
  };
  return (args) => ({ command: executable, args, env, cwd: `${outside}/surroundings` });
}

/** By the runtime with every permission: what succeeds shows that the acts are no empty ones. */
export function withEveryPermission(probe: string): StartProbe {
  const unstable = ["net", "raw-imports", "worker-options"].map((name) => `--unstable-${name}`);
  return (args) => ({
    command: Deno.execPath(),
    args: ["run", "--quiet", "-A", "--no-prompt", "--no-lock", ...unstable, probe, ...args],
  });
}

/** The command line that names the stage's folders. */
export type CommandLine = (places: Places) => readonly string[];

export const REPLAY: CommandLine = ({ readable, writable }) => [
  ...["replay", readable, "--package", readable],
  ...["--recorder", writable, "--make-tiles", writable],
];

/** What came of each act, by its name. Acts that spoil their process run in one of their own. */
export async function tryActs(
  acts: readonly Act[],
  { places }: Stage,
  start: StartProbe,
  line: CommandLine = REPLAY,
): Promise<Map<string, Result>> {
  const groups = [
    acts.filter(({ alone }) => !alone),
    ...acts.filter(({ alone }) => alone).map((act) => [act]),
  ].filter((group) => group.length > 0);
  const results = new Map<string, Result>();
  await Deno.writeTextFile(`${places.readable}/places.json`, JSON.stringify(places));
  for (const group of groups) {
    const names = group.map(({ name }) => name);
    await Deno.writeTextFile(`${places.readable}/acts.json`, JSON.stringify(names));
    const { command, args, env, cwd } = start(line(places));
    const { stdout, stderr } = await new Deno.Command(command, {
      args: [...args],
      // A folder that the command line does not name.
      cwd: cwd ?? places.home,
      clearEnv: true,
      env: { HOME: places.home, PATH: "/usr/bin:/bin", PROBE_SECRET: "of another", ...env },
      stdin: "null",
    }).output();
    for (const printed of new TextDecoder().decode(stdout).split("\n")) {
      if (!printed.startsWith("{")) continue;
      const result = JSON.parse(printed) as Result;
      results.set(result.name, result);
    }
    const missing = names.find((name) => !results.has(name));
    if (missing !== undefined) {
      const ended = `process ended: ${new TextDecoder().decode(stderr)}`;
      results.set(missing, { name: missing, refused: ended });
    }
  }
  return results;
}

/** Why the act was not refused as it should be; undefined where it was. */
export function escapeOf(act: Act, result: Result | undefined): string | undefined {
  if (result === undefined) return `${act.name}: was not tried`;
  if ("done" in result) return `${act.name}: done (${result.done})`;
  if (act.refusal.test(result.refused)) return undefined;
  return `${act.name}: refused, but with: ${result.refused}`;
}
