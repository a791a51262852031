/**
 * The flights and packages that the scenarios share: made once, by the shipped `operator`, when a scenario
 * first needs them.
 *
 * @module
 */
import { removeIfPresent } from "../../src/core/mod.ts";
import { runStep } from "../evaluate/processes.ts";
import { REPOSITORY } from "../executables.ts";

const ROOT = `${REPOSITORY}/build/scratch/scenarios`;
const CENTRE = ["--centre", "48.5,35.0"];
const PLACE = ["--procedural", "7", ...CENTRE];
export const AGL_M = "130";
const AGL = ["--agl", AGL_M];
/** Of every flight; the square map shows what a camera sees from all over it. */
const EXTENT = ["--extent", "1500"];
const GPS = ["--gps", "present"];
/** Options of any further flight over the square map. */
export const OVER_SQUARE = [...PLACE, ...AGL, ...EXTENT];

/** Options of `operator simulate flight` beside its folder. */
const FLIGHTS = {
  /** Longer than any scenario; ends in the air. */
  cruise: [...PLACE, "--duration", "90"],
  /** With their landings. */
  wing: [...PLACE, "--duration", "25", "--landing"],
  rotor: [...PLACE, "--duration", "25", "--landing", "--aircraft", "multirotor"],
  /** Over ground that no map shows: a search finds nothing, and goes on. */
  elsewhere: ["--procedural", "8", ...CENTRE, "--duration", "90"],
} as const;
export type FlightName = keyof typeof FLIGHTS;

/** What a package shows, as options of `operator simulate map`. */
const MAPS = {
  corridor: (cruise: string) => ["--corridor-of", cruise],
  square: () => ["--extent", "1900"],
  /** 25 km². */
  large: () => ["--extent", "5000"],
} as const;
export type MapName = keyof typeof MAPS;

/** Where a scenario is flown. */
export interface Ground {
  readonly flight: string;
  readonly flightPackage: string;
  /** Tiles of the package's map, {z}/{x}/{y}.jpg. */
  readonly mapTiles: string;
}

interface Host {
  readonly signal: AbortSignal;
  onStep(what: string): void;
}

/** In build/scratch; what is there already is used again. */
export async function prepareGround(
  wanted: { readonly flight: FlightName; readonly map: MapName },
  host: Host,
): Promise<Ground> {
  const flight = await flightFolder(wanted.flight, host);
  const folder = await mapFolder(wanted.map, host);
  return { flight, flightPackage: `${folder}/package`, mapTiles: `${folder}/map` };
}

async function flightFolder(name: FlightName, host: Host): Promise<string> {
  const folder = `${ROOT}/flights/${name}`;
  if (await exists(`${folder}/flight.json`)) return folder;
  await Deno.mkdir(`${ROOT}/flights`, { recursive: true });
  await removeIfPresent(folder);
  const options = [...FLIGHTS[name], ...AGL, ...EXTENT, ...GPS];
  await operator(
    `simulating the flight ${name}`,
    host,
    "simulate",
    "flight",
    "--out",
    folder,
    options,
  );
  return folder;
}

async function mapFolder(name: MapName, host: Host): Promise<string> {
  const folder = `${ROOT}/maps/${name}`;
  const flightPackage = `${folder}/package`;
  if (await exists(`${flightPackage}/manifest.json`)) return folder;
  const area = MAPS[name](await flightFolder("cruise", host));
  await removeIfPresent(folder);
  await Deno.mkdir(folder, { recursive: true });
  const map = `${folder}/map`, data = ["--data", `${folder}/data`];
  const captured = ["--captured-at", "2025-09-01"];
  await operator(`painting the map ${name}`, host, "simulate", "map", "--out", map, [
    ...PLACE,
    ...area,
  ]);
  await operator(`importing the map ${name}`, host, "tiles", "import", map, [...captured, ...data]);
  await operator(`provisioning ${name}`, host, "provision", "--out", flightPackage, [
    ...AGL,
    ...data,
  ]);
  return folder;
}

async function operator(
  what: string,
  { signal, onStep }: Host,
  ...args: (string | readonly string[])[]
): Promise<void> {
  onStep(what);
  await runStep("operator", args.flat(), { signal, grants: { read: [ROOT], write: [ROOT] } });
}

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}

/** An empty folder for one scenario. */
export async function scenarioFolder(name: string): Promise<string> {
  const folder = `${ROOT}/runs/${name.replaceAll(/[^a-z0-9]+/gi, "_")}`;
  await removeIfPresent(folder);
  await Deno.mkdir(folder, { recursive: true });
  return folder;
}
