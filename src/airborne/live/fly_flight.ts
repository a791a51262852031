/**
 * A live flight: flight controller and camera into the flight loop, positions out by a timer of their
 * own, until the aircraft has landed or a signal comes.
 *
 * @module
 */
import { collectGarbage, messageOf, SystemClock } from "../../core/mod.ts";
import type { ControllerEvent, FrameEvent } from "../../flight/flight_events/mod.ts";
import type { EstimatorEvent } from "../../navigation/state_estimator/mod.ts";
import { CompanionNotes } from "../companion_records.ts";
import type { AirborneConfig } from "../config.ts";
import type {
  Airborne,
  FlightConsole,
  FlightParts,
  FlownContext,
  FlyRequest,
} from "../contract.ts";
import { expiredTilesWarning } from "../expired_tiles.ts";
import { faultLine, FaultLines, outputFaultText } from "../fault_text.ts";
import { atRecordersPace } from "../flight_pace.ts";
import type { FlightRecording } from "../flight_recording.ts";
import { type FlightSource, runFlight } from "../flight_loop.ts";
import { type FlightFault, type FlightOutput, FlightOutputs } from "../flight_output.ts";
import { FlightTally } from "../flight_tally.ts";
import type { FrameLine, SummaryLine } from "../json_lines.ts";
import type { FrameOutcome } from "../navigator.ts";
import { openOutputs } from "../open_outputs.ts";
import { SensorFeed } from "../sensor_feed.ts";
import { FlightSupervision } from "../supervision.ts";
import type { SyscallsAllowed } from "../../native/device/mod.ts";
import { filterSyscalls } from "../syscall_filter.ts";
import { type Devices, openDevices } from "./devices.ts";
import { flyOnWithoutTerminal } from "./hang_up.ts";
import { buildLiveParts, type LiveParts } from "./live_parts.ts";
import { type LiveState, readLiveState, removeUnfinishedStates } from "./live_state_file.ts";
import type { NamedStartArea } from "./start.ts";
import {
  type LiveDemands,
  liveDemands,
  type PackageDemands,
  simulationDemands,
  trustWarning,
} from "../trust/package_demands.ts";

/** Tiles that grow too old for their sector within it are not flown on. */
const FLIGHT_MAX_MS = 8 * 3600 * 1000;
/** A cut connection is opened anew in flight; of `tcpin:` the peer is who connects. */
function liveSyscalls({ connect, camera }: FlyRequest): SyscallsAllowed {
  const servers = [connect, camera].some((address) => address?.includes("tcpin:"));
  // A pipeline may speak with a camera's daemon, as nvarguscamerasrc does.
  const unixSockets = camera?.startsWith("gstreamer:") ?? false;
  return { unixSockets, inetSockets: true, servers };
}

/** The longest search of a frame, several times over. */
const HISTORY_MIN_S = 8;
const TERMINAL_GONE =
  "the terminal has gone (SIGHUP): the flight goes on until it has landed, or SIGTERM";

export async function flyFlight(
  parts: FlightParts,
  request: FlyRequest,
  config: AirborneConfig,
  console: FlightConsole,
): Promise<SummaryLine> {
  const { note, signal } = console;
  const estimatorEvents: EstimatorEvent[] = [];
  const { signing: signedBefore = null, ...earlier } = await earlierFlight(request, note);
  await using devices = await openDevices(parts, request, config, { note, signedBefore });
  const { clock, flown } = devices;
  const demands = await packageDemands(request, config, { flown, earlier });
  await using airborne = await parts.composeAirborne({
    ...request,
    ...chainOptions(config, devices),
    packageDemands: demands,
    onEvent: (event) => estimatorEvents.push(event),
  });
  const start = { ...request, airborne, config, clock, header: headerOf(devices), note };
  await using opened = await openOutputs(parts, start);
  const { recording, records, tiles } = opened;
  await settleFolder(request, demands, airborne);
  const ending = new AbortController();
  using live = buildLiveParts({
    ...start,
    ...devices,
    config: config.live,
    verifyShare: config.trust.verifyShare,
    recording,
    startArea: startArea(request, flown),
    interrupted: flown === null && earlier.ended === false ? earlier.last ?? null : null,
    signingStamps: () => devices.signing?.stamps() ?? signedBefore,
    onLanded: () => ending.abort(),
  });
  const tally = new FlightTally(start.header.name);
  const warn = warnings(console, recording);
  warnBefore(warn, airborne, request);
  using _terminal = flyOnWithoutTerminal(() => warn("flight.terminal_gone", TERMINAL_GONE));
  using supervision = superviseBy(airborne);
  const outputs = new FlightOutputs([
    records,
    ...live.outputs,
    tally,
    supervision,
    ...(tiles === null ? [] : [tiles]),
    ...terminalOutputs(console),
  ], (output, error) => warn("flight.output_failed", outputFaultText(output, error)));
  await devices.adapter.open();
  live.sender.start();
  supervision.ready();
  collectGarbage();
  const { estimator, localFrame, navigator } = airborne;
  const sensors = new SensorFeed(estimator, localFrame, sigmasOf(flown, config), navigator);
  await runFlight({
    ...airborne,
    sources: liveSources(live, devices, recording, AbortSignal.any([signal, ending.signal])),
    sensors,
    estimatorEvents,
    onControllerEvent: (event) => takeControllerEvent(event, airborne, sensors),
    outputs,
    watch: supervision,
    clock,
    // Landing and signal end the sources.
    signal: new AbortController().signal,
    strict: false,
  });
  const made = { record: records.summary, tiles: tiles?.counts() ?? null };
  return tally.summary({ ...made, outputFaults: outputs.faults() });
}

