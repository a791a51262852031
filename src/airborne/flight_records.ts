/**
 * What each component of a flight tells, each through a sink of its own.
 *
 * @module
 */
import type { CameraFrame } from "../camera/mod.ts";
import type { MonotonicNs } from "../core/mod.ts";
import type { FdrPayload, FdrSink } from "../flight_recorder/mod.ts";
import type { EstimatorEvent } from "../state_estimator/mod.ts";
import type { Airborne } from "./contract.ts";
import { recordEvent } from "./event_records.ts";
import type { FlightLog } from "./flight_log.ts";
import { fixRecord, stateRecord } from "./frame_line.ts";
import type { FrameOutcome } from "./navigator.ts";
import type { FrameLine } from "./output.ts";
import { SensorRecords } from "./sensor_records.ts";

export class FlightRecords {
  readonly sensors: SensorRecords;
  readonly #camera: FdrSink;
  readonly #navigator: FdrSink;
  readonly #estimator: FdrSink;
  readonly #vio: FdrSink;
  readonly #log: FlightLog;
  readonly #airborne: Airborne;

  constructor(log: FlightLog, airborne: Airborne) {
    this.sensors = new SensorRecords(log.sink("sensors"));
    this.#camera = log.sink("camera");
    this.#navigator = log.sink("navigator");
    this.#estimator = log.sink("state_estimator");
    this.#vio = log.sink("vio");
    this.#log = log;
    this.#airborne = airborne;
  }

  events(events: readonly EstimatorEvent[], nowNs: MonotonicNs): void {
    const to = { sink: this.#estimator, logger: this.#log.logger.child("state_estimator") };
    for (const event of events) recordEvent(to, event, this.#airborne.frame, nowNs);
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
        ...(camera.name === undefined ? {} : { file: camera.name }),
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
    this.#vio.enqueue({
      kind: "vio.health",
      timestampNs,
      payload: vioHealth(outcome, this.#airborne),
    });
  }
}

function vioHealth(outcome: FrameOutcome, airborne: Airborne): FdrPayload<"vio.health"> {
  return {
    state: outcome.vio.state,
    strategy: airborne.strategies.vio,
    tracks: outcome.vio.tracks,
  };
}
