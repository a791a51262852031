/**
 * `operator postflight`: everything after a landing, by the commands that a person would call one after the
 * other.
 *
 * @module
 */
import {
  bytesText,
  type Command,
  type CommandIo,
  countText,
  defineCommand,
  exists,
  EXIT,
  type ExitCode,
  GdnError,
  inOneLine,
  messageOf,
  option,
  type OptionValues,
  Refused,
  removeIfPresent,
  sha256Hex,
} from "../../core/mod.ts";
import { diagnoseFlight, findFlight } from "../../flight/flight_record/mod.ts";
import {
  copyFlights,
  listFlights,
  parseSshAddress,
  type RemoteFile,
  SSH_ADDRESS_FORM,
  type SshAddress,
} from "../../workstation/aircraft/mod.ts";
import { type FlightReport, readForReport } from "../../workstation/flight_report/mod.ts";
import { type FlightSummary, screen, type Step, worstOf } from "./postflight_screen.ts";
import { CACHE_OPTIONS, PROVIDER_ENVIRONMENT, SSH_OPTIONS, sshAccessOf } from "../options.ts";

/** The commands that it is made of. */
interface PostflightParts {
  readonly collect: Command;
  readonly tilesUpload: Command;
  readonly fdrReport: Command;
}

const ABOUT = `
After the landing: copies what flights left on the aircraft, merges it into the tile cache and the flight
records (operator collect), hands in the tiles that the flights made (operator tiles upload, with --url),
writes a report of each flight, and sums the flight up on one screen.

The aircraft is a mounted folder or ssh://[USER@]HOST[:PORT]/FOLDER, reached by the system's own ssh and
sftp with the user's keys; its host key must be known. Nothing is copied without its SHA-256, and nothing on
the aircraft is changed. Whatever breaks off is finished by running the command again; nothing is copied,
handed in or reported twice.`;

const ARGUMENTS = {
  aircraft: option.custom({
    form: `a folder, or ${SSH_ADDRESS_FORM}`,
    access: "aircraft",
    read(text) {
      if (text === "") return new Refused("it is empty");
      if (!text.includes("://")) return text.length > 1 ? text.replace(/\/+$/, "") : text;
      try {
        parseSshAddress(text);
        return text;
      } catch (error) {
        return new Refused(messageOf(error));
      }
    },
  }, {
    placeholder: "AIRCRAFT",
    required: true,
    help: "its storage: a folder, or its computer",
    example: "ssh://pilot@10.0.0.7/var/lib/gdn",
  }),
} as const;

const OPTIONS = {
  url: option.url({
    help: "hand the tiles in there; only https, or this machine",
    absent: "they wait in the cache",
    example: "https://tiles.example/",
  }),
  noReport: option.flag({ help: "write no reports" }),
  ...SSH_OPTIONS,
  ...CACHE_OPTIONS,
} as const;

type Values = OptionValues<typeof ARGUMENTS> & OptionValues<typeof OPTIONS> & {
  readonly json: boolean;
};

export function postflightCommand(parts: PostflightParts): Command {
  return defineCommand({
    name: "postflight",
    summary: "copy, collect, hand in and report what flights left on the aircraft",
    about: ABOUT,
    arguments: ARGUMENTS,
    options: OPTIONS,
    json: "one JSON object instead of the summary",
    environment: PROVIDER_ENVIRONMENT,
    examples: [
      "operator postflight /media/aircraft --url https://tiles.example/",
      "operator postflight ssh://pilot@10.0.0.7/var/lib/gdn --known-hosts aircraft.keys",
    ],
    exitCodes: {
      0: "all of it is here and handed in",
      65: "something was damaged or refused (the rest is in)",
      75: "the aircraft or the provider does not answer now: run it again, it goes on",
      77: "refused: host key, not landed, not let in, a signature",
    },
    run: (values, io) => run(parts, values, io),
  });
}

async function run(parts: PostflightParts, values: Values, io: CommandIo): Promise<ExitCode> {
  const steps: Step[] = [];
  const { data } = values;
  const copied = await copyStep(values, io, steps);
  const flights = await collectStep(parts, values, copied, io, steps);
  await uploadStep(parts, values, io, steps);
  const summaries = [];
  for (const flightId of flights) {
    io.signal.throwIfAborted();
    summaries.push(await summaryOf(`${data}/flight_records/${flightId}`, flightId));
  }
  const reports = await reportStep(parts, values, summaries, io, steps);
  const told = summaries.map((summary) => ({
    ...summary,
    report: reports.get(summary.flightId) ?? null,
  }));
  if (values.json) {
    io.out(JSON.stringify({ type: "postflight", aircraft: values.aircraft, steps, flights: told }));
  } else for (const line of screen(steps, told)) io.out(line);
  return worstOf(steps);
}

