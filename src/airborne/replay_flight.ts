/**
 * A recorded flight through the navigator, sensor rows by their arrival.
 *
 * @module
 */
import type { CameraFrame } from "../camera/mod.ts";
import {
  type Clock,
  ControllerClock,
  type LocalFrame,
  ManualClock,
  type MonotonicNs,
  radiansFromDegrees,
} from "../core/mod.ts";
import { type FdrPayload, openRecorder, type Recorder } from "../flight_recorder/mod.ts";
import { type FlightDescription, type FlightEvent, openRecordedFlight } from "../replay/mod.ts";
import type { EstimatorEvent, StateEstimator } from "../state_estimator/mod.ts";
import type { AirborneConfig } from "./config.ts";
import type { Airborne, ReplayOutput, ReplayParts, ReplayRequest } from "./contract.ts";
import type { FrameLine } from "./output.ts";
import { recordEvent } from "./event_records.ts";
import { fixRecord, frameLine, stateRecord } from "./frame_line.ts";
import { groundHeightWarning } from "./ground_height.ts";
import type { FrameOutcome } from "./navigator.ts";
import type { SummaryLine } from "./output.ts";
import { ReplayTally } from "./replay_tally.ts";

export async function replayFlight(
  parts: ReplayParts,
  request: ReplayRequest,
  config: AirborneConfig,
  output: ReplayOutput,
): Promise<SummaryLine> {
  const flight = await openRecordedFlight(request.flightPath);
  const { description, extent } = flight;
  const clock = new ManualClock({ startUtc: new Date(description.startUtc) });
  const events: EstimatorEvent[] = [];
  await using airborne = await parts.composeAirborne({
    packagePath: request.packagePath,
    config,
    onEvent: (event) => events.push(event),
  });
  setOrigin(airborne, description);
  const recorder = await openFlightRecorder(request, airborne, description, clock, output);
  const otherGround = groundHeightWarning(description, airborne.flightPackage);
  if (otherGround !== null) {
    output.note(otherGround);
    recorder?.record("log", {
      level: "WARN",
      component: "replay",
      message: otherGround,
    }, clock.now());
  }
  const tally = new ReplayTally(description.name);
  const sensors = new SensorFeed(airborne.estimator, airborne.frame, description);
  let toItsEnd = false;
  try {
    for await (const event of flight.events()) {
      if (output.signal.aborted) break;
      clock.set(event.receivedNs);
      tally.tick(event.receivedNs);
      if (event.kind !== "frame") {
        sensors.feed(event);
        continue;
      }
      const outcome = await airborne.navigator.processFrame(event.frame);
      for (const told of events.splice(0)) {
        if (recorder !== null) recordEvent(recorder, told, airborne.frame, clock.now());
      }
      if (outcome === null) {
        tally.skipped();
        continue;
      }
      const line = frameLine(outcome, airborne.frame);
      tally.frame(line);
      record(recorder, outcome, event.frame, line, clock.now());
      recorder?.record("vio.health", vioHealth(outcome, airborne), clock.now());
      output.frame(line);
      output.progress(event.receivedNs - extent.firstNs, extent.lastNs - extent.firstNs);
    }
    toItsEnd = !output.signal.aborted;
  } finally {
    await recorder?.close({ cleanShutdown: toItsEnd });
  }
  if (tally.framesSkipped > 0) {
    output.note(`${tally.framesSkipped} frames came before the first attitude and IMU sample`);
  }
  return tally.summary(recorder);
}

/** The last trusted position, or, where nothing is known, somewhere on the map. */
function setOrigin(airborne: Airborne, description: FlightDescription): void {
  const { takeoff } = description;
  const { estimator, frame, flightPackage } = airborne;
  if (takeoff !== null) {
    estimator.setTakeoffOrigin(
      { positionLocalM: frame.localFromWgs(takeoff) },
      takeoff.sigmaHorizontalM,
      takeoff.sigmaVerticalM,
    );
    return;
  }
  const { southDeg, westDeg, northDeg, eastDeg } = flightPackage.manifest.area;
  const heightM = frame.origin.heightM;
  const a = frame.localFromWgs({ latitudeDeg: southDeg, longitudeDeg: westDeg, heightM });
  const b = frame.localFromWgs({ latitudeDeg: northDeg, longitudeDeg: eastDeg, heightM });
  // The barometer finds the height: its first sample outweighs this guess at once.
  estimator.setTakeoffOrigin(
    { positionLocalM: [0, 0, 100] },
    Math.hypot(b[0] - a[0], b[1] - a[1]) / 2,
    1000,
  );
}

/** Rows of the flight controller's streams, moved onto the one clock and into the estimator. */
class SensorFeed {
  readonly #estimator: StateEstimator;
  readonly #frame: LocalFrame;
  readonly #sigmas: FlightDescription["sigmas"];
  readonly #clock = new ControllerClock();

  constructor(estimator: StateEstimator, frame: LocalFrame, description: FlightDescription) {
    this.#estimator = estimator;
    this.#frame = frame;
    this.#sigmas = description.sigmas;
  }

  feed(event: Exclude<FlightEvent, { kind: "frame" }>): void {
    this.#clock.observe(event.controllerNs, event.receivedNs);
    const timeNs = this.#clock.toCanonical(event.controllerNs);
    switch (event.kind) {
      case "imu":
        return this.#estimator.addImu({ ...event, timeNs });
      case "attitude":
        this.#estimator.addAttitude({
          timeNs,
          localFromBody: event.localFromBody,
          sigmaTiltRad: radiansFromDegrees(this.#sigmas.tiltDeg),
          sigmaHeadingRad: radiansFromDegrees(this.#sigmas.headingDeg),
        });
        return;
      case "baro":
        this.#estimator.addBaro({
          timeNs,
          heightM: event.heightM - this.#frame.origin.heightM,
          sigmaM: this.#sigmas.baroM,
        });
        return;
      case "gps":
        this.#estimator.addGps({ ...event, timeNs, velocityLocalMps: event.velocityEnuMps });
        return;
      default:
        event satisfies never;
    }
  }
}

function openFlightRecorder(
  request: ReplayRequest,
  airborne: Airborne,
  description: FlightDescription,
  clock: Clock,
  output: ReplayOutput,
): Promise<Recorder> | null {
  if (request.recorderFolder === null) return null;
  return openRecorder({
    folder: request.recorderFolder,
    clock,
    onFault: (message) => output.note(message),
    header: {
      name: description.name,
      software: "airborne",
      aircraft: description.aircraft,
      packageName: airborne.flightPackage.manifest.name,
      startUtc: description.startUtc,
      strategies: { ...airborne.strategies },
    },
  });
}

function record(
  recorder: Recorder | null,
  outcome: FrameOutcome,
  camera: CameraFrame,
  line: FrameLine,
  nowNs: MonotonicNs,
): void {
  if (recorder === null) return;
  recorder.record("nav.fix", fixRecord(outcome, line), nowNs);
  recorder.record("nav.state", stateRecord(outcome, line), nowNs);
  recorder.record("frame.meta", {
    sequence: outcome.sequence,
    exposureMidNs: outcome.timeNs,
    availableNs: nowNs,
    widthPx: camera.calibration.widthPx,
    heightPx: camera.calibration.heightPx,
    jpegBytes: camera.jpeg.length,
    calibrationId: camera.calibration.id,
  }, nowNs);
}

function vioHealth(outcome: FrameOutcome, airborne: Airborne): FdrPayload<"vio.health"> {
  return {
    state: outcome.vio.state,
    strategy: airborne.strategies.vio,
    tracks: outcome.vio.tracks,
  };
}
