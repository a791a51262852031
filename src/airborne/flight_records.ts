/**
 * What each component of a flight tells, each through a sink of its own.
 *
 * @module
 */
import { basename } from "node:path";
import type { CameraFrame } from "../navigation/camera/mod.ts";
import type { MonotonicNs } from "../core/mod.ts";
import type { FdrPayload, FdrSink } from "../flight/flight_recorder/mod.ts";
import type { EstimatorEvent } from "../navigation/state_estimator/mod.ts";
import type { Airborne } from "./contract.ts";
import { recordEvent } from "./event_records.ts";
import type { FlightLog } from "./flight_log.ts";
import { fixRecord, stateRecord } from "./frame_line.ts";
import { MeasurementRecords } from "./measurement_records.ts";
import type { FrameOutcome } from "./navigator.ts";
import type { FrameLine } from "./output.ts";
import { SensorRecords } from "./sensor_records.ts";

const VIO_HEALTH_INTERVAL_NS = 1e9;

export class FlightRecords {
  readonly sensors: SensorRecords;
  readonly #measurements: MeasurementRecords;
  readonly #camera: FdrSink;
  readonly #navigator: FdrSink;
  readonly #estimator: FdrSink;
  readonly #vio: FdrSink;
  readonly #log: FlightLog;
  readonly #airborne: Airborne;
  #vioState = "";
  #vioToldNs = -Infinity;

  constructor(log: FlightLog, airborne: Airborne) {
    this.sensors = new SensorRecords(log.sink("sensors"));
    this.#camera = log.sink("camera");
    this.#navigator = log.sink("navigator");
    this.#estimator = log.sink("state_estimator");
    this.#measurements = new MeasurementRecords(this.#estimator);
    this.#vio = log.sink("vio");
    this.#log = log;
    this.#airborne = airborne;
  }

  /** The map that it flies with was held against its manifest. */
  packageVerified(nowNs: MonotonicNs): void {
    const { name, files } = this.#airborne.flightPackage.manifest;
    this.#log.sink("flight_package").enqueue({
      kind: "package.verified",
      timestampNs: nowNs,
      payload: {
        name,
        files: files.length,
        bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      },
    });
  }

  events(events: readonly EstimatorEvent[], nowNs: MonotonicNs): void {
    const to = { sink: this.#estimator, logger: this.#log.logger.child("state_estimator") };
    for (const event of events) {
      if (event.type === "measurement") this.#measurements.add(event.outcome, nowNs);
      else recordEvent(to, event, this.#airborne.frame, nowNs);
    }
  }

  frame(camera: CameraFrame, nowNs: MonotonicNs): void {
    this.#camera.enqueue({
      kind: "frame.meta",
      timestampNs: nowNs,
      payload: {
        sequence: camera.sequence,
        exposureMidNs: camera.exposureMidNs,
        availableNs: nowNs,
        widthPx: camera.calibration.widthPx,
        heightPx: camera.calibration.heightPx,
        jpegBytes: camera.jpeg.length,
        calibrationId: camera.calibration.id,
        // The name alone: where it lay is nobody's business.
        ...(camera.name === undefined ? {} : { file: basename(camera.name) }),
      },
    });
  }

  outcome(outcome: FrameOutcome, line: FrameLine, nowNs: MonotonicNs): void {
    const timestampNs = nowNs;
    this.#navigator.enqueue({ kind: "nav.fix", timestampNs, payload: fixRecord(outcome, line) });
    this.#navigator.enqueue({
      kind: "nav.state",
      timestampNs,
      payload: stateRecord(outcome, line),
    });
    this.#health(outcome, nowNs);
  }

  /** Once a second, and whenever it changes. */
  #health(outcome: FrameOutcome, nowNs: MonotonicNs): void {
    const payload = vioHealth(outcome, this.#airborne);
    if (payload.state === this.#vioState && nowNs - this.#vioToldNs < VIO_HEALTH_INTERVAL_NS) {
      return;
    }
    this.#vioState = payload.state;
    this.#vioToldNs = nowNs;
    this.#vio.enqueue({ kind: "vio.health", timestampNs: nowNs, payload });
  }
}

function vioHealth(outcome: FrameOutcome, airborne: Airborne): FdrPayload<"vio.health"> {
  return {
    state: outcome.vio.state,
    strategy: airborne.strategies.vio,
    tracks: outcome.vio.tracks,
  };
}
