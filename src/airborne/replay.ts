/**
 * `airborne replay`: a recorded flight, or a folder of photographs, through the real chain.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  defineCommand,
  exists,
  EXIT,
  type ExitCode,
  option,
  type OptionValues,
  UsageError,
} from "../core/mod.ts";
import { PHOTOGRAPH_OPTIONS } from "../flight/photographs/mod.ts";
import { openPhotographFolder } from "../flight/replay/mod.ts";
import type { EstimatorParts, FlightConsole, ReplayParts, ReplayRequest } from "./contract.ts";
import { packageOptions, readFlightSettings } from "./flight_options.ts";
import type { PhotographLine, SummaryLine } from "./json_lines.ts";
import type { LogSummaryLine } from "./log_lines.ts";
import { nonThrowingNote } from "./notes.ts";
import { replayFlight } from "./replay_flight.ts";
import { isLogPath, logExitCode, logStartOption, logSummaryText } from "./replay_log_command.ts";
import { replayLog } from "./replay_log.ts";
import { replayPhotographs } from "./photographs/replay_photographs.ts";
import { photographsText, tableHeader, tableRow } from "./photographs/verdict.ts";
import { summaryText } from "./summary_text.ts";

const ABOUT = `
Flies a recorded flight again: every sensor row and picture in the order in which the companion
computer received it, through odometry, place recognition, matching, pose and state estimation.

The log of a flight controller has no pictures: its sensors go through the state estimator alone, and
what it prints, once a second, is where the aircraft was and whether its GPS could be trusted.`;

const ARGUMENTS = {
  flight: option.path({
    access: "read",
    placeholder: "FLIGHT",
    required: true,
    help: "a recorded-flight folder (operator simulate flight writes them), a folder of " +
      "photographs (tilted by 45° at most) with their height in EXIF or XMP, or the log of a flight controller (dataflash " +
      ".BIN of ArduPilot, .ulg of PX4, .tlog of a ground station)",
  }),
} as const;

const OPTIONS = {
  ...packageOptions,
  package: option.path({
    access: "read",
    placeholder: "PACKAGE",
    help: "flight package (operator provision makes it); verified whole before the flight; a log " +
      "can do without",
  }),
  recorder: option.path({
    access: "write",
    placeholder: "DIR",
    help: "write the flight record (MCAP) below this folder",
  }),
  makeTiles: option.path({
    access: "write",
    placeholder: "DIR",
    help: "make map tiles of the frames whose place is certain; their journal goes into this " +
      "folder (operator collect merges it into the cache)",
  }),
  thermal: option.path({
    access: "read",
    placeholder: "DIR",
    help:
      "work less while this computer throttles: /sys for the one that flies, or a folder laid " +
      "out as it is, with class/thermal; read at inference.thermalPollHz of the flight's time",
  }),
  start: logStartOption,
  part: option.count({
    placeholder: "N",
    minimum: 1,
    maximum: 256,
    help:
      "which part of a log that holds several: the controller booted, or was silent, between them",
    absent: "the one with the most IMU samples",
  }),
  noSyscallFilter: option.flag({
    help: "do without the filter of system calls, which keeps native code from starting programs " +
      "and opening connections in flight; recorded as a warning",
  }),
  strict: option.flag({
    help: "stop at the first damaged picture or other fault; otherwise it is left out, reported " +
      "and counted, and the flight goes on",
  }),
  ...PHOTOGRAPH_OPTIONS,
  positions: option.path({
    access: "create",
    placeholder: "FILE",
    help: "photographs: write where they were taken (.kml, .geojson or .csv); must not exist",
  }),
  report: option.path({
    access: "create",
    placeholder: "FILE",
    help: "photographs: write an HTML page with the photographs laid on the map; must not " +
      "exist",
  }),
  irregular: option.flag({
    help: "pass on sensor rows that are missing, doubled or out of order as a live link brings " +
      "them; otherwise such a recording is refused",
  }),
} as const;

type Values = OptionValues<typeof OPTIONS> & { readonly flight: string; readonly json: boolean };

export function replayCommand(parts: ReplayParts & EstimatorParts): Command {
  return defineCommand({
    name: "replay",
    summary: "fly a recorded flight, or photographs, again through the real chain",
    about: ABOUT,
    arguments: ARGUMENTS,
    options: OPTIONS,
    json: "one JSON object a frame, or a second of a log, then a summary",
    examples: [
      "airborne replay flights/monday --package packages/valley",
      "airborne replay flights/monday --package packages/valley --json > monday.jsonl",
      "airborne replay flights/monday --package packages/valley --recorder home --make-tiles home",
      "airborne replay photographs/ --package packages/beach --json",
      "airborne replay 00000042.BIN --json",
    ],
    environment: { "GDN_…": "overrides a setting: GDN_NAVIGATOR__HEIGHT_MIN_M=10" },
    exitCodes: {
      3: "something was left out, or no picture gave a position",
      65: "no frame could be used, or with --strict a picture is damaged",
      70: "the state estimator failed",
      74: "an output or the record is incomplete",
    },
    run: async (values, io) =>
      await isLogPath(values.flight, values.package !== undefined)
        ? await runLog(parts, values, io)
        : await run(parts, requestOf(values), io),
  });
}

/** @throws UsageError for what only a log can do without, or has */
function requestOf(values: Values): ReplayRequest {
  if (values.package === undefined) {
    throw new UsageError("needs --package PACKAGE");
  }
  if (values.start !== undefined || values.part !== undefined) {
    throw new UsageError("--start and --part are for the log of a flight controller");
  }
  return {
    flightPath: values.flight,
    packagePath: values.package,
    packageSha256: values.packageSha256 ?? null,
    configPath: values.config ?? null,
    modelPath: values.model ?? null,
    trustFolder: values.trust ?? null,
    recorderFolder: values.recorder ?? null,
    tilesFolder: values.makeTiles ?? null,
    thermalFolder: values.thermal ?? null,
    json: values.json,
    strict: values.strict,
    irregular: values.irregular,
    groundAltitudeM: values.groundAltitude ?? null,
    posesPath: values.poses ?? null,
    focalLength35Mm: values.equivalentFocalLength ?? null,
    positionsPath: values.positions ?? null,
    reportPath: values.report ?? null,
    noSyscallFilter: values.noSyscallFilter,
  };
}

