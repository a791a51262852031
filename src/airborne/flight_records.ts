/**
 * The flight record as an output of the flight loop: every component records through a sink of its
 * own.
 *
 * @module
 */
import { basename } from "node:path";
import { type Clock, DataError, type MonotonicNs } from "../core/mod.ts";
import type { FdrPayload, FdrSink } from "../flight/flight_recorder/mod.ts";
import type { FrameEvent, SensorEvent } from "../flight/flight_events/mod.ts";
import type { EstimatorEvent } from "../navigation/state_estimator/mod.ts";
import type { CompanionEvent } from "./companion.ts";
import { recordCompanionEvent } from "./companion_records.ts";
import type { Airborne } from "./contract.ts";
import { recordEvent } from "./event_records.ts";
import { faultText } from "./fault_text.ts";
import type { FlightEnding, FlightFault, FlightOutput } from "./flight_output.ts";
import type { FlightRecording, RecordedFlightSummary } from "./flight_recording.ts";
import { fixRecord, smoothedRecord, stateRecord } from "./frame_line.ts";
import { GpsGateRecords } from "./gps_gate_records.ts";
import { MeasurementRecords } from "./measurement_records.ts";
import type { FrameOutcome } from "./navigator.ts";
import type { FrameLine } from "./json_lines.ts";
import { packageVerified } from "./package_records.ts";
import { SensorRecords } from "./sensor_records.ts";

const VIO_HEALTH_INTERVAL_NS = 1e9;

/** A flight without a camera has no package, perhaps, and few strategies. */
type RecordedParts = Pick<Airborne, "localFrame" | "strategies"> & {
  readonly flightPackage: Airborne["flightPackage"] | null;
};

export class FlightRecords implements FlightOutput {
  readonly name = "flight record";
  readonly #sensors: SensorRecords;
  readonly #measurements: MeasurementRecords;
  readonly #gate: GpsGateRecords;
  readonly #camera: FdrSink;
  readonly #navigator: FdrSink;
  readonly #estimator: FdrSink;
  readonly #vio: FdrSink;
  readonly #companion: FdrSink;
  readonly #recording: FlightRecording;
  readonly #airborne: RecordedParts;
  readonly #clock: Clock;
  #vioState = "";
  #vioRecordedNs = -Infinity;
  #summary: RecordedFlightSummary | null = null;

  constructor(recording: FlightRecording, airborne: RecordedParts, clock: Clock) {
    this.#sensors = new SensorRecords(recording.sink("sensors"));
    this.#camera = recording.sink("camera");
    this.#navigator = recording.sink("navigator");
    this.#estimator = recording.sink("state_estimator");
    this.#measurements = new MeasurementRecords(this.#estimator);
    this.#gate = new GpsGateRecords(this.#estimator);
    this.#vio = recording.sink("vio");
    this.#companion = recording.sink("companion");
    this.#recording = recording;
    this.#airborne = airborne;
    this.#clock = clock;
  }

  /** The package was checked against its manifest before the flight. */
  packageVerified(): void {
    const { flightPackage } = this.#airborne;
    if (flightPackage === null) return;
    packageVerified({
      sink: this.#recording.sink("flight_package"),
      clock: this.#clock,
      flightPackage,
      scope: flightPackage.unverified.length === 0 ? "whole" : "quick",
    });
  }

  onSensor(event: SensorEvent): void {
    this.#sensors.add(event);
  }

  onEstimatorEvents(events: readonly EstimatorEvent[]): void {
    const logger = this.#recording.logger.child("state_estimator");
    const to = { sink: this.#estimator, logger, gate: this.#gate };
    const nowNs = this.#clock.now();
    for (const event of events) {
      if (event.type === "measurement") this.#measurements.add(event.outcome, nowNs);
      else recordEvent(to, event, this.#airborne.localFrame, nowNs);
    }
  }

  onCompanionEvents(events: readonly CompanionEvent[]): void {
    const logger = this.#recording.logger.child("companion");
    const to = { sink: this.#companion, logger };
    for (const event of events) recordCompanionEvent(to, event, this.#clock.now());
  }

  onFrame({ frame, receivedNs }: FrameEvent): void {
    this.#camera.enqueue({
      kind: "frame.meta",
      timestampNs: this.#clock.now(),
      payload: {
        sequence: frame.sequence,
        exposureMidNs: frame.exposureMidNs,
        availableNs: receivedNs,
        widthPx: frame.calibration.widthPx,
        heightPx: frame.calibration.heightPx,
        jpegBytes: frame.jpeg.length,
        calibrationId: frame.calibration.id,
        // Without its folder: that is a path of this machine.
        ...(frame.name === undefined ? {} : { file: basename(frame.name) }),
      },
    });
  }

  onOutcome(_event: FrameEvent, outcome: FrameOutcome, line: FrameLine): void {
    const timestampNs = this.#clock.now();
    this.#navigator.enqueue({ kind: "nav.fix", timestampNs, payload: fixRecord(outcome, line) });
    this.#navigator.enqueue({
      kind: "nav.state",
      timestampNs,
      payload: stateRecord(outcome, line),
    });
    if (outcome.smoothed !== undefined) {
      const payload = smoothedRecord(outcome.smoothed, this.#airborne.localFrame);
      this.#navigator.enqueue({ kind: "nav.smoothed", timestampNs, payload });
    }
    this.#health(outcome, timestampNs);
  }

  onFault(fault: FlightFault): void {
    const { source, sequence, error } = fault;
    const logger = this.#recording.logger.child("flight_loop");
    const fields = sequence === null ? {} : { sequence };
    // Without its folder: that is a path of this machine.
    const text = error instanceof DataError
      ? faultText(fault).replaceAll(error.path, basename(error.path))
      : faultText(fault);
    if (source === "estimator") logger.error("flight.estimator_failed", fields, text, error);
    else logger.warn(`flight.${source}_failed`, fields, text);
  }

  /** What the record came to; null before the end and where nothing is recorded. */
  get summary(): RecordedFlightSummary | null {
    return this.#summary;
  }

  async end({ completed }: FlightEnding): Promise<void> {
    this.#sensors.flush();
    this.#summary = await this.#recording.close(completed);
  }

  /** Once a second, and whenever it changes. */
  #health(outcome: FrameOutcome, nowNs: MonotonicNs): void {
    const payload = vioHealth(outcome, this.#airborne);
    if (payload.state === this.#vioState && nowNs - this.#vioRecordedNs < VIO_HEALTH_INTERVAL_NS) {
      return;
    }
    this.#vioState = payload.state;
    this.#vioRecordedNs = nowNs;
    this.#vio.enqueue({ kind: "vio.health", timestampNs: nowNs, payload });
  }
}

function vioHealth(outcome: FrameOutcome, airborne: RecordedParts): FdrPayload<"vio.health"> {
  return {
    state: outcome.vio.state,
    strategy: airborne.strategies.vio,
    tracks: outcome.vio.tracks,
    ...(outcome.vio.source === undefined ? {} : { source: outcome.vio.source }),
    ...(outcome.vio.reason === "" ? {} : { reason: outcome.vio.reason }),
    ...(outcome.vio.motion?.covarianceUnknown ? { covarianceUnknown: true } : {}),
  };
}
