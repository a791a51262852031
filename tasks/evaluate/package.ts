/**
 * From a map to a flight package.
 *
 * @module
 */
import { DataError, EXIT, GdnError, messageOf } from "../../src/core/mod.ts";
import type { FlightCase } from "./cases.ts";
import { caseFolder, type CaseHost } from "./host.ts";
import { runStep } from "./processes.ts";

/** Where procedural ground lies. */
export const PROCEDURAL_CENTRE = "48,11";

/** Makes the package of the case's map; returns its folder. */
export async function makePackage(flightCase: FlightCase, host: CaseHost): Promise<string> {
  const folder = caseFolder(host, flightCase.name);
  const { ground } = flightCase;
  let map: string, centre: string;
  if (ground.kind === "pictures") {
    map = await checkPicture(ground.map);
    centre = ground.centre;
  } else {
    host.note("make procedural ground");
    map = `${folder}/map.png`;
    centre = PROCEDURAL_CENTRE;
    await runStep("operator", [
      "simulate",
      "map",
      ...["--out", map, "--centre", centre, "--gsd", String(ground.gsdM)],
      ...["--side", String(ground.sideM), "--seed", String(ground.seed)],
      "--json",
    ], { signal: host.signal, grants: { write: [host.work] } });
  }
  host.note("import the map");
  return await packageOf(folder, [map, "--centre", centre, "--gsd", String(ground.gsdM)], host);
}

/** Imports imagery (`importArguments` begin with its path) and provisions all of it. */
export async function packageOf(
  folder: string,
  importArguments: readonly string[],
  host: CaseHost,
): Promise<string> {
  const data = ["--data", `${folder}/data`, "--json"];
  const step = { signal: host.signal, grants: { read: [importArguments[0]], write: [host.work] } };
  await runStep("operator", ["tiles", "import", ...importArguments, ...data], step);
  host.note("provision");
  await runStep("operator", ["provision", "--out", `${folder}/package`, ...data], step);
  return `${folder}/package`;
}

/** @throws GdnError with exit code 66 when the picture is not there */
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
