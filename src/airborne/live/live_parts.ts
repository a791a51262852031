/**
 * The parts of a live flight beside the navigation chain, put together.
 *
 * @module
 */
import type { AlarmClock } from "../../core/mod.ts";
import type { CameraSource } from "../../flight/camera_source/mod.ts";
import type { FlightControllerAdapter } from "../../flight/flight_controller/mod.ts";
import type { SigningStamps } from "../../link/mavlink/mod.ts";
import type { LiveConfig } from "./config.ts";
import type { Airborne } from "../contract.ts";
import { outputFaultText } from "../fault_text.ts";
import type { FlightOutput } from "../flight_output.ts";
import type { FlightRecording } from "../flight_recording.ts";
import type { Note } from "../notes.ts";
import { startAt, takeoffGround } from "../takeoff_origin.ts";
import { CameraLight } from "./camera_light.ts";
import { CameraWatch } from "./camera_watch.ts";
import { GroundStation } from "./ground_station.ts";
import { HeightReference } from "./height_reference.ts";
import { Landing } from "./landing.ts";
import { LinkWatch } from "./link_watch.ts";
import { LiveEvents } from "./live_events.ts";
import { LiveMonitor } from "./live_monitor.ts";
import { LiveRecords } from "./live_records.ts";
import type { LastPosition } from "./live_state_file.ts";
import { LiveStateWriter } from "./live_state_writer.ts";
import { CheckedUtc, OutputPolicy } from "./output_policy.ts";
import { PackageWatch } from "./package_watch.ts";
import { PositionSender } from "./position_sender.ts";
import { SourceSwitch } from "./source_switch.ts";
import { FlightStart, type NamedStartArea, startText, startWarning } from "./start.ts";

interface LiveContext {
  readonly airborne: Airborne;
  readonly config: LiveConfig;
  /** Part of a processor's time that verification behind the flight may take. */
  readonly verifyShare: number;
  readonly clock: AlarmClock;
  readonly adapter: FlightControllerAdapter;
  /** Address of the controller, for people. */
  readonly endpoint: string;
  readonly camera: CameraSource | null;
  readonly recording: FlightRecording;
  readonly recorderFolder: string;
  /** Of the command line or the recording; null where neither names one. */
  readonly startArea: NamedStartArea | null;
  /** Where a flight was that did not end; null where there is none. */
  readonly interrupted: LastPosition | null;
  /** Of the line's signatures, for the next flight. */
  readonly signingStamps: () => SigningStamps | null;
  /** What is not as the package says, in words for the ground station. */
  readonly notAsPackaged: readonly string[];
  readonly note: Note;
  readonly onLanded: () => void;
}

export interface LiveParts extends Disposable {
  readonly outputs: readonly FlightOutput[];
  readonly events: LiveEvents;
  readonly sender: PositionSender;
}

export function buildLiveParts(context: LiveContext): LiveParts {
  const { airborne, adapter, clock, config } = context;
  const monitor = new LiveMonitor(clock);
  const heights = new HeightReference({
    groundHeightM: airborne.flightPackage.manifest.groundHeightM,
    onOtherGround: (aboveM) => warn(context, "flight.other_ground", otherGroundText(aboveM)),
  });
  const utc = new CheckedUtc(clock);
  const sourceSwitch = new SourceSwitch({ adapter, clock });
  const listeners = sentListeners(context, { monitor, sourceSwitch, heights });
  const policy = new OutputPolicy({
    config,
    localFrame: airborne.localFrame,
    mslM: (heightM) => heights.mslM(heightM),
    utc: (at) => utc.at(at),
  });
  const sender = new PositionSender({
    estimator: airborne.estimator,
    policy,
    unaidedS: () => monitor.unaidedS(),
    emit: (output) => adapter.emitPosition(output),
    onSent: (sent) => listeners.forEach((listener) => listener.positionSent(sent)),
    onFault: onceEach((error) =>
      warn(context, "flight.output_failed", outputFaultText("position", error))
    ),
    clock,
    rateHz: config.outputRateHz,
  });
  return {
    // The last is ended first.
    outputs: [monitor, ...listeners, sender],
    events: liveEvents(context, { monitor, heights, utc }),
    sender,
    [Symbol.dispose]: () => sender[Symbol.dispose](),
  };
}