type Warn = ReturnType<typeof warnings>;

function warnBefore(warn: Warn, airborne: Airborne, request: FlyRequest): void {
  const { flightPackage } = airborne;
  warn("flight.package_not_trusted", trustWarning(flightPackage.trust));
  warn("flight.expired_tiles", expiredTilesWarning(flightPackage));
  warn("flight.syscalls_not_filtered", filterSyscalls(airborne, request, liveSyscalls(request)));
}

/** By who has the lock of the recorder's folder. */
async function settleFolder(
  { recorderFolder }: FlyRequest,
  { remember }: Partial<Pick<LiveDemands, "remember">>,
  { flightPackage }: Airborne,
): Promise<void> {
  await remember?.(flightPackage);
  await removeUnfinishedStates(recorderFolder);
}

/** A flight that is over, or only simulated, moves nothing. */
async function packageDemands(
  request: FlyRequest,
  { trust, live: { resumeMaxS } }: AirborneConfig,
  { flown, earlier }: {
    readonly flown: FlownContext | null;
    readonly earlier: Partial<LiveState>;
  },
): Promise<PackageDemands & Partial<Pick<LiveDemands, "remember">>> {
  return flown === null
    ? await liveDemands(trust, { ...request, earlier, resumeMaxS })
    : await simulationDemands(trust, flown.until);
}

/** By the machine's time, whatever the flight's is. */
function superviseBy({ serviceManager: manager }: Airborne): FlightSupervision {
  return new FlightSupervision({ manager, clock: new SystemClock() });
}

function sigmasOf(flown: FlownContext | null, { live }: AirborneConfig) {
  return { sigmas: flown?.sigmas ?? live.sigmas };
}

function chainOptions(config: AirborneConfig, { clock, flown }: Devices) {
  return {
    config: forLiveFlight(config, flown),
    flightUntil: flown?.until ?? new Date(Date.now() + FLIGHT_MAX_MS),
    // A flight that is flown again comes out the same on a hot computer and on a cool one.
    ...(flown === null ? { thermal: { folder: "/sys", clock } } : {}),
  };
}

function warnings({ note }: FlightConsole, { logger }: FlightRecording) {
  return (kind: string, text: string | null) => {
    if (text === null) return;
    note(text);
    logger.warn(kind, {}, text);
  };
}

function terminalOutputs(console: FlightConsole): FlightOutput[] {
  return [
    new CompanionNotes(console.note),
    new LiveLines(console),
    new FaultLines(console.note),
  ];
}

/** What of a controller's telling changes how the flight goes on. */
function takeControllerEvent(
  event: ControllerEvent,
  { navigator, localFrame }: Airborne,
  sensors: SensorFeed,
): void {
  if (event.kind === "clock_sync") sensors.observe(event);
  if (event.kind !== "hint") return;
  const { latitudeDeg, longitudeDeg, radiusM } = event;
  const { heightM } = localFrame.origin;
  const [eastM, northM] = localFrame.localFromWgs({ latitudeDeg, longitudeDeg, heightM });
  navigator.seek({ eastM, northM, radiusM });
}

function liveSources(
  { events }: Pick<LiveParts, "events">,
  { camera, flown }: Pick<Devices, "camera" | "flown">,
  recording: FlightRecording,
  ending: AbortSignal,
): FlightSource[] {
  const until = (running: AbortSignal) => AbortSignal.any([running, ending]);
  const controller: FlightSource = (running) => events.events(until(running));
  return [
    flown === null ? controller : atRecordersPace(controller, recording),
    ...(camera === null ? [] : [(running: AbortSignal) => camera.frames(until(running))]),
  ];
}

/** Where the operator says, else where the recording does. */
function startArea({ start }: FlyRequest, flown: FlownContext | null): NamedStartArea | null {
  if (start !== null) return { ...start, from: "operator" };
  const area = flown?.startArea ?? null;
  return area === null ? null : { ...area, from: "recording" };
}

/** What the flight left that was recorded there last. */
async function earlierFlight(
  { recorderFolder }: FlyRequest,
  note: FlightConsole["note"],
): Promise<Partial<LiveState>> {
  try {
    return await readLiveState(recorderFolder) ?? {};
  } catch (error) {
    note(`what an earlier flight left cannot be used: ${messageOf(error)}`);
    return {};
  }
}

function headerOf({ clock, calibration }: Pick<Devices, "clock" | "calibration">) {
  const startUtc = clock.utc(clock.now()).toISOString();
  const camera = calibration === null ? {} : { camera: calibration };
  return { name: `flight of ${startUtc}`, startUtc, ...camera };
}

/**
 * A live controller sends the value of a moment where a recording may hold means; and a frame whose
 * search takes seconds must still find its own moment in the estimator's history.
 */
function forLiveFlight(config: AirborneConfig, flown: FlownContext | null): AirborneConfig {
  const { eskf } = config;
  const imu = { ...eskf.imu, sampling: "instant" as const, ...flown?.imu };
  return { ...config, eskf: { ...eskf, imu, historyS: Math.max(eskf.historyS, HISTORY_MIN_S) } };
}

/** The lines of `--json`. */
class LiveLines implements FlightOutput {
  readonly name = "lines";
  readonly #console: FlightConsole;

  constructor(console: FlightConsole) {
    this.#console = console;
  }

  onOutcome(_event: FrameEvent, _outcome: FrameOutcome, line: FrameLine): void {
    this.#console.line(line);
  }

  onFault(fault: FlightFault): void {
    this.#console.line(faultLine(fault));
  }
}
