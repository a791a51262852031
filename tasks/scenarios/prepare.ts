/**
 * The flight and the package that the scenarios share: made once, by the shipped `operator`.
 *
 * @module
 */
import { removeIfPresent } from "../../src/core/mod.ts";
import { runStep } from "../evaluate/processes.ts";
import { REPOSITORY } from "../executables.ts";

export interface Ground {
  readonly flight: string;
  readonly flightPackage: string;
}

const ROOT = `${REPOSITORY}/build/scratch/scenarios`;
const PLACE = ["--procedural", "7", "--centre", "48.5,35.0"];
const AGL_M = "130";
const EXTENT_M = "1500";
/** What the camera sees from all over the extent. */
const MAP_M = "1900";
/** Options of a flight that is simulated while it is flown: with the camera of the other one. */
export const GENERATED = [...PLACE, "--agl", AGL_M, "--extent", EXTENT_M];
/** Of the longest scenario, seconds. */
const FLIGHT_S = "90";

/** In build/scratch; what is there already is used again. Wide: with a map of all that a flight may see. */
export async function prepareGround(
  signal: AbortSignal,
  onStep: (what: string) => void,
  { isWide }: { readonly isWide: boolean },
): Promise<Ground> {
  const folder = `${ROOT}/${isWide ? "wide" : "ground"}`;
  const ground = { flight: `${folder}/flight`, flightPackage: `${folder}/package` };
  if (await isWhole(ground)) return ground;
  await removeIfPresent(folder);
  await Deno.mkdir(folder, { recursive: true });
  const grants = { read: [folder], write: [folder] };
  const operator = async (what: string, ...args: string[]) => {
    onStep(what);
    await runStep("operator", args, { signal, grants });
  };
  const data = ["--data", `${folder}/data`];
  const size = ["--agl", AGL_M, "--duration", FLIGHT_S, "--extent", EXTENT_M, "--gps", "present"];
  await operator(
    "simulating the flight",
    "simulate",
    "flight",
    "--out",
    ground.flight,
    ...PLACE,
    ...size,
  );
  const area = isWide ? ["--extent", MAP_M] : ["--corridor-of", ground.flight];
  const map = ["--out", `${folder}/map`, ...area];
  await operator("painting its map", "simulate", "map", ...PLACE, ...map);
  await operator(
    "importing",
    "tiles",
    "import",
    `${folder}/map`,
    "--captured-at",
    "2025-09-01",
    ...data,
  );
  await operator(
    "provisioning",
    "provision",
    "--out",
    ground.flightPackage,
    "--agl",
    AGL_M,
    ...data,
  );
  return ground;
}

async function isWhole({ flight, flightPackage }: Ground): Promise<boolean> {
  const there = await Promise.all(
    [`${flight}/flight.json`, `${flightPackage}/manifest.json`].map((path) =>
      Deno.stat(path).then(() => true, () => false)
    ),
  );
  return there.every(Boolean);
}

/** An empty folder for one scenario. */
export async function scenarioFolder(name: string): Promise<string> {
  const folder = `${ROOT}/runs/${name.replaceAll(/[^a-z0-9]+/gi, "_")}`;
  await removeIfPresent(folder);
  await Deno.mkdir(folder, { recursive: true });
  return folder;
}