/** Outputs of the flight loop that hear of each position as well. */
function sentListeners(
  context: LiveContext,
  { monitor, sourceSwitch, heights }: {
    readonly monitor: LiveMonitor;
    readonly sourceSwitch: SourceSwitch;
    readonly heights: HeightReference;
  },
) {
  const { adapter, clock, config, endpoint, recording, note, camera, recorderFolder } = context;
  const groundStation = new GroundStation({
    adapter,
    monitor,
    sink: recording.sink("ground_station"),
    note,
    clock,
  });
  const { vision } = context.airborne;
  const light = new CameraLight({ vision, monitor, clock });
  return [
    sourceSwitch,
    light,
    new LiveRecords({
      sink: recording.sink("flight_controller"),
      clock,
      adapter: adapter.strategyLabel,
      endpoint,
    }),
    groundStation,
    new LinkWatch({
      adapter,
      endpoint,
      clock,
      report: (text) => warn(context, "flight.link", text),
    }),
    new CameraWatch({
      camera,
      clock,
      alert: (severity, text) => groundStation.alert(severity, text),
      report: (text) => warn(context, "flight.camera", text),
    }),
    new PackageWatch({
      flightPackage: context.airborne.flightPackage,
      clock,
      workShare: context.verifyShare,
      notAsPackaged: context.notAsPackaged,
      sink: recording.sink("flight_package"),
      alert: (severity, text) => groundStation.alert(severity, text),
      report: (kind, text) => warn(context, kind, text),
    }),
    new LiveStateWriter({
      recorderFolder,
      clock,
      monitor,
      adapter,
      endpoint,
      camera,
      light: () => light.light,
      sourceSwitch,
      signingStamps: context.signingStamps,
      takeoffGroundM: () => heights.takeoffGroundM,
      onFault: (error) =>
        warn(context, "flight.output_failed", outputFaultText("live state", error)),
    }),
    new Landing({ clock, landedAfterS: config.landedAfterS, note, onLanded: context.onLanded }),
  ] as const;
}

function liveEvents(
  context: LiveContext,
  { monitor, heights, utc }: {
    readonly monitor: LiveMonitor;
    readonly heights: HeightReference;
    readonly utc: CheckedUtc;
  },
): LiveEvents {
  const { adapter, airborne, config, clock, startArea, interrupted, note } = context;
  const start = new FlightStart({
    config,
    area: startArea,
    interrupted,
    planned: airborne.flightPackage.manifest,
    utcMs: (at) => clock.utc(at).getTime(),
  });
  return new LiveEvents({
    adapter,
    localFrame: airborne.localFrame,
    heights,
    start,
    utc,
    isGpsTrusted: () => monitor.gps.trust === "trusted",
    onStart: (origin, heightM) => {
      note(startText(origin));
      if (start.distrustsGps(clock.now())) {
        distrustGps(airborne, monitor, "not trusted before the interruption");
      }
      const contradiction = startWarning(origin);
      if (contradiction !== null) {
        distrustGps(airborne, monitor, "not at the package's take-off origin");
        warn(context, "flight.start_contradicted", contradiction);
      }
      const { groundHeightM, sigmaM } = takeoffGround(airborne, origin, {
        stands: heights.stands,
        interrupted: origin.from === "interrupted_flight" ? interrupted : null,
      });
      const raisedM = heights.tookOffFrom(groundHeightM);
      startAt(airborne, origin, {
        heightM: heightM === null ? null : heightM + raisedM,
        groundSigmaM: heights.countsFromTakeoff ? sigmaM : 0,
      });
      return raisedM;
    },
  });
}

/** What was found out before the flight holds until GPS has come through the gate. */
function distrustGps({ estimator }: Airborne, monitor: LiveMonitor, reason: string): void {
  estimator.distrustGps(reason);
  monitor.gpsDistrusted(reason);
}

function otherGroundText(aboveM: number): string {
  const where = `${Math.abs(aboveM).toFixed(0)} m ${aboveM > 0 ? "above" : "below"}`;
  return `by GPS the take-off ground lies ${where} the package's (--ground-height of operator ` +
    "provision): heights count from the take-off ground, and pictures fit the map only where that is " +
    "as high as the ground below";
}

function warn({ note, recording }: LiveContext, kind: string, text: string): void {
  note(text);
  recording.logger.warn(kind, {}, text);
}

/** The same fault ten times a second is told once. */
function onceEach(report: (error: unknown) => void): (error: unknown) => void {
  const told = new Set<string>();
  return (error) => {
    const text = String(error);
    if (told.has(text) || told.size > 32) return;
    told.add(text);
    report(error);
  };
}
