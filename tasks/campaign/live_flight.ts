/**
 * Hours of live flight at simulated time: the shipped `airborne fly` over a simulated aircraft, and over a
 * recorded flight with its pictures. Nothing may grow, be lost, fall silent, or be alarmed about.
 *
 * @module
 */
import { LocalFrame, messageOf, percentile, removeIfPresent } from "../../src/core/mod.ts";
import { simulatedVehicle } from "../../src/flight/flight_controller/mod.ts";
import { findOnlyFlight, readRecords } from "../../src/flight/flight_record/mod.ts";
import { runStep } from "../evaluate/processes.ts";
import { airborneCommand, REPOSITORY } from "../executables.ts";
import { type MemoryCourse, memoryCourse, MemorySamples } from "../scenarios/memory_samples.ts";
import { OVER_SQUARE, prepareGround } from "../scenarios/prepare.ts";
import { type PartHost, type PartResult, seedsOf } from "./part.ts";

const HOURS = Number(Deno.env.get("GDN_LIVE_HOURS") ?? "8");
const PICTURE_MINUTES = Number(Deno.env.get("GDN_LIVE_PICTURE_MINUTES") ?? "60");
const HOME = { latitudeDeg: 48.5, longitudeDeg: 35.0 };
const ROOT = `${REPOSITORY}/build/scratch/campaign_live`;
const MEMORY_EVERY_MS = 1000;
/** The last third of the flight over the third before it. */
const GROWN_MAX_PERCENT = 5;
const SILENCE_MAX_MS = 200;
/** 95 % of the positions: by GPS, and by pictures alone. */
const ERROR_MAX_M = { simulated: 5, pictures: 20 };
/** The filter has settled. */
const FROM_S = 30;

/** Of a package that nobody has signed: true of these. */
const UNSIGNED = "MAP PACKAGE NOT TRUSTED: simulation only";

interface Flown {
  readonly durationS: number;
  readonly wallS: number;
  readonly memory: MemoryCourse | null;
  readonly rssMb: number;
  readonly lost: string;
  readonly positions: number;
  readonly withoutFix: number;
  readonly gapMsMax: number;
  readonly alarms: readonly string[];
  readonly errorM95: number;
}

/** Where it truly was, degrees. */
type Truth = (timeS: number) => { readonly latitudeDeg: number; readonly longitudeDeg: number };

export async function liveFlight(host: PartHost): Promise<PartResult> {
  const signal = new AbortController().signal;
  const ground = await prepareGround({ flight: "cruise", map: "square" }, {
    signal,
    onStep: host.print,
  });
  const failures: string[] = [];
  let runs = 0;
  for (const seed of seedsOf(host)) {
    for (const [name, fly] of Object.entries({ simulated: flySimulated, pictures: flyPictures })) {
      runs++;
      const faults = await fly(seed, ground.flightPackage, host).catch((error) => [
        messageOf(error),
      ]);
      if (faults.length === 0) continue;
      failures.push(
        `GDN_LIVE_HOURS=${HOURS} GDN_LIVE_PICTURE_MINUTES=${PICTURE_MINUTES} deno task campaign ` +
          `--only live --seeds 1 --first ${seed} (${name}: ${faults.join("; ")})`,
      );
    }
  }
  return { runs, failures };
}

/** With GPS from take-off to landing; the seed is a part of its address. */
async function flySimulated(seed: number, flightPackage: string, host: PartHost) {
  const minutes = 60 * HOURS + seed / 1000;
  const vehicle = simulatedVehicle(60 * minutes);
  const frame = new LocalFrame({ ...HOME, heightM: 0 });
  const address = `simulated:${HOME.latitudeDeg},${HOME.longitudeDeg},${minutes}`;
  const truth: Truth = (timeS) => frame.wgsFromLocal(vehicle.truthAt(timeS).positionEnuM);
  const flown = await fly(address, flightPackage, truth);
  host.print(row(`seed ${seed}, simulated`, flown));
  return faultsOf(flown, ERROR_MAX_M.simulated);
}

/** Without GPS from the first second on. */
async function flyPictures(seed: number, flightPackage: string, host: PartHost) {
  const flight = `${ROOT}/flight`;
  await removeIfPresent(flight);
  await runStep("operator", [
    ...["simulate", "flight", "--out", flight, ...OVER_SQUARE, "--seed", String(seed)],
    ...["--duration", String(60 * PICTURE_MINUTES), "--frame-rate", "1"],
  ], { signal: new AbortController().signal, grants: { write: [ROOT] } });
  const flown = await fly(`replay:${flight}`, flightPackage, await recordedTruth(flight));
  await removeIfPresent(flight);
  host.print(row(`seed ${seed}, pictures`, flown));
  return faultsOf(flown, ERROR_MAX_M.pictures);
}

