/**
 * `operator fdr info`: summarises a recorded flight.
 *
 * @module
 */
import {
  bytesText,
  type Command,
  type CommandIo,
  countText,
  defineCommand,
  type ExitCode,
} from "../../core/mod.ts";
import {
  type Examination,
  findOnlyFlight,
  type FlightSummary,
  type KindSummary,
  summariseFlight,
} from "../../flight/flight_record/mod.ts";
import { FLIGHT_ARGUMENT } from "../options.ts";
import {
  damageLines,
  durationText,
  EXIT_CODES,
  exitOfVerdict,
  filesText,
  type FlightValues,
  table,
  withProgress,
} from "./fdr_shared.ts";

const PAUSES_SHOWN = 20;

export function fdrInfoCommand(): Command {
  return defineCommand({
    name: "fdr info",
    summary: "summarise a recorded flight: kinds, rates, drops, pauses",
    about: `
What a recorded flight holds: files, duration, start and end, records by kind with their rate and
size, producers, drops, pauses, whether it was shut down cleanly, and where it is cut or damaged.

A pause is a silence of a regular kind of more than five of its median intervals.`,
    arguments: FLIGHT_ARGUMENT,
    options: {},
    json: "one JSON object instead of text",
    examples: [
      "operator fdr info recordings/7d0f2c4e-3f0f-4a9c-8d5e-0f6a3f1b2c4d",
      "operator fdr info segment_0003.mcap --json | jq .kinds",
    ],
    exitCodes: EXIT_CODES,
    run,
  });
}

async function run(values: FlightValues, io: CommandIo): Promise<ExitCode> {
  const files = await findOnlyFlight(values.flight);
  const found = await withProgress(
    io,
    "reading",
    files.totalBytes,
    (options) => summariseFlight(files, options),
  );
  if (values.json) io.out(JSON.stringify(jsonOf(found)));
  else for (const line of textOf(found)) io.out(line);
  return exitOfVerdict({ ...found, path: found.files.path }, io);
}

function jsonOf({ files, summary, damage, verdict }: Examination) {
  const { first, last, kinds, producers, overrun, ...rest } = summary;
  return {
    type: "info",
    path: files.path,
    verdict,
    files: files.segments.map(({ name, sizeBytes }) => ({ name, sizeBytes })),
    sizeBytes: files.totalBytes,
    startUtc: first?.wallTime ?? null,
    endUtc: last?.wallTime ?? null,
    startNs: first?.timestampNs ?? null,
    endNs: last?.timestampNs ?? null,
    durationS: first && last ? (last.timestampNs - first.timestampNs) / 1e9 : null,
    ...rest,
    cleanShutdown: summary.footer?.cleanShutdown === true,
    kinds,
    producers: Object.fromEntries(producers),
    overrun: Object.fromEntries(overrun),
    damage: damage.list,
    damageCount: damage.total,
  };
}

function* textOf({ files, summary, damage }: Examination): Generator<string> {
  const { first, last, header } = summary;
  yield `${files.path}: ${filesText(files)}`;
  yield `flight      ${summary.flightIds.join(", ") || "unknown"}${named(header)}`;
  if (first !== null && last !== null) {
    yield `start       ${first.wallTime}`;
    yield `end         ${last.wallTime}`;
    yield `duration    ${durationText(last.timestampNs - first.timestampNs)}`;
  }
  yield `records     ${summary.records.toLocaleString("en")}, ${bytesText(summary.bytes)}` +
    (summary.unverified === 0 ? "" : `; ${summary.unverified} of them not covered by a CRC`);
  yield `shutdown    ${shutdownText(summary)}`;
  yield `drops       ${dropsText(summary)}`;
  if (summary.kinds.length > 0) {
    yield "";
    yield* kindLines(summary.kinds);
    yield "";
    yield* table([
      ["producer", "records"],
      ...[...summary.producers].sort().map(([id, count]) => [id, count] as const),
    ]);
    yield* pauseLines(summary);
  }
  if (damage.total > 0) yield* ["", `damage (${damage.total}):`, ...damageLines(damage)];
}

function named(header: FlightSummary["header"]): string {
  const parts = [header?.name, header?.software, header?.aircraft].filter((part) =>
    typeof part === "string" && part !== ""
  );
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

function shutdownText({ footer }: FlightSummary): string {
  if (footer === null) {
    return "not clean: there is no footer (cut, still recording, or part of a flight)";
  }
  return footer.cleanShutdown === true ? "clean" : "not clean: its footer says so";
}

const COUNTERS: readonly (readonly [string, string])[] = [
  ["recordsDroppedOverrun", "full rings"],
  ["recordsDroppedDisk", "the disk"],
  ["recordsDroppedPolicy", "the rate of a kind"],
  ["recordsDroppedInvalid", "records that cannot be written"],
  ["recordsDroppedCap", "segments over the cap"],
];

function dropsText({ footer, overrun, droppedSegments }: FlightSummary): string {
  if (footer !== null) {
    const parts = COUNTERS.filter(([key]) => typeof footer[key] === "number" && footer[key] !== 0)
      .map(([key, why]) => `${(footer[key] as number).toLocaleString("en")} to ${why}`);
    return parts.join(", ") || "none";
  }
  const parts = [...overrun].map(([why, count]) => `${count.toLocaleString("en")} (${why})`);
  if (droppedSegments.length > 0) parts.push(`${countText(droppedSegments.length, "segment")}`);
  return parts.join(", ") || "none recorded";
}

function kindLines(kinds: readonly KindSummary[]): string[] {
  return table([
    ["kind", "records", "Hz", "bytes", "median interval", "pauses"],
    ...kinds.map(({ kind, count, hz, bytes, medianNs, isRegular, pauseCount }) => [
      kind,
      count.toLocaleString("en"),
      hz === null ? "-" : String(Number(hz.toPrecision(3))),
      bytesText(bytes),
      medianNs === null ? "-" : durationText(medianNs),
      isRegular ? pauseCount : "-",
    ]),
  ]);
}

function* pauseLines({ kinds, first }: FlightSummary): Generator<string> {
  const all = kinds.flatMap(({ kind, pauses }) => pauses.map((pause) => ({ kind, ...pause })))
    .sort((a, b) => (b.toNs - b.fromNs) - (a.toNs - a.fromNs));
  if (all.length === 0 || first === null) return;
  yield* ["", "longest pauses:"];
  for (const { kind, fromNs, toNs } of all.slice(0, PAUSES_SHOWN)) {
    const at = durationText(fromNs - first.timestampNs);
    yield `  ${kind}: ${durationText(toNs - fromNs)}, ${at} after the start`;
  }
}
