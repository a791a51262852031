/**
 * How long the built executables take to start, and what the flight program holds in memory when it is
 * ready: `airborne replay` says READY=1 to the service manager before its first frame. Prints JSON.
 *
 *     deno run -A --unstable-net tests/bench/executable_start.ts [FLIGHT PACKAGE]
 *
 * Needs `deno task compile` before. Without a flight and a package it makes small ones.
 *
 * @module
 */
import { REPOSITORY } from "../support/paths.ts";

const WARM_STARTS = 9;
const PLACE = ["--procedural", "7", "--centre", "48.5,35.0"];

interface Start {
  readonly seconds: number;
  readonly processorSeconds: number;
  /** At the moment of readiness; of a program that ended, null. */
  readonly rssMb: number | null;
}

const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "gdn-start-" }));
const clockTicks = 100;
try {
  const [flight, flightPackage] = Deno.args.length === 2 ? Deno.args : await makeFlight();
  const replay = ["replay", flight, "--package", flightPackage, "--quiet"];
  const report: Record<string, unknown> = {};
  for (const program of ["airborne", "operator"]) {
    report[`${program} --version`] = await coldAndWarm((cache) =>
      run(program, ["--version"], cache)
    );
    report[`${program} sizeMb`] = megabytes(
      (await Deno.stat(`${REPOSITORY}/dist/${program}`)).size,
    );
  }
  report["airborne replay, to ready"] = await coldAndWarm((cache) => untilReady(replay, cache));
  console.log(JSON.stringify(report, null, 2));
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function coldAndWarm(start: (cache: string) => Promise<Start>) {
  const cache = await Deno.makeTempDir({ dir: folder });
  const cold = await start(cache);
  const warm: Start[] = [];
  for (let i = 0; i < WARM_STARTS; i++) warm.push(await start(cache));
  warm.sort((a, b) => a.seconds - b.seconds);
  const median = warm[WARM_STARTS >> 1];
  return { cold, warmMedian: median, warmBest: warm[0].seconds, warmWorst: warm.at(-1)?.seconds };
}

function spawn(program: string, args: readonly string[], env: Record<string, string>) {
  return new Deno.Command(`${REPOSITORY}/dist/${program}`, {
    args: [...args],
    clearEnv: true,
    env,
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
}

async function run(program: string, args: readonly string[], cache: string): Promise<Start> {
  // What a shell measures: with the processor time of all that it started.
  const started = performance.now();
  const command = `exec 3>&2; TIMEFORMAT='%U %S'; { time "$0" "$@" >/dev/null 2>&3; } 2>&1`;
  const { code, stdout } = await new Deno.Command("bash", {
    args: ["-c", command, `${REPOSITORY}/dist/${program}`, ...args],
    clearEnv: true,
    env: { GDN_CACHE: cache },
    cwd: folder,
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}`);
  const [user, system] = new TextDecoder().decode(stdout).trim().split(" ").map(Number);
  return {
    seconds: rounded((performance.now() - started) / 1000),
    processorSeconds: rounded(user + system),
    rssMb: null,
  };
}

async function untilReady(args: readonly string[], cache: string): Promise<Start> {
  const path = `${folder}/notify-${crypto.randomUUID()}`;
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  const started = performance.now();
  const child = spawn("airborne", args, { GDN_CACHE: cache, NOTIFY_SOCKET: path });
  for (;;) {
    const [message] = await socket.receive();
    if (new TextDecoder().decode(message).includes("READY=1")) break;
  }
  const seconds = rounded((performance.now() - started) / 1000);
  const status = await Deno.readTextFile(`/proc/${child.pid}/status`);
  const stat = (await Deno.readTextFile(`/proc/${child.pid}/stat`)).split(") ")[1].split(" ");
  socket.close();
  child.kill("SIGKILL");
  await child.status;
  // utime, stime, and those of children that ended: the planner.
  const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(stat[field]), 0);
  return {
    seconds,
    processorSeconds: rounded(ticks / clockTicks),
    rssMb: megabytes(1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1])),
  };
}

async function makeFlight(): Promise<[string, string]> {
  const flight = ["--aircraft", "multirotor", "--agl", "130", "--distance", "100"];
  const steps = [
    ["simulate", "flight", "--out", "flight", ...PLACE, ...flight],
    ["simulate", "map", "--out", "map", ...PLACE, "--corridor-of", "flight"],
    ["tiles", "import", "map", "--captured-at", "2020-01-01"],
    ["provision", "--out", "package", "--agl", "130"],
  ];
  for (const step of steps) {
    const { success } = await spawn("operator", [...step, "--quiet"], { GDN_CACHE: `${folder}/c` })
      .status;
    if (!success) throw new Error(`operator ${step.join(" ")} failed`);
  }
  return [`${folder}/flight`, `${folder}/package`];
}

function megabytes(bytes: number): number {
  return rounded(bytes / 1e6);
}

function rounded(value: number): number {
  return Math.round(1000 * value) / 1000;
}