async function fly(address: string, flightPackage: string, truth: Truth): Promise<Flown> {
  const recorder = `${ROOT}/record`;
  await removeIfPresent(recorder);
  await Deno.mkdir(recorder, { recursive: true });
  const { command, args } = airborneCommand(
    ["fly", "--connect", address, "--package", flightPackage, "--recorder", recorder, "--json"],
    {
      read: [flightPackage, ...(address.startsWith("replay:") ? [address.slice(7)] : [])],
      write: [recorder],
    },
  );
  const startMs = performance.now();
  const child = new Deno.Command(command, { args, stdin: "null", stdout: "piped" }).spawn();
  using memory = new MemorySamples(child.pid, MEMORY_EVERY_MS);
  const { code, stdout } = await child.output();
  const wallS = (performance.now() - startMs) / 1000;
  const last = new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "";
  if (code !== 0) throw new Error(`airborne fly ended with exit code ${code}: ${last}`);
  const summary = JSON.parse(last) as { durationS: number; recorderLost: number | null };
  const measured = await measure(recorder, truth);
  await removeIfPresent(recorder);
  return {
    ...measured,
    ...memoryOf(memory.mb),
    durationS: summary.durationS,
    lost: String(summary.recorderLost),
    wallS,
  };
}

async function measure(recorder: string, truth: Truth) {
  const alarms: string[] = [], errorsM: number[] = [];
  let positions = 0, withoutFix = 0, gapMsMax = 0, lastNs: number | null = null;
  const kinds = ["c8.position_out", "c8.alert", "c5.gps_demoted", "c5.map_conflict"];
  for await (const record of readRecords(await findOnlyFlight(recorder), { kinds })) {
    const { kind, timestampNs } = record;
    const payload = record.payload as Record<string, unknown>;
    if (kind !== "c8.position_out") {
      const isAlarm = payload.severity === "critical" && payload.text !== UNSIGNED;
      if (kind !== "c8.alert" || isAlarm) {
        alarms.push(`${kind} at ${(timestampNs / 1e9).toFixed(0)} s`);
      }
      continue;
    }
    positions++;
    if (lastNs !== null) gapMsMax = Math.max(gapMsMax, (timestampNs - lastNs) / 1e6);
    lastNs = timestampNs;
    const timeS = Number(payload.validNs) / 1e9;
    if (timeS <= FROM_S) continue;
    if (payload.fixType !== 3) withoutFix++;
    errorsM.push(distanceM(payload as unknown as Place, truth(timeS)));
  }
  return { positions, withoutFix, gapMsMax, alarms, errorM95: percentile(errorsM, 0.95) ?? NaN };
}

interface Place {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
}

const METRES_PER_DEGREE = 111_200;

/** Of places next to each other, near {@link HOME}. */
function distanceM(a: Place, b: Place): number {
  const shrinks = Math.cos(HOME.latitudeDeg * Math.PI / 180);
  return METRES_PER_DEGREE *
    Math.hypot(a.latitudeDeg - b.latitudeDeg, shrinks * (a.longitudeDeg - b.longitudeDeg));
}

/** Of truth.csv, between its rows. */
async function recordedTruth(flight: string): Promise<Truth> {
  const [, ...rows] = (await Deno.readTextFile(`${flight}/truth.csv`)).trim().split("\n");
  const values = rows.map((text) => text.split(",", 3).map(Number));
  return (timeS) => {
    const rate = (values.length - 1) / (values[values.length - 1][0] / 1e9);
    const at = Math.max(0, Math.min(values.length - 2, Math.floor(timeS * rate)));
    const [a, b] = [values[at], values[at + 1]];
    const share = Math.max(0, Math.min(1, (timeS * 1e9 - a[0]) / (b[0] - a[0])));
    return {
      latitudeDeg: a[1] + share * (b[1] - a[1]),
      longitudeDeg: a[2] + share * (b[2] - a[2]),
    };
  };
}

function memoryOf(samples: MemorySamples["mb"]): Pick<Flown, "memory" | "rssMb"> {
  return {
    memory: memoryCourse(samples, samples.at(-1)?.timeS ?? 0),
    rssMb: Math.max(0, ...samples.map(({ mb }) => mb)),
  };
}

function faultsOf(flown: Flown, errorMaxM: number): string[] {
  const { memory, lost, withoutFix, gapMsMax, alarms, errorM95 } = flown;
  return [
    ...((memory?.grownPercent ?? Infinity) <= GROWN_MAX_PERCENT ? [] : ["its memory grew"]),
    ...(lost === "0" ? [] : [`${lost} records were lost`]),
    ...(withoutFix === 0 ? [] : [`${withoutFix} positions without a fix`]),
    ...(gapMsMax <= SILENCE_MAX_MS ? [] : [`silent for ${gapMsMax.toFixed(0)} ms`]),
    ...(alarms.length === 0 ? [] : [alarms.slice(0, 5).join(", ")]),
    ...(errorM95 <= errorMaxM ? [] : [`95 % of the errors are up to ${errorM95.toFixed(1)} m`]),
  ];
}

function row(name: string, flown: Flown): string {
  const { durationS, wallS, positions, withoutFix, gapMsMax, alarms, errorM95 } = flown;
  const grown = flown.memory === null
    ? "too short to tell"
    : `${flown.memory.grownPercent.toFixed(1)} % (${
      flown.memory.sixthsMb.map((mb) => mb.toFixed(0)).join(", ")
    } MB by the sixth)`;
  return `${name}: ${(durationS / 60).toFixed(1)} min in ${
    wallS.toFixed(0)
  } s, ${positions} positions ` +
    `(${withoutFix} without a fix, longest gap ${gapMsMax.toFixed(0)} ms), ` +
    `p95 ${errorM95.toFixed(1)} m, ${alarms.length} alarms, ${flown.lost} records lost, ` +
    `memory ${flown.rssMb.toFixed(0)} MB at most, grown by ${grown}`;
}
