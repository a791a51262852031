/**
 * `operator fdr recover`: every whole record of a damaged flight in fresh files.
 *
 * @module
 */
import { type Command, type CommandIo, type ExitCode, UsageError } from "../../core/mod.ts";
import { findFlight, recoverFlight, type Recovery } from "../../flight/flight_record/mod.ts";
import { parseCommandLine } from "../options.ts";
import {
  damageLines,
  EXIT_HELP,
  EXIT_OF_VERDICT,
  FLIGHT_HELP,
  flightArgument,
  plural,
  withProgress,
} from "./fdr_shared.ts";

const HELP = `operator fdr recover FLIGHT --out DIR|FILE.mcap [--json]

Salvages every whole record of a cut or damaged flight into fresh, complete MCAP files. Records stay
as they are, byte by byte. The original is only read; the output appears whole or not at all.
${FLIGHT_HELP}

Options
  --out DIR          a new folder with one file per segment
  --out FILE.mcap    one new file with the records of all segments

A chunk whose CRC is wrong by one bit is mended; in one that is damaged further, each record that
still reads is kept and counted as not verified. What was wrong stands in the new file as metadata
("fdr_recovery").
${EXIT_HELP}

Examples
  operator fdr recover recordings/7d0f2c4e-3f0f-4a9c-8d5e-0f6a3f1b2c4d --out salvaged
  operator fdr recover segment_0002.mcap --out segment_0002.salvaged.mcap`;

const OPTIONS = { out: { type: "string" }, json: { type: "boolean" } } as const;

export function fdrRecoverCommand(): Command {
  return {
    name: "fdr recover",
    summary: "salvage every whole record of a damaged flight",
    help: HELP,
    run,
  };
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  const path = flightArgument("fdr recover", positionals);
  const { out } = values;
  if (!out) throw new UsageError("fdr recover needs --out DIR or --out FILE.mcap");
  const files = await findFlight(path);
  const recovery = await withProgress(
    io,
    "salvaging",
    files.totalBytes,
    (options) => recoverFlight(files, out, options),
  );
  if (values.json) io.out(JSON.stringify({ ...jsonOf(recovery), source: files.path }));
  else for (const line of textOf(recovery, files.path)) io.out(line);
  return EXIT_OF_VERDICT[recovery.verdict];
}

function jsonOf({ damage, ...recovery }: Recovery) {
  return { type: "recovery", ...recovery, damage: damage.list, damageCount: damage.total };
}

function* textOf(recovery: Recovery, source: string): Generator<string> {
  const { path, segments, records, unverified, damage } = recovery;
  yield* damageLines(damage);
  if (path === null) {
    yield `${source}: nothing can be read, nothing was written`;
    return;
  }
  for (const segment of segments) yield `${segment.name}: ${plural(segment.records, "record")}`;
  const unsure = unverified === 0 ? "" : `, ${unverified} of them without a CRC`;
  yield `${path}: ${plural(records, "record")} salvaged${unsure}`;
}