interface CopiedFiles {
  /** Where `collect` finds them. */
  readonly folder: string;
  /** Over SSH; null: a mounted folder. */
  readonly files: readonly RemoteFile[] | null;
  readonly staging: string | null;
}

async function copyStep(values: Values, io: CommandIo, steps: Step[]): Promise<CopiedFiles> {
  const { aircraft, data } = values;
  if (!aircraft.startsWith("ssh://")) {
    steps.push({ step: "copy", exitCode: null, text: `mounted at ${aircraft}` });
    return { folder: aircraft, files: null, staging: null };
  }
  const access = sshAccessOf(aircraft, values);
  const { files, leftOut } = await listFlights(access, io.signal);
  if (files.length === 0) {
    throw new GdnError(
      "NOTHING_TO_COLLECT",
      `${aircraft} holds no journal and no recorded flight`,
      {
        exitCode: EXIT.noInput,
      },
    );
  }
  const staging = `${data}/aircraft/${stagingName(access.address)}`;
  using bar = io.progress("copying", files.reduce((sum, { bytes }) => sum + bytes, 0));
  const { copied, there, bytes } = await copyFlights(access, files, {
    staging,
    kept: (file) => keptPath(file, data),
    progress: (done) => bar.update(done),
    signal: io.signal,
  });
  bar.end();
  const left = leftOut.length === 0
    ? ""
    : `; left there, their names are odd: ${leftOut.slice(0, 3).map(inOneLine).join(", ")}` +
      (leftOut.length > 3 ? ` and ${leftOut.length - 3} more` : "");
  const text = `${countText(copied, "file")} (${bytesText(bytes)}), ${there} here before${left}`;
  steps.push({ step: "copy", exitCode: EXIT.ok, text });
  return { folder: staging, files, staging };
}

/** For people, and distinct: the same folder of the same computer. */
function stagingName({ host, port, user, folder }: SshAddress): string {
  const whole = sha256Hex(new TextEncoder().encode(`${user ?? ""}@${host}:${port}${folder}`));
  return `${host.replaceAll(":", "_")}-${whole.slice(0, 12)}`;
}

/** A file of a flight lies among the flight records once it was collected. */
function keptPath({ path }: RemoteFile, data: string): string | null {
  const inFlight = flightPathOf(path);
  return inFlight === null ? null : `${data}/flight_records/${inFlight}`;
}

const FLIGHT_FILE = /(?:^|\/)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/((?:tiles\/)?[^/]+)$/;

/** "ID/segment_0000.mcap"; null: no file of a flight. */
function flightPathOf(path: string): string | null {
  const [, flightId, name] = FLIGHT_FILE.exec(path) ?? [];
  return flightId === undefined || path.endsWith(".journal") ? null : `${flightId}/${name}`;
}

/** What `operator collect --json` says, as far as it is looked at. */
interface Collected {
  readonly journals: readonly {
    readonly journal: string;
    readonly written: number;
    readonly renewed: number;
    readonly kept: number;
    readonly damagedBytes: number;
    readonly refused: readonly { readonly reason: string }[];
  }[];
  readonly flights: readonly {
    readonly flightId: string;
    readonly files: Readonly<Record<string, number>>;
  }[];
}

function faultsOf({ journals, flights }: Collected): string[] {
  return [
    ...journals.flatMap(({ journal, damagedBytes, refused }) => [
      ...(damagedBytes > 0 ? [`${journal}: ${damagedBytes} bytes are damaged`] : []),
      ...(refused.length > 0
        ? [`${journal}: ${countText(refused.length, "tile")} refused (${refused[0].reason})`]
        : []),
    ]),
    ...flights.flatMap(({ flightId, files: { kept_both: both = 0 } }) =>
      both === 0
        ? []
        : [`${countText(both, "file")} of ${flightId} differ from what was here: both are kept`]
    ),
  ];
}

/** Of the whole record that is here: what came this time may be a part of it. */
async function lossyRecords(flights: readonly string[], data: string): Promise<string[]> {
  const found: string[] = [];
  for (const flightId of flights) {
    const { record } = await summaryOf(`${data}/flight_records/${flightId}`, flightId);
    if (record !== "complete") {
      found.push(`the record of ${flightId} is ${record === "nothing" ? "not readable" : record}`);
    }
  }
  return found;
}

