/**
 * `operator fdr cat`: the records of a flight, one JSON line each.
 *
 * @module
 */
import { type Command, type CommandIo, EXIT, type ExitCode, UsageError } from "../../core/mod.ts";
import {
  findFlight,
  type FlightFiles,
  readBatches,
  readRecords,
} from "../../flight/flight_record/mod.ts";
import { dateOption, numberOption, parseCommandLine } from "../options.ts";
import { DamageTeller, EXIT_HELP, FLIGHT_HELP, flightArgument } from "./fdr_shared.ts";

const HELP = `operator fdr cat FLIGHT [--kind KIND]… [--from WHEN] [--to WHEN] [--limit N]

Prints records as JSON lines, each as it stands in the file (unknown kinds and keys included).
${FLIGHT_HELP}

Options
  --kind KIND    only this kind; may be given several times
  --from WHEN    from this moment: seconds on the flight's clock (timestampNs / 1e9), or UTC
  --to WHEN      up to this moment
  --limit N      stop after so many records

Damage is told on stderr and read around.
${EXIT_HELP}

Examples
  operator fdr cat recordings/7d0f2c4e-3f0f-4a9c-8d5e-0f6a3f1b2c4d | head
  operator fdr cat FLIGHT --kind nav.fix --kind nav.state --from 60 --to 90.5
  operator fdr cat FLIGHT --kind log --from 2026-05-31T08:00:00Z --limit 100`;

const OPTIONS = {
  kind: { type: "string", multiple: true },
  from: { type: "string" },
  to: { type: "string" },
  limit: { type: "string" },
} as const;

const SECONDS_MAX = Number.MAX_SAFE_INTEGER / 1e9;

export function fdrCatCommand(): Command {
  return {
    name: "fdr cat",
    summary: "print the records of a flight as JSON lines",
    help: HELP,
    run,
  };
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  const limitRange = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER, integer: true };
  const limit = numberOption("limit", values.limit, limitRange) ?? Infinity;
  const moments = [parseMoment("from", values.from), parseMoment("to", values.to)];
  const files = await findFlight(flightArgument("fdr cat", positionals));
  const zeroMs = moments.some((moment) => moment instanceof Date) ? await utcOfZeroMs(files) : 0;
  const [fromNs, toNs] = moments.map((moment) => toNanoseconds(moment, zeroMs));
  const teller = new DamageTeller(io);
  const text = new TextDecoder();
  let printed = 0;
  if (limit === 0) return EXIT.ok;
  const batches = readBatches(files, { kinds: values.kind, fromNs, toNs, onDamage: teller.tell });
  for await (const batch of batches) {
    const lines: string[] = [];
    for (const { record, message } of batch.slice(0, limit - printed)) {
      const line = text.decode(message.data);
      lines.push(/[\r\n]/.test(line) ? JSON.stringify(record) : line);
    }
    io.out(lines.join("\n"));
    printed += lines.length;
    // Nobody reads any more, or the person has had enough: no word about it.
    if (io.signal.aborted || printed >= limit) break;
  }
  return teller.exitCode(printed);
}

function parseMoment(name: string, text: string | undefined): number | Date | undefined {
  if (text === undefined) return undefined;
  if (/^-?[\d.]+$/.test(text)) {
    return numberOption(name, text, { minimum: -SECONDS_MAX, maximum: SECONDS_MAX });
  }
  try {
    return dateOption(name, text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const wanted = "seconds on the flight's clock, or UTC like 2026-05-31T08:00:00Z";
    throw new UsageError(`--${name} must be ${wanted}, got "${text}"`, { cause: error });
  }
}

function toNanoseconds(moment: number | Date | undefined, zeroMs: number): number | undefined {
  if (moment === undefined) return undefined;
  return moment instanceof Date ? (moment.getTime() - zeroMs) * 1e6 : moment * 1e9;
}

/** UTC of the flight's clock zero, as its first record has it. */
async function utcOfZeroMs(files: FlightFiles): Promise<number> {
  for await (const record of readRecords(files)) {
    const { startUtc } = record.payload;
    const told = record.kind === "flight_header" ? Date.parse(String(startUtc)) : NaN;
    return Number.isFinite(told) ? told : Date.parse(record.wallTime) - record.timestampNs / 1e6;
  }
  return 0;
}
