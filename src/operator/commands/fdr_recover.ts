/**
 * `operator fdr recover`: copies every complete record of a damaged flight into new files.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  countText,
  defineCommand,
  type ExitCode,
  option,
} from "../../core/mod.ts";
import { findOnlyFlight, recoverFlight, type Recovery } from "../../flight/flight_record/mod.ts";
import { FLIGHT_ARGUMENT } from "../options.ts";
import {
  damageLines,
  EXIT_CODES,
  exitOfVerdict,
  type FlightValues,
  withProgress,
} from "./fdr_shared.ts";

export function fdrRecoverCommand(): Command {
  return defineCommand({
    name: "fdr recover",
    summary: "salvage every whole record of a damaged flight",
    about: `
Salvages every whole record of a cut or damaged flight into fresh, complete MCAP files. Records stay
as they are, byte by byte. The original is only read; the output appears whole or not at all.

A chunk whose CRC is wrong by one bit is repaired; in one that is damaged further, each record that
still reads is kept and counted as not verified. What was wrong stands in the new file as metadata
("fdr_recovery").`,
    arguments: FLIGHT_ARGUMENT,
    options: {
      out: option.path({
        access: "create",
        required: true,
        help:
          "a new folder with one file for each segment, or, where it ends with .mcap, one new " +
          "file with the records of all segments",
      }),
    },
    json: "one JSON object instead of text",
    examples: [
      "operator fdr recover recordings/7d0f2c4e-3f0f-4a9c-8d5e-0f6a3f1b2c4d --out salvaged",
      "operator fdr recover segment_0002.mcap --out segment_0002.salvaged.mcap",
    ],
    exitCodes: EXIT_CODES,
    run,
  });
}

async function run(
  { flight, out, json }: FlightValues & { readonly out: string },
  io: CommandIo,
): Promise<ExitCode> {
  const files = await findOnlyFlight(flight);
  const recovery = await withProgress(
    io,
    "salvaging",
    files.totalBytes,
    (options) => recoverFlight(files, out, options),
  );
  if (json) io.out(JSON.stringify({ ...jsonOf(recovery), source: files.path }));
  else for (const line of textOf(recovery, files.path)) io.out(line);
  return exitOfVerdict({ ...recovery, path: files.path }, io);
}

function jsonOf({ damage, ...recovery }: Recovery) {
  return { type: "recovery", ...recovery, damage: damage.list, damageCount: damage.total };
}

function* textOf(recovery: Recovery, source: string): Generator<string> {
  const { path, segments, records, unverified, damage } = recovery;
  yield* damageLines(damage);
  if (path === null) {
    yield `${source}: nothing was written`;
    return;
  }
  for (const segment of segments) yield `${segment.name}: ${countText(segment.records, "record")}`;
  const unsure = unverified === 0 ? "" : `, ${unverified} of them without a CRC`;
  yield `${path}: ${countText(records, "record")} salvaged${unsure}`;
}
