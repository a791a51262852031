/**
 * `operator fdr doctor`: checks everything about a recorded flight that can be checked.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  countText,
  defineCommand,
  type ExitCode,
} from "../../core/mod.ts";
import { diagnoseFlight, type Diagnosis, findOnlyFlight } from "../../flight/flight_record/mod.ts";
import { FLIGHT_ARGUMENT } from "../options.ts";
import {
  damageLines,
  EXIT_CODES,
  exitOfVerdict,
  filesText,
  type FlightValues,
  withProgress,
} from "./fdr_shared.ts";

export function fdrDoctorCommand(): Command {
  return defineCommand({
    name: "fdr doctor",
    summary: "check every CRC, index, schema and counter of a recorded flight",
    about: `
Checks a recorded flight to the last bit: CRCs of chunks, data and summary, indexes, statistics,
numbering, the schema of every payload, missing segments, and the counters of the footer against
what is there. Names every damage with file, byte, record and reason.

Records that the recorder itself counted as lost are no damage: \`operator fdr info\` lists them.`,
    arguments: FLIGHT_ARGUMENT,
    options: {},
    json: "one JSON object instead of text",
    examples: [
      "operator fdr doctor recordings/7d0f2c4e-3f0f-4a9c-8d5e-0f6a3f1b2c4d",
      "operator fdr doctor FLIGHT --json | jq -r '.damage[].reason'",
    ],
    exitCodes: EXIT_CODES,
    run,
  });
}

async function run(values: FlightValues, io: CommandIo): Promise<ExitCode> {
  const files = await findOnlyFlight(values.flight);
  const found = await withProgress(
    io,
    "checking",
    files.totalBytes,
    (options) => diagnoseFlight(files, options),
  );
  if (values.json) io.out(JSON.stringify(jsonOf(found)));
  else for (const line of textOf(found)) io.out(line);
  return exitOfVerdict({ ...found, path: found.files.path }, io);
}

function jsonOf(found: Diagnosis) {
  const { files, summary, damage, verdict, unknownKinds, missingBetween } = found;
  return {
    type: "diagnosis",
    path: files.path,
    verdict,
    files: files.segments.map(({ name, sizeBytes }) => ({ name, sizeBytes })),
    records: summary.records,
    unverified: summary.unverified,
    missingBetween,
    unknownKinds: Object.fromEntries(unknownKinds),
    recovered: found.recovered,
    damage: damage.list,
    damageCount: damage.total,
  };
}

function* textOf(found: Diagnosis): Generator<string> {
  const { files, summary, damage, verdict, unknownKinds } = found;
  yield* damageLines(damage);
  for (const [kind, count] of [...unknownKinds].sort()) {
    yield `note: the kind ${kind} is not known to this program (${
      countText(count, "record")
    }); it was kept`;
  }
  for (const name of found.recovered) yield `note: ${name} was recovered from a damaged file`;
  const unsure = summary.unverified === 0 ? "" : ` (${summary.unverified} without a CRC)`;
  const count = countText(summary.records, "record") + unsure;
  const what = `${files.path}: ${filesText(files)}, ${count}`;
  if (verdict === "complete") yield `${what}: complete`;
  else if (verdict === "nothing") yield `${what}: no record can be read`;
  else {
    yield `${what}: lossy, ${
      countText(damage.total, "damage")
    } (\`operator fdr recover\` salvages ` +
      "every whole record)";
  }
}
