/**
 * Flies one scenario: `operator simulate controller` and `airborne fly` as processes, each under its own
 * permissions.
 *
 * @module
 */
import { parse } from "yaml";
import { commands as airborneCommands } from "../../src/airborne/compose.ts";
import { grantsFor, settingReader } from "../../src/core/mod.ts";
import { commands as operatorCommands } from "../../src/operator/compose.ts";
import {
  airborneCommand,
  type ExecutableCommand,
  operatorCommand,
  REPOSITORY,
} from "../executables.ts";
import type { Scenario } from "./contract.ts";
import { type FlightEvidence, readEvidence } from "./evidence.ts";
import { GENERATED, type Ground } from "./prepare.ts";

export interface ScenarioHost {
  readonly ground: Ground;
  readonly folder: string;
  /** First of two ports. */
  readonly port: number;
  /** dist/airborne instead of the checkout. */
  readonly isBuilt: boolean;
  readonly signal: AbortSignal;
}

/** Start and end of both programs, beyond the flight itself. */
const OVERHEAD_S = 60;
/** For closing the record. */
const ENDING_S = 5;

export async function flyScenario(scenario: Scenario, host: ScenarioHost): Promise<FlightEvidence> {
  const { folder } = host;
  const files = { reportFile: `${folder}/report.jsonl`, recorderFolder: `${folder}/record` };
  await Deno.mkdir(files.recorderFolder);
  const limit = AbortSignal.any([
    host.signal,
    AbortSignal.timeout(1000 * (scenario.durationS + OVERHEAD_S)),
  ]);
  const key = scenario.isSigned ? await signingKey(folder) : [];
  const controller = start(operatorFor(controllerArgs(scenario, host, files, key)), limit);
  await controller.said(/waiting/);
  const args = await flyArgs(scenario, host, files, key);
  const startAirborne = () => start(airborneFor(args, host.isBuilt), limit);
  let airborne = startAirborne();
  let killedAtS: number | null = null;
  await controller.said(/flying/);
  using memory = new MemorySamples(airborne.pid);
  if (scenario.killAtS !== undefined) {
    const { groundS, climbS } = flightTimes(scenario);
    await pause(1000 * (scenario.killAtS + groundS + climbS), limit);
    airborne.kill();
    killedAtS = scenario.killAtS;
    await airborne.ended;
    airborne = startAirborne();
  }
  const controllerCode = await controller.ended;
  // Landed, it ends by itself; what does not is ended as a person would end it.
  const ending = setTimeout(() => airborne.end(), 1000 * ENDING_S);
  const flyCode = await airborne.ended;
  clearTimeout(ending);
  host.signal.throwIfAborted();
  const flyText = airborne.text();
  await Deno.writeTextFile(`${folder}/airborne.txt`, flyText);
  await Deno.writeTextFile(`${folder}/controller.txt`, controller.text());
  const codes = { flyCode, controllerCode };
  const { durationS } = scenario;
  return readEvidence({ ...files, ...codes, durationS, flyText, killedAtS, memoryMb: memory.mb });
}

interface RunFiles {
  readonly reportFile: string;
  readonly recorderFolder: string;
}

function controllerArgs(
  { controller, durationS, isGenerated }: Scenario,
  { ground, port }: ScenarioHost,
  { reportFile }: RunFiles,
  key: readonly string[],
): string[] {
  return [
    "simulate",
    "controller",
    ...isGenerated ? GENERATED : [ground.flight],
    ...["--link", `tcpin:127.0.0.1:${port}`, "--camera-link", `tcpin:127.0.0.1:${port + 1}`],
    ...["--report", reportFile, "--duration", String(durationS)],
    ...controller,
    ...key,
  ];
}

