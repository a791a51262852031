/**
 * A live flight: flight controller and camera into the flight loop, positions out by a timer of their
 * own, until the aircraft has landed or a signal comes.
 *
 * @module
 */
import { collectGarbage, messageOf, SystemClock } from "../../core/mod.ts";
import type { ControllerEvent, FrameEvent } from "../../flight/flight_events/mod.ts";
import type { FlightPackage } from "../../flight/flight_package/mod.ts";
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
import { type FlightSettings, overriddenWarning } from "../flight_options.ts";
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
import { type Devices, openDevices, openSeen, type Seen } from "./devices.ts";
import { flyOnWithoutTerminal } from "./hang_up.ts";
import { buildLiveParts, type LiveParts } from "./live_parts.ts";
import { type LiveState, readLiveState, removeUnfinishedStates } from "./live_state_file.ts";
import { type NamedStartArea, SIGMAS_PER_RADIUS } from "./start.ts";
import { takeoffWarning } from "../mission.ts";
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
  settings: FlightSettings,
  console: FlightConsole,
): Promise<SummaryLine> {
  const { note, signal } = console, { own } = settings;
  const estimatorEvents: EstimatorEvent[] = [];
  const { signing: signedBefore = null, ...earlier } = await earlierFlight(request, note);
  await using devices = await openDevices(parts, request, own, { note, signedBefore });
  const { clock, flown } = devices;
  const demands = await packageDemands(request, own, { flown, earlier });
  await using airborne = await parts.composeAirborne({
    ...{ ...request, ...chainOptions(settings, devices), packageDemands: demands },
    onEvent: (event) => estimatorEvents.push(event),
  });
  const { config } = airborne;
  await using seen = openSeen(parts, request, devices, airborne);
  const start = { ...request, airborne, config, clock, header: headerOf(devices, seen), note };
  await using opened = await openOutputs(parts, start);
  const { recording, records, tiles } = opened;
  const forgotten = await settleFolder(request, demands, airborne);
  const ending = new AbortController();
  const starting = startOf(request, devices, earlier);
  const packaged = contradictions(settings, seen, starting.startArea, airborne);
  using live = buildLiveParts({
    ...{ ...start, ...devices, ...seen, ...starting, recording },
    config: config.live,
    verifyShare: config.trust.verifyShare,
    signingStamps: () => devices.signing?.stamps() ?? signedBefore,
    notAsPackaged: packaged.map(({ short }) => short),
    onLanded: () => ending.abort(),
  });
  const tally = new FlightTally(start.header.name);
  const warn = warnings(console, recording);
  warnBefore(warn, airborne, request, packaged);
  warn("flight.packages_forgotten", forgotten);
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
    sources: liveSources(live, seen, flown, recording, AbortSignal.any([signal, ending.signal])),
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
  const tileCounts = tiles?.counts() ?? null, outputFaults = outputs.faults();
  return tally.summary({ record: records.summary, tiles: tileCounts, outputFaults });
}

interface Contradiction {
  readonly kind: string;
  readonly text: string;
  /** For the ground station: at most 50 characters. */
  readonly short: string;
}

/** What is not flown as the package says, since somebody nearer to the flight says otherwise. */
function contradictions(
  settings: FlightSettings,
  { otherCalibration }: Seen,
  area: NamedStartArea | null,
  { flightPackage }: Airborne,
): Contradiction[] {
  const { overridden } = settings.with(flightPackage);
  const start = area === null
    ? null
    : { ...area, sigmaHorizontalM: area.radiusM / SIGMAS_PER_RADIUS };
  const whose = area?.from === "recording" ? "the recording's" : "--start";
  const found = [
    ["flight.settings_overridden", overriddenWarning(overridden), "PACKAGE SETTINGS OVERRIDDEN"],
    ["flight.other_calibration", otherCalibration, "CAMERA IS NOT THE PACKAGE'S"],
    [
      "flight.other_takeoff",
      takeoffWarning(flightPackage, start, whose),
      "START IS NOT THE PACKAGE'S TAKE-OFF",
    ],
  ] as const;
  return found.flatMap(([kind, text, short]) => text === null ? [] : [{ kind, text, short }]);
}

type Warn = ReturnType<typeof warnings>;

function warnBefore(
  warn: Warn,
  airborne: Airborne,
  request: FlyRequest,
  packaged: readonly Contradiction[],
): void {
  const { flightPackage } = airborne;
  for (const { kind, text } of packaged) warn(kind, text);
  warn("flight.package_not_trusted", trustWarning(flightPackage.trust));
  warn("flight.expired_tiles", expiredTilesWarning(flightPackage));
  warn("flight.syscalls_not_filtered", filterSyscalls(airborne, request, liveSyscalls(request)));
}

/** By who has the lock of the recorder's folder. What of the flown packages is forgotten, for a person. */
async function settleFolder(
  { recorderFolder }: FlyRequest,
  { remember }: Partial<Pick<LiveDemands, "remember">>,
  { flightPackage }: Airborne,
): Promise<string | null> {
  const forgotten = await remember?.(flightPackage) ?? null;
  await removeUnfinishedStates(recorderFolder);
  return forgotten;
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

function chainOptions(settings: FlightSettings, { clock, flown }: Devices) {
  return {
    config: forLiveFlight(settings.own, flown),
    settle: (flightPackage: FlightPackage) =>
      forLiveFlight(settings.with(flightPackage).config, flown),
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
  { camera }: Pick<Seen, "camera">,
  flown: FlownContext | null,
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

function startOf(
  request: FlyRequest,
  { flown }: Pick<Devices, "flown">,
  { ended, last = null }: Partial<LiveState>,
) {
  return {
    startArea: startArea(request, flown),
    interrupted: flown === null && ended === false ? last : null,
  };
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

function headerOf({ clock }: Pick<Devices, "clock">, { calibration }: Pick<Seen, "calibration">) {
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
