/**
 * A flight controller's log through the state estimator: no camera, so nothing but GPS bounds its drift.
 *
 * @module
 */
import { basename } from "node:path";
import { type Clock, DataError, ManualClock, VERSION, type WgsPosition } from "../core/mod.ts";
import type { ControllerEvent } from "../flight/flight_events/mod.ts";
import { type FlightLog, openFlightLog } from "../flight/flight_logs/mod.ts";
import type { EstimatorEvent } from "../navigation/state_estimator/mod.ts";
import type { AirborneConfig } from "./config.ts";
import type {
  EstimatorAlone,
  EstimatorParts,
  FlightConsole,
  LogReplayRequest,
} from "./contract.ts";
import { faultLine, FaultLines, outputFaultText } from "./fault_text.ts";
import { runFlight } from "./flight_loop.ts";
import { type FlightSettings, overriddenWarning } from "./flight_options.ts";
import { type FlightFault, type FlightOutput, FlightOutputs } from "./flight_output.ts";
import {
  type FlightRecording,
  NO_FLIGHT_RECORDING,
  openFlightRecording,
} from "./flight_recording.ts";
import { FlightRecords } from "./flight_records.ts";
import { FlightTally } from "./flight_tally.ts";
import { imuOfLog } from "./log_imu.ts";
import { LogEstimates } from "./log_outputs.ts";
import type { SummaryLine } from "./json_lines.ts";
import type { LogSummaryLine } from "./log_lines.ts";
import { SensorFeed } from "./sensor_feed.ts";
import { filterSyscalls, NO_SOCKETS } from "./syscall_filter.ts";
import { simulationDemands, trustWarning } from "./trust/package_demands.ts";

/** 1 sigma of what controllers estimate and measure: their logs do not say. */
const SIGMAS = { tiltDeg: 1.5, headingDeg: 5, baroM: 1 };
/** The log's first GPS position is taken for the start; it says itself how good it is. */
const FIRST_FIX_SIGMA_M = 50;
const HEIGHT_SIGMA_M = 20;
/** A radius that somebody names holds the place for sure: about two sigma. */
const SIGMAS_PER_RADIUS = 2;

/** A log has no pictures, and asks nothing of the computer that could be reduced. */
const NO_CAMERA = { processFrame: () => Promise.resolve(null), seek: () => {} };
const NO_COMPANION = { poll: () => {}, takeEvents: () => [] };
const NO_WATCH = { enter: () => {}, leave: () => {}, stopping: () => {} };

/** @throws as {@link openFlightLog}; DataError where nothing says where the flight starts */
export async function replayLog(
  parts: EstimatorParts,
  request: LogReplayRequest,
  settings: FlightSettings,
  console: FlightConsole,
): Promise<LogSummaryLine> {
  const log = await openFlightLog(
    request.logPath,
    request.part === null ? {} : { part: request.part - 1 },
  );
  for (const note of log.notes) console.note(`${basename(log.path)}: ${note}`);
  const origin = originOf(log, request);
  const startUtc = log.startUtc ?? new Date(0);
  const clock = new ManualClock({ startUtc });
  const estimatorEvents: EstimatorEvent[] = [];
  const { own } = settings;
  const alone = await parts.composeEstimator({
    packagePath: request.packagePath,
    packageSha256: request.packageSha256,
    packageDemands: await simulationDemands(own.trust, startUtc),
    config: ofLog(own, log),
    settle: (flightPackage) => ofLog(settings.with(flightPackage).config, log),
    flightUntil: new Date(startUtc.getTime() + log.extent.lastNs / 1e6),
    origin,
    onEvent: (event) => estimatorEvents.push(event),
  });
  for (const warning of packageWarnings(alone, settings)) console.note(warning);
  setOrigin(alone, origin, request);
  await using recording = await openRecording({ log, alone, clock, config: own, request, console });
  const records = new FlightRecords(recording, alone, clock);
  records.packageVerified();
  const unfiltered = filterSyscalls(parts, request, NO_SOCKETS);
  if (unfiltered !== null) {
    console.note(unfiltered);
    recording.logger.warn("flight.syscalls_not_filtered", {}, unfiltered);
  }
  const tally = new FlightTally(basename(log.path));
  const estimates = new LogEstimates({
    ...alone,
    line: (line) => console.line(line),
    sink: recording.sink("navigator"),
    progress: (atNs) => console.progress(atNs, log.extent.lastNs),
  });
  const outputs = new FlightOutputs([
    records,
    tally,
    estimates,
    faultLines(console),
    ...(request.strict ? [] : [new FaultLines(console.note)]),
  ], (name, error) => console.note(outputFaultText(name, error)));
  await runFlight({
    ...alone,
    sources: [(running) => onClock(log, clock, running)],
    sensors: new SensorFeed(alone.estimator, alone.localFrame, { sigmas: SIGMAS }),
    estimatorEvents,
    navigator: NO_CAMERA,
    companion: NO_COMPANION,
    watch: NO_WATCH,
    outputs,
    clock,
    signal: console.signal,
    strict: request.strict,
  });
  const flown = tally.summary({
    record: records.summary,
    tiles: null,
    outputFaults: outputs.faults(),
  });
  return summaryOf(log, flown, estimates);
}

