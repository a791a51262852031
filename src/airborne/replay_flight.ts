/**
 * A recorded flight through the flight loop, in the order in which the companion computer received it.
 *
 * @module
 */
import { type Clock, collectGarbage, ManualClock, SystemClock } from "../core/mod.ts";
import type { FrameEvent, RecordedEvent } from "../flight/flight_events/mod.ts";
import {
  type FlightExtent,
  openRecordedFlight,
  type RecordedFlight,
} from "../flight/replay/mod.ts";
import type { FlightPackage } from "../flight/flight_package/mod.ts";
import type { EstimatorEvent } from "../navigation/state_estimator/mod.ts";
import { CompanionNotes, UnsentAlerts } from "./companion_records.ts";
import type { FlightConsole, ReplayParts, ReplayRequest } from "./contract.ts";
import { expiredTilesWarning } from "./expired_tiles.ts";
import { faultLine, FaultLines, outputFaultText } from "./fault_text.ts";
import { runFlight } from "./flight_loop.ts";
import { type FlightSettings, overriddenWarning } from "./flight_options.ts";
import { type FlightFault, type FlightOutput, FlightOutputs } from "./flight_output.ts";
import type { FlightRecording } from "./flight_recording.ts";
import { FlightTally } from "./flight_tally.ts";
import { groundHeightWarning } from "./ground_height.ts";
import type { FrameLine, SummaryLine } from "./json_lines.ts";
import type { FrameOutcome } from "./navigator.ts";
import { calibrationWarning, takeoffWarning } from "./mission.ts";
import { openOutputs } from "./open_outputs.ts";
import { otherPlaceWarning } from "./other_place.ts";
import { SensorFeed } from "./sensor_feed.ts";
import { FlightSupervision } from "./supervision.ts";
import { filterSyscalls, NO_SOCKETS } from "./syscall_filter.ts";
import { setTakeoffOrigin } from "./takeoff_origin.ts";
import { simulationDemands, trustWarning } from "./trust/package_demands.ts";

export async function replayFlight(
  parts: ReplayParts,
  request: ReplayRequest,
  settings: FlightSettings,
  console: FlightConsole,
): Promise<SummaryLine> {
  const flight = await open(request);
  const { description, extent } = flight;
  const startUtc = new Date(description.startUtc);
  const clock = new ManualClock({ startUtc });
  const estimatorEvents: EstimatorEvent[] = [];
  await using airborne = await parts.composeAirborne({
    packagePath: request.packagePath,
    packageSha256: request.packageSha256,
    config: settings.own,
    settle: (flightPackage) => settings.with(flightPackage).config,
    packageDemands: await simulationDemands(settings.own.trust, startUtc),
    flightUntil: new Date(startUtc.getTime() + extent.lastNs / 1e6),
    onEvent: (event) => estimatorEvents.push(event),
    ...thermalOf(request, clock),
  });
  const { estimator, localFrame, navigator, config } = airborne;
  setTakeoffOrigin(airborne, description.takeoff);
  const { note, signal } = console;
  const { format: _format, formatVersion: _version, ...header } = description;
  const { recorderFolder, tilesFolder } = request;
  const start = { airborne, config, clock, header, recorderFolder, tilesFolder, note };
  await using opened = await openOutputs(parts, start);
  const { recording, records, tiles } = opened;
  const warn = warnings(console, recording);
  warnOfInput(warn, flight, airborne.flightPackage, settings);
  warn("flight.syscalls_not_filtered", filterSyscalls(airborne, request, NO_SOCKETS));
  const tally = new FlightTally(description.name);
  using supervision = new FlightSupervision({
    manager: airborne.serviceManager,
    clock: new SystemClock(),
  });
  const outputs = new FlightOutputs([
    records,
    tally,
    supervision,
    ...companionOutputs(note, recording, clock),
    ...(tiles === null ? [] : [tiles]),
    new ReplayLines(console, extent),
    // The error that ends a strict replay says the same.
    ...(request.strict ? [] : [new FaultLines(note)]),
  ], (name, error) => warn("flight.output_failed", outputFaultText(name, error)));
  supervision.ready();
  // What verification and composition leave; 0.1 s that nobody waits for before the first frame.
  collectGarbage();
  await runFlight({
    sources: [(running) => onClock(flight, clock, running)],
    sensors: new SensorFeed(estimator, localFrame, description, navigator),
    estimator,
    estimatorEvents,
    navigator,
    companion: airborne.companion,
    localFrame,
    outputs,
    watch: supervision,
    clock,
    signal,
    strict: request.strict,
  });
  return tally.summary({
    record: records.summary,
    tiles: tiles?.counts() ?? null,
    outputFaults: outputs.faults(),
  });
}

