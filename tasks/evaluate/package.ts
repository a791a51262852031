/**
 * Makes a flight package from a map.
 *
 * @module
 */
import { DataError, EXIT, GdnError, messageOf } from "../../src/core/mod.ts";
import {
  importSteps,
  type OperatorStep,
  packageSteps,
} from "../../src/workstation/evaluation/mod.ts";
import type { FlightCase } from "./cases.ts";
import { caseFolder, type CaseHost } from "./host.ts";
import { runStep } from "./processes.ts";

/** Makes the package for `flightCase`, whose flight is in `flight` already. */
export async function makePackage(
  flightCase: FlightCase,
  flight: string,
  host: CaseHost,
): Promise<string> {
  const folder = caseFolder(host, flightCase.name);
  await runOperator(packageSteps(flightCase, flight, folder), host);
  return `${folder}/package`;
}

/** Imports imagery (`source`: its path, then options) and provisions all of it. */
export async function packageOf(
  folder: string,
  source: readonly string[],
  options: readonly string[],
  host: CaseHost,
): Promise<string> {
  await runOperator(importSteps(folder, source, options), host);
  return `${folder}/package`;
}

export async function runOperator(steps: readonly OperatorStep[], host: CaseHost): Promise<void> {
  for (const { note, args, reads } of steps) {
    host.note(note);
    const grants = { read: reads, write: [host.work] };
    await runStep("operator", args, { signal: host.signal, grants });
  }
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