async function flyArgs(
  scenario: Scenario,
  { ground, port }: ScenarioHost,
  { recorderFolder }: RunFiles,
  key: readonly string[],
): Promise<string[]> {
  const place = await standingPlace(ground.flight, flightTimes(scenario).climbS);
  return [
    "fly",
    ...["--connect", `tcp:127.0.0.1:${port}`, "--camera", `frames:tcp:127.0.0.1:${port + 1}`],
    ...["--calibration", `${ground.flight}/flight.json`],
    ...["--package", ground.flightPackage, "--recorder", recorderFolder],
    ...(scenario.fly ?? []).map((one) => one.replace("{place}", place)),
    ...key,
  ];
}

const MEMORY_EVERY_MS = 10_000;

/** Resident memory of a process, again and again. */
class MemorySamples implements Disposable {
  readonly mb: { timeS: number; mb: number }[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(pid: number) {
    const startMs = performance.now();
    this.#timer = setInterval(async () => {
      const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", `${pid}`] })
        .output();
      const kb = Number(new TextDecoder().decode(stdout).trim());
      if (kb > 0) this.mb.push({ timeS: (performance.now() - startMs) / 1000, mb: kb / 1024 });
    }, MEMORY_EVERY_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Of the ground phase, which lies before time 0. */
function flightTimes({ controller }: Scenario): { groundS: number; climbS: number } {
  if (controller.includes("--start-in-air")) return { groundS: 0, climbS: 0 };
  const given = (name: string, absent: number) => {
    const at = controller.indexOf(name);
    return at < 0 ? absent : Number(controller[at + 1]);
  };
  return { groundS: given("--ground", 10), climbS: given("--climb", 20) };
}

const METRES_PER_DEGREE = 111_320;

/** Where the climb begins, "LAT,LON": half of its time before the flight's first place, at its speed. */
async function standingPlace(flight: string, climbS: number): Promise<string> {
  const text = await Deno.readTextFile(`${flight}/truth.csv`);
  const [, latitude, longitude, , east, north] = text.split("\n", 2)[1].split(",").map(Number);
  const latitudeDeg = latitude - north * climbS / 2 / METRES_PER_DEGREE;
  const metresPerDegree = METRES_PER_DEGREE * Math.cos(latitude * Math.PI / 180);
  const longitudeDeg = longitude - east * climbS / 2 / metresPerDegree;
  return `${latitudeDeg.toFixed(6)},${longitudeDeg.toFixed(6)}`;
}

async function signingKey(folder: string): Promise<string[]> {
  const path = `${folder}/signing.key`;
  await Deno.writeTextFile(path, "0123456789abcdef".repeat(4), { mode: 0o600 });
  return ["--signing-key", path];
}

function operatorFor(args: readonly string[]): ExecutableCommand {
  return operatorCommand(args, grantsFor(operatorCommands(), args, settingReader(parse)));
}

function airborneFor(args: readonly string[], isBuilt: boolean): ExecutableCommand {
  if (isBuilt) return { command: `${REPOSITORY}/dist/airborne`, args: [...args] };
  return airborneCommand(args, grantsFor(airborneCommands(), args, settingReader(parse)));
}

interface Running {
  readonly pid: number;
  readonly ended: Promise<number>;
  kill(): void;
  /** SIGTERM. */
  end(): void;
  /** Resolves when a line of stderr matches, or the process has ended. */
  said(pattern: RegExp): Promise<void>;
  text(): string;
}

function start({ command, args }: ExecutableCommand, signal: AbortSignal): Running {
  const child = new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  let text = "";
  const waiting = new Set<() => void>();
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      text += piece;
      for (const look of waiting) look();
    }
  };
  const stop = () => child.kill("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  const ended = (async () => {
    const [status] = await Promise.all([child.status, read(child.stdout), read(child.stderr)]);
    signal.removeEventListener("abort", stop);
    for (const look of waiting) look();
    waiting.clear();
    return status.code;
  })();
  let isOver = false;
  void ended.then(() => isOver = true);
  return {
    pid: child.pid,
    ended,
    kill: () => child.kill("SIGKILL"),
    end: () => child.kill("SIGTERM"),
    said: (pattern) =>
      new Promise((resolve) => {
        const look = () => {
          if (!pattern.test(text) && !isOver) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        void ended.then(look);
        look();
      }),
    text: () => text,
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