function open({ flightPath, strict, irregular }: ReplayRequest): Promise<RecordedFlight> {
  return openRecordedFlight(flightPath, { checkPictures: strict, passIrregular: irregular });
}

/** A replay comes out the same on a hot computer and on a cool one, but where it is asked to look. */
function thermalOf({ thermalFolder: folder }: ReplayRequest, clock: Clock) {
  return folder === null ? {} : { thermal: { folder, clock } };
}

function companionOutputs(note: FlightConsole["note"], recording: FlightRecording, clock: Clock) {
  return [new CompanionNotes(note), new UnsentAlerts(recording.sink("companion"), clock)];
}

/** The flight's clock stands at the arrival of the event that is being processed. */
async function* onClock(
  flight: RecordedFlight,
  clock: ManualClock,
  signal: AbortSignal,
): AsyncGenerator<RecordedEvent> {
  for await (const event of flight.events()) {
    if (signal.aborted) return;
    clock.set(event.receivedNs);
    yield event;
  }
}

type Warn = (kind: string, text: string | null) => void;

/** What of the package does not fit the flight, and of its rows no recording. */
function warnOfInput(
  warn: Warn,
  { description, extent: { irregularities } }: RecordedFlight,
  flightPackage: FlightPackage,
  settings: FlightSettings,
): void {
  const { camera, takeoff } = description, whose = "the recording's";
  const { overridden } = settings.with(flightPackage);
  warn("replay.settings_overridden", overriddenWarning(overridden));
  warn("replay.other_calibration", calibrationWarning(flightPackage, camera, whose));
  warn("replay.other_takeoff", takeoffWarning(flightPackage, takeoff, whose));
  warn("replay.package_not_trusted", trustWarning(flightPackage.trust));
  flightPackage.tiles.onDamaged = (path) =>
    warn("replay.package_file_damaged", `${path} is damaged: the flight goes on without it`);
  warn("replay.other_place", otherPlaceWarning(description, flightPackage));
  warn("replay.other_ground", groundHeightWarning(description, flightPackage));
  warn("replay.expired_tiles", expiredTilesWarning(flightPackage));
  const passedOn = `passed on as they came: ${irregularities.join(", ")}`;
  warn("replay.irregular", irregularities.length === 0 ? null : passedOn);
}

function warnings(console: FlightConsole, recording: FlightRecording): Warn {
  return (kind, text) => {
    if (text === null) return;
    console.note(text);
    recording.logger.warn(kind, {}, text);
  };
}

/** The lines of `--json`, and the progress. */
class ReplayLines implements FlightOutput {
  readonly name = "lines";
  readonly #console: FlightConsole;
  readonly #extent: FlightExtent;

  constructor(console: FlightConsole, extent: FlightExtent) {
    this.#console = console;
    this.#extent = extent;
  }

  onOutcome({ receivedNs }: FrameEvent, _outcome: FrameOutcome, line: FrameLine): void {
    const { firstNs, lastNs } = this.#extent;
    this.#console.line(line);
    this.#console.progress(receivedNs - firstNs, lastNs - firstNs);
  }

  onFault(fault: FlightFault): void {
    this.#console.line(faultLine(fault));
  }
}
