/**
 * `operator fdr cat`: prints the records of a flight, one JSON line each.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  option,
  type OptionValues,
  readDate,
  readNumber,
  Refused,
} from "../../core/mod.ts";
import {
  findOnlyFlight,
  type FlightFiles,
  readBatches,
  readRecords,
} from "../../flight/flight_record/mod.ts";
import { FLIGHT_ARGUMENT } from "../options.ts";
import { DamageTeller, EXIT_CODES, type FlightValues } from "./fdr_shared.ts";

const SECONDS_MAX = Number.MAX_SAFE_INTEGER / 1e9;

const MOMENT_KIND = {
  form: "seconds on the flight's clock, or UTC like 2026-05-31T08:00:00Z",
  read: readMoment,
};

const OPTIONS = {
  kind: option.text({
    placeholder: "KIND",
    multiple: true,
    help: "only this kind",
    example: "nav.fix",
  }),
  from: option.custom(MOMENT_KIND, {
    placeholder: "WHEN",
    help: "from this moment: seconds on the flight's clock (timestampNs / 1e9), or UTC",
  }),
  to: option.custom(MOMENT_KIND, { placeholder: "WHEN", help: "up to this moment" }),
  limit: option.count({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    help: "stop after so many records",
  }),
} as const;

export function fdrCatCommand(): Command {
  return defineCommand({
    name: "fdr cat",
    summary: "print the records of a flight as JSON lines",
    about: `
Prints records as JSON lines, each as it stands in the file (unknown kinds and keys included).
Damage is named on stderr and read around.`,
    arguments: FLIGHT_ARGUMENT,
    options: OPTIONS,
    json: "changes nothing: records are JSON lines with and without it",
    examples: [
      "operator fdr cat recordings/7d0f2c4e-3f0f-4a9c-8d5e-0f6a3f1b2c4d | head",
      "operator fdr cat FLIGHT --kind nav.fix --kind nav.state --from 60 --to 90.5",
      "operator fdr cat FLIGHT --kind log --from 2026-05-31T08:00:00Z --limit 100",
    ],
    exitCodes: EXIT_CODES,
    run,
  });
}

async function run(
  values: FlightValues & OptionValues<typeof OPTIONS>,
  io: CommandIo,
): Promise<ExitCode> {
  const { limit = Infinity } = values;
  const moments = [values.from, values.to];
  const files = await findOnlyFlight(values.flight);
  const zeroMs = moments.some((moment) => moment instanceof Date) ? await utcOfZeroMs(files) : 0;
  const [fromNs, toNs] = moments.map((moment) => toNanoseconds(moment, zeroMs));
  const teller = new DamageTeller(io);
  const text = new TextDecoder();
  let printed = 0;
  if (limit === 0) return EXIT.ok;
  const batches = readBatches(files, {
    kinds: values.kind.length === 0 ? undefined : values.kind,
    fromNs,
    toNs,
    onDamage: teller.tell,
  });
  for await (const batch of batches) {
    const lines: string[] = [];
    for (const { record, message } of batch.slice(0, limit - printed)) {
      const line = text.decode(message.data);
      lines.push(/[\r\n]/.test(line) ? JSON.stringify(record) : line);
    }
    io.out(lines.join("\n"));
    printed += lines.length;
    // The reader closed the pipe or the user stopped the command: end without a message.
    if (io.signal.aborted || printed >= limit) break;
  }
  return teller.exitCode(printed);
}

function readMoment(text: string): number | Date | Refused {
  const seconds = readNumber(text, { minimum: -SECONDS_MAX, maximum: SECONDS_MAX });
  return seconds instanceof Refused ? readDate(text) : seconds;
}

function toNanoseconds(moment: number | Date | undefined, zeroMs: number): number | undefined {
  if (moment === undefined) return undefined;
  return moment instanceof Date ? (moment.getTime() - zeroMs) * 1e6 : moment * 1e9;
}

/** UTC at time zero of the flight's clock, from its first record. */
async function utcOfZeroMs(files: FlightFiles): Promise<number> {
  for await (const record of readRecords(files)) {
    const { startUtc } = record.payload;
    const startMs = record.kind === "flight_header" ? Date.parse(String(startUtc)) : NaN;
    return Number.isFinite(startMs)
      ? startMs
      : Date.parse(record.wallTime) - record.timestampNs / 1e6;
  }
  return 0;
}
