/**
 * Makes a flight package from a map.
 *
 * @module
 */
import { DataError, EXIT, GdnError, messageOf, radiansFromDegrees } from "../../src/core/mod.ts";
import type { FlightCase, ProceduralGround } from "./cases.ts";
import { caseFolder, type CaseHost } from "./host.ts";
import { runStep } from "./processes.ts";

/** Height of the ground over the ellipsoid: that of the simulation and of the package, metres. */
export const GROUND_HEIGHT_M = 100;
/** When flights begin: the same flight on any day. */
export const FLIGHT_START = "2026-06-15T09:30Z";
/** Pictures are 4:3. */
const ASPECT = 3 / 4;

/** Makes the package for `flightCase`, whose flight is in `flight` already. */
export async function makePackage(
  flightCase: FlightCase,
  flight: string,
  host: CaseHost,
): Promise<string> {
  const folder = caseFolder(host, flightCase.name);
  const { ground, registration } = flightCase;
  const { aglM, fovDeg } = flightCase.flight;
  const mapCentre = registration?.centre ?? ground.centre;
  const sigma = registration === undefined ? [] : ["--map-sigma", String(registration.sigmaM)];
  const footprintM = 2 * aglM * Math.tan(radiansFromDegrees(fovDeg) / 2) * ASPECT;
  const options = [
    ...["--ground-height", String(GROUND_HEIGHT_M)],
    ...["--footprint", footprintM.toFixed(0)],
  ];
  if (ground.kind === "procedural") {
    const tiles = await proceduralMap({ ...ground, centre: mapCentre }, flight, folder, host);
    // Position error of a painted map: a third of a pixel from resampling and JPEG.
    const painted = registration === undefined ? ["--map-sigma", "0.3"] : sigma;
    return await packageOf(folder, [tiles], [...options, ...painted], host);
  }
  const { map, gsdM } = ground;
  const source = [map, "--centre", mapCentre, "--gsd", String(gsdM)];
  return await packageOf(folder, source, [...options, ...sigma], host);
}

/** The older map of the ground below the flight. */
async function proceduralMap(
  ground: ProceduralGround,
  flight: string,
  folder: string,
  host: CaseHost,
): Promise<string> {
  host.note("paint the map");
  await runStep("operator", [
    ...["simulate", "map", "--procedural", String(ground.seed), "--centre", ground.centre],
    ...["--corridor-of", flight, "--zoom", String(ground.zoom)],
    ...(ground.widthM === undefined ? [] : ["--width", String(ground.widthM)]),
    ...["--out", `${folder}/map`, "--json"],
  ], { signal: host.signal, grants: { write: [host.work] } });
  return `${folder}/map`;
}

/** Imports imagery (`source`: its path, then options) and provisions all of it. */
export async function packageOf(
  folder: string,
  source: readonly string[],
  options: readonly string[],
  host: CaseHost,
): Promise<string> {
  const data = ["--data", `${folder}/data`, "--json"];
  const step = { signal: host.signal, grants: { read: [source[0]], write: [host.work] } };
  host.note("import the map");
  await runStep("operator", ["tiles", "import", ...source, ...data], step);
  host.note("provision");
  const out = `${folder}/package`;
  await runStep("operator", ["provision", "--out", out, ...options, ...data], step);
  return out;
}

/** @throws GdnError with exit code 66 when the picture does not exist */
export async function checkPicture(path: string): Promise<string> {
  const info = await Deno.stat(path).catch((error) => {
    const exitCode = error instanceof Deno.errors.NotFound ? EXIT.noInput : EXIT.io;
    throw new GdnError("NO_INPUT", `Cannot read the picture ${path}: ${messageOf(error)}`, {
      cause: error,
      exitCode,
    });
  });
  if (!info.isFile) throw new DataError(path, "is no file; give a picture");
  return path;
}