async function runLog(parts: EstimatorParts, values: Values, io: CommandIo): Promise<ExitCode> {
  if (values.makeTiles !== undefined || values.thermal !== undefined) {
    throw new UsageError(
      "--make-tiles and --thermal need a recorded flight: a log has no pictures",
    );
  }
  const progress = io.progress("replay", 1);
  let summary: LogSummaryLine;
  try {
    summary = await replayLog(
      parts,
      {
        logPath: values.flight,
        packagePath: values.package ?? null,
        packageSha256: values.packageSha256 ?? null,
        recorderFolder: values.recorder ?? null,
        start: values.start ?? null,
        part: values.part ?? null,
        strict: values.strict,
        noSyscallFilter: values.noSyscallFilter,
      },
      await readFlightSettings({
        configPath: values.config ?? null,
        modelPath: null,
        trustFolder: values.trust ?? null,
      }),
      {
        line: (line) => values.json && io.out(JSON.stringify(line)),
        note: nonThrowingNote((line) => io.err(line)),
        progress: (done, total) => progress.update(done / Math.max(1, total)),
        signal: io.signal,
      },
    );
    progress.update(1);
  } finally {
    progress.end();
  }
  if (values.json) io.out(JSON.stringify(summary));
  else for (const line of logSummaryText(summary)) io.out(line);
  return logExitCode(summary);
}

async function run(
  parts: ReplayParts,
  request: ReplayRequest,
  io: CommandIo,
): Promise<ExitCode> {
  const settings = await readFlightSettings(request);
  const progress = io.progress("replay", 1);
  // With one of the two files it is a recorded flight that lacks the other.
  const isFlight = await exists(`${request.flightPath}/flight.json`) ||
    await exists(`${request.flightPath}/frames.csv`);
  if (!isFlight) await refuseForPhotographs(request);
  else refuseForFlight(request);
  const photographs: PhotographLine[] = [];
  const console: FlightConsole = {
    line: (line) => {
      if (request.json) io.out(JSON.stringify(line));
      else if ("name" in line && line.type === "frame") {
        if (photographs.length === 0) io.out(tableHeader());
        photographs.push(line);
        io.out(tableRow(line));
      }
    },
    note: nonThrowingNote((line) => io.err(line)),
    progress: (done, total) => progress.update(done / Math.max(1, total)),
    signal: io.signal,
  };
  const replay = isFlight ? replayFlight : replayPhotographs;
  let summary: SummaryLine;
  try {
    summary = await replay(parts, request, settings, console);
    progress.update(1);
  } finally {
    progress.end();
  }
  if (summary.completed && summary.fixes === 0) {
    io.err("no picture gave a position: the map does not show this flight's ground well enough");
  }
  if (request.json) io.out(JSON.stringify(summary));
  else {
    const text = isFlight
      ? summaryText(summary, { isReplay: true })
      : photographsText(photographs, summary);
    for (const line of text) io.out(line);
  }
  return replayExitCode(summary);
}

/** How a replay with this summary ends. */
export function replayExitCode(summary: SummaryLine): ExitCode {
  const { estimatorFailed, recorderBroken, outputFaults, frames, framesFailed } = summary;
  if (estimatorFailed) return EXIT.software;
  if (recorderBroken || Object.keys(outputFaults).length > 0) return EXIT.io;
  if (framesFailed > 0 && frames === 0) return EXIT.data;
  return framesFailed + summary.sensorFaults > 0 || summary.fixes === 0 ? EXIT.lossy : EXIT.ok;
}

/** What only photographs have. */
function refuseForFlight(request: ReplayRequest): void {
  const { groundAltitudeM, posesPath, focalLength35Mm, positionsPath, reportPath } = request;
  const given = [groundAltitudeM, posesPath, focalLength35Mm, positionsPath, reportPath];
  if (given.every((value) => value === null)) return;
  throw new UsageError(
    "--ground-altitude, --poses, --equivalent-focal-length, --positions and --report are for photographs",
  );
}

/** Photographs have no flight to record, and no estimate that tiles could be made with. */
async function refuseForPhotographs(request: ReplayRequest): Promise<void> {
  const { flightPath, tilesFolder, recorderFolder, thermalFolder } = request;
  if (tilesFolder === null && recorderFolder === null && thermalFolder === null) return;
  // A mistyped path or an empty folder is the more useful message.
  await openPhotographFolder(flightPath);
  if (tilesFolder !== null) {
    throw new UsageError(
      "--make-tiles needs a recorded flight; `operator tiles import` makes tiles of photographs",
    );
  }
  if (recorderFolder !== null) {
    throw new UsageError("--recorder needs a recorded flight; --json prints what was found");
  }
  throw new UsageError("--thermal needs a recorded flight: photographs have no time to heat up in");
}