/** Ids of the flights that the aircraft has, which are here now. */
async function collectStep(
  { collect }: PostflightParts,
  values: Values,
  { folder, files, staging }: CopiedFiles,
  io: CommandIo,
  steps: Step[],
): Promise<readonly string[]> {
  const onAircraft = new Set(
    (files ?? []).flatMap(({ path }) => flightPathOf(path)?.split("/")[0] ?? []),
  );
  const isStaged = files?.map(({ path }) => exists(`${staging}/${path}`));
  if (isStaged !== undefined && !(await Promise.all(isStaged)).includes(true)) {
    steps.push({ step: "collect", exitCode: EXIT.ok, text: "all of it was here before" });
    return [...onAircraft].sort();
  }
  const { result } = await runStep(collect, [folder, ...placeArguments(values)], io);
  const { journals, flights } = result as unknown as Collected;
  const sum = (of: (journal: (typeof journals)[number]) => number) =>
    journals.reduce((total, journal) => total + of(journal), 0);
  const counted = `${countText(sum(({ written }) => written), "new tile")}, ` +
    `${sum(({ renewed }) => renewed)} renewed, ${sum(({ kept }) => kept)} here before; ` +
    countText(flights.length, "flight");
  const faults = [
    ...faultsOf({ journals, flights }),
    ...await lossyRecords(flights.map(({ flightId }) => flightId), values.data),
  ];
  const exitCode = faults.length === 0 ? EXIT.ok : EXIT.data;
  steps.push({ step: "collect", exitCode, text: [counted, ...faults].join("; ") });
  for (const { flightId } of flights) onAircraft.add(flightId);
  // Journals stay: a cache that lost its tiles is filled from them again.
  for (const { path } of files ?? []) {
    const kept = flightPathOf(path);
    if (kept === null || !await exists(`${values.data}/flight_records/${kept}`)) continue;
    await removeIfPresent(`${staging}/${path}`);
  }
  return [...onAircraft].sort();
}

async function uploadStep(
  { tilesUpload }: PostflightParts,
  values: Values,
  io: CommandIo,
  steps: Step[],
): Promise<void> {
  if (values.url === undefined) {
    const text = "no --url: tiles wait in the cache (operator tiles status)";
    steps.push({ step: "upload", exitCode: null, text });
    return;
  }
  try {
    const args = ["--url", values.url, ...placeArguments(values)];
    const { code, result } = await runStep(tilesUpload, args, io);
    const { perTileStatus } = result as { readonly perTileStatus: readonly { status: string }[] };
    const counts = new Map<string, number>();
    for (const { status } of perTileStatus) counts.set(status, (counts.get(status) ?? 0) + 1);
    const words = [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
    steps.push({ step: "upload", exitCode: code, text: words || "nothing to hand in" });
  } catch (error) {
    // What was collected is summed up all the same; tiles that were not handed in still wait.
    if (!(error instanceof GdnError) || io.signal.aborted) throw error;
    steps.push({ step: "upload", exitCode: error.exitCode, text: error.message });
  }
}

async function reportStep(
  { fdrReport }: PostflightParts,
  values: Values,
  flights: readonly FlightSummary[],
  io: CommandIo,
  steps: Step[],
): Promise<ReadonlyMap<string, string>> {
  const reports = new Map<string, string>();
  let written = 0, worst: number = EXIT.ok;
  for (const { flightId, record } of values.noReport ? [] : flights) {
    if (record === "nothing") continue;
    const out = `${values.data}/reports/${flightId}.html`;
    reports.set(flightId, out);
    if (await exists(out)) continue;
    const folder = `${values.data}/flight_records/${flightId}`;
    const args = [folder, "--out", out, ...placeArguments(values)];
    const { code } = await runStep(fdrReport, args, io);
    written++;
    // The report of a lossy record says what is missing; the record itself decides.
    if (code !== EXIT.ok && code !== EXIT.lossy) worst = code;
  }
  const text = values.noReport
    ? "--no-report"
    : `${countText(written, "report")} written, ${reports.size - written} there before`;
  steps.push({ step: "report", exitCode: values.noReport ? null : worst, text });
  return reports;
}

const placeArguments = ({ data, dsn }: Values) => [
  "--data",
  data,
  ...(dsn === undefined ? [] : ["--dsn", dsn]),
];

/** Runs a command for what it prints with `--json`. */
async function runStep(command: Command, args: readonly string[], io: CommandIo) {
  let result: Record<string, unknown> = {};
  const out = (line: string) => void (result = JSON.parse(line) as Record<string, unknown>);
  const code = await command.run([...args, "--json"], { ...io, out });
  io.signal.throwIfAborted();
  return { code, result };
}

async function summaryOf(folder: string, flightId: string): Promise<FlightSummary> {
  const nothing = { flightId, durationS: null, report: null, notices: [], figures: [] };
  try {
    const diagnosis = await diagnoseFlight(await findFlight(folder));
    if (diagnosis.verdict === "nothing") return { ...nothing, record: "nothing" };
    const reading = await readForReport(diagnosis, { truth: null });
    const report: FlightReport = reading.build({ map: null, notices: [] });
    return {
      flightId,
      record: diagnosis.verdict,
      durationS: report.durationS,
      report: null,
      notices: report.notices.map(({ tone, text }) => ({ tone, text })),
      figures: report.headline.map(({ name, value }) => ({ name, value })),
    };
  } catch (error) {
    return { ...nothing, record: "nothing", notices: [{ tone: "bad", text: messageOf(error) }] };
  }
}