function ofLog(config: AirborneConfig, log: FlightLog): AirborneConfig {
  return { ...config, eskf: { ...config.eskf, imu: imuOfLog(log, config.eskf.imu) } };
}

function packageWarnings({ flightPackage }: EstimatorAlone, settings: FlightSettings): string[] {
  if (flightPackage === null) return [];
  const { overridden } = settings.with(flightPackage);
  return [trustWarning(flightPackage.trust), overriddenWarning(overridden)]
    .flatMap((warning) => warning ?? []);
}

function summaryOf(log: FlightLog, flown: SummaryLine, estimates: LogEstimates): LogSummaryLine {
  return {
    type: "summary",
    flight: flown.flight,
    kind: log.kind,
    firmware: log.firmware,
    startUtc: log.startUtc?.toISOString() ?? null,
    completed: flown.completed,
    estimates: estimates.estimates,
    imuRateHz: log.imuRateHz,
    streams: streamsOf(log),
    notes: [...log.notes],
    ...log.damage,
    gps: estimates.gps(),
    sensorFaults: flown.sensorFaults,
    estimatorFailed: flown.estimatorFailed,
    durationS: flown.durationS,
    wallS: flown.wallS,
    realTimeFactor: flown.realTimeFactor,
    rssMbMax: flown.rssMbMax,
    outputFaults: flown.outputFaults,
    recorderFolder: flown.recorderFolder,
    recorderRecords: flown.recorderRecords,
    recorderLost: flown.recorderLost,
    recorderBroken: flown.recorderBroken,
  };
}

function streamsOf({ streams }: FlightLog): LogSummaryLine["streams"] {
  return Object.fromEntries(
    Object.entries(streams).map(([name, { message, samples }]) => [name, { message, samples }]),
  );
}

function originOf(log: FlightLog, { start }: LogReplayRequest): WgsPosition {
  if (start !== null) return { ...start, heightM: log.firstFix?.heightM ?? 0 };
  if (log.firstFix !== null) return log.firstFix;
  throw new DataError(log.path, "has no GPS position: say with --start where the flight begins");
}

function setOrigin(
  { estimator, localFrame }: EstimatorAlone,
  origin: WgsPosition,
  { start }: LogReplayRequest,
): void {
  estimator.setTakeoffOrigin(
    { positionLocalM: localFrame.localFromWgs(origin) },
    start === null ? FIRST_FIX_SIGMA_M : start.radiusM / SIGMAS_PER_RADIUS,
    HEIGHT_SIGMA_M,
  );
}

interface RecordingParts {
  readonly log: FlightLog;
  readonly alone: EstimatorAlone;
  readonly clock: Clock;
  readonly config: AirborneConfig;
  readonly request: LogReplayRequest;
  readonly console: FlightConsole;
}

async function openRecording(
  { log, alone, clock, config, request, console }: RecordingParts,
): Promise<FlightRecording> {
  if (request.recorderFolder === null) return NO_FLIGHT_RECORDING;
  return await openFlightRecording({
    flightRoot: request.recorderFolder,
    config: config.fdr,
    clock,
    note: console.note,
    header: {
      name: basename(log.path),
      software: `airborne ${VERSION}`,
      aircraft: log.aircraft,
      startUtc: (log.startUtc ?? new Date(0)).toISOString(),
      imuRateHz: log.imuRateHz,
      sigmas: SIGMAS,
      strategies: { ...alone.strategies },
      ...(alone.flightPackage === null ? {} : { packageName: alone.flightPackage.manifest.name }),
    },
  });
}

/** The flight's clock stands at the arrival of the event that is being processed. */
async function* onClock(
  log: FlightLog,
  clock: ManualClock,
  signal: AbortSignal,
): AsyncGenerator<ControllerEvent> {
  for await (const event of log.events()) {
    if (signal.aborted) return;
    clock.set(event.receivedNs);
    yield event;
  }
}

function faultLines(console: FlightConsole): FlightOutput {
  return {
    name: "faults",
    onFault: (fault: FlightFault) => console.line(faultLine(fault)),
  };
}
