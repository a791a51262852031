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
import { MemorySamples } from "./memory_samples.ts";
import { TrueMotion } from "./true_motion.ts";
import { AGL_M, type Ground } from "./prepare.ts";

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
/** A landing and the time on the ground behind it, at most. */
const LANDING_S = 90;
/** For closing the record. */
const ENDING_S = 5;
const MEMORY_EVERY_MS = 10_000;

export async function flyScenario(scenario: Scenario, host: ScenarioHost): Promise<FlightEvidence> {
  const { folder } = host;
  const files = { reportFile: `${folder}/report.jsonl`, recorderFolder: `${folder}/record` };
  await Deno.mkdir(files.recorderFolder);
  const limit = AbortSignal.any([
    host.signal,
    AbortSignal.timeout(1000 * wallLimitS(scenario)),
  ]);
  const key = scenario.isSigned ? await signingKey(folder) : [];
  const controllerOptions = await controllerArgs(scenario, host, files, key);
  const controller = start(operatorFor(controllerOptions), limit);
  await controller.said(/waiting/);
  const args = await flyArgs(scenario, host, files, key);
  const airborneCommand = airborneFor(args, host.isBuilt);
  const startAirborne = () => start(airborneCommand, limit, scenario.settings);
  let airborne = startAirborne();
  let killedAtS: number | null = null;
  await controller.said(/flying/);
  using memory = new MemorySamples(airborne.pid, MEMORY_EVERY_MS);
  if (scenario.killAtS !== undefined) {
    const { groundS, climbS } = flightTimes(scenario);
    await pause(1000 * (scenario.killAtS + groundS + climbS), limit);
    airborne.kill();
    killedAtS = scenario.killAtS;
    await airborne.ended;
    airborne = startAirborne();
  }
  const controllerCode = await controller.ended;
  const overMs = performance.now();
  // Landed, it ends by itself; what does not is ended as a person would end it.
  const ending = setTimeout(() => airborne.end(), scenario.lands ? 1000 * ENDING_S : 0);
  const flyCode = await airborne.ended;
  clearTimeout(ending);
  const flyEndedAfterS = (performance.now() - overMs) / 1000;
  host.signal.throwIfAborted();
  const flyText = airborne.text();
  await Deno.writeTextFile(`${folder}/airborne.txt`, flyText);
  await Deno.writeTextFile(`${folder}/controller.txt`, controller.text());
  await Deno.writeTextFile(`${folder}/memory.json`, JSON.stringify(memory.mb));
  const codes = { flyCode, controllerCode, flyEndedAfterS };
  const untilS = scenario.lands ? Infinity : scenario.durationS;
  const { flight } = host.ground;
  const told = { flyText, killedAtS, memoryMb: memory.mb };
  return readEvidence({ ...files, ...codes, ...told, untilS, flight });
}

function wallLimitS(scenario: Scenario): number {
  const { groundS, climbS } = flightTimes(scenario);
  return groundS + climbS + scenario.durationS + OVERHEAD_S + (scenario.lands ? LANDING_S : 0);
}

interface RunFiles {
  readonly reportFile: string;
  readonly recorderFolder: string;
}

async function controllerArgs(
  { controller, durationS, lands, isGenerated }: Scenario,
  { ground, port }: ScenarioHost,
  { reportFile }: RunFiles,
  key: readonly string[],
): Promise<string[]> {
  const truth = new TrueMotion(await Deno.readTextFile(`${ground.flight}/truth.csv`));
  return [
    "simulate",
    "controller",
    // The same seed and height: the camera of the recorded flight.
    ...isGenerated ? ["--tiles", ground.mapTiles, "--agl", AGL_M] : [ground.flight],
    ...["--link", `tcpin:127.0.0.1:${port}`, "--camera-link", `tcpin:127.0.0.1:${port + 1}`],
    ...["--report", reportFile, ...lands ? [] : ["--duration", String(durationS), "--end-in-air"]],
    ...controller.map((one) => hinted(one, truth)),
    ...key,
  ];
}

/** {at}: where the aircraft is at the hint's second, to 0.001°. */
function hinted(option: string, truth: TrueMotion): string {
  const atS = Number(option.split("@").at(-1));
  return option.replace("{at}", () => {
    const { latitudeDeg, longitudeDeg } = truth.place(atS);
    return `${latitudeDeg.toFixed(3)},${longitudeDeg.toFixed(3)}`;
  });
}

async function flyArgs(
  scenario: Scenario,
  { ground, port }: ScenarioHost,
  { recorderFolder }: RunFiles,
  key: readonly string[],
): Promise<string[]> {
  const truth = new TrueMotion(await Deno.readTextFile(`${ground.flight}/truth.csv`));
  const place = standingPlace(truth, flightTimes(scenario).climbS);
  return [
    "fly",
    ...["--connect", `tcp:127.0.0.1:${port}`, "--camera", `frames:tcp:127.0.0.1:${port + 1}`],
    ...["--calibration", `${ground.flight}/flight.json`],
    ...["--package", ground.flightPackage, "--allow-unsigned", "--recorder", recorderFolder],
    ...(scenario.fly ?? []).map((one) => one.replace("{place}", place)),
    ...key,
  ];
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
function standingPlace(truth: TrueMotion, climbS: number): string {
  const { latitudeDeg, longitudeDeg } = truth.place(0);
  const { velocityEnMps: [eastMps, northMps] } = truth.at(0);
  const metresPerDegreeEast = METRES_PER_DEGREE * Math.cos(latitudeDeg * Math.PI / 180);
  const standing = [
    latitudeDeg - northMps * climbS / 2 / METRES_PER_DEGREE,
    longitudeDeg - eastMps * climbS / 2 / metresPerDegreeEast,
  ];
  return standing.map((degrees) => degrees.toFixed(6)).join(",");
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

function start(
  { command, args }: ExecutableCommand,
  signal: AbortSignal,
  settings: Readonly<Record<string, string>> = {},
): Running {
  const child = new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1", ...settings },
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
