/**
 * Rules for each stream: the valid values of a row, and which row may follow which.
 *
 * @module
 */
import { DataError, median, type MonotonicNs, monotonicNs } from "../../core/mod.ts";
import type {
  AttitudeEvent,
  BaroEvent,
  GpsEvent,
  ImuEvent,
  VelocityEvent,
} from "../flight_events/mod.ts";
import {
  attitudeEvent,
  baroEvent,
  gpsEvent,
  imuEvent,
  type RowFields,
  velocityEvent,
} from "./rows.ts";
import type { StreamRules } from "./stream_reader.ts";

/** One row of frames.csv. */
export interface FrameRow {
  readonly kind: "frame";
  readonly receivedNs: MonotonicNs;
  readonly sequence: number;
  readonly exposureMidNs: MonotonicNs;
  readonly file: string;
  readonly fault: (message: string) => DataError;
}

/** A gap of this many periods means a missing row: one lost row makes a gap of two. */
const GAP_PERIODS = 1.6;
/** Number of intervals from which the period of a stream without a declared rate is estimated. */
const PERIOD_INTERVALS = 16;

type Fault = (message: string) => DataError;
type Timed = ImuEvent | AttitudeEvent | BaroEvent | GpsEvent | VelocityEvent;

export function imuRules(imuRateHz: number): StreamRules<ImuEvent> {
  const periodNs = 1e9 / imuRateHz;
  return {
    parse: imuEvent,
    follows: (previous, item, fault) => {
      inOrder(previous, item, fault);
      withoutGap(previous, item, periodNs, fault);
    },
  };
}

export function attitudeRules(): StreamRules<AttitudeEvent> {
  return { parse: attitudeEvent, follows: atItsOwnRate() };
}

export function baroRules(): StreamRules<BaroEvent> {
  return { parse: baroEvent, follows: atItsOwnRate() };
}

/** GPS may fall silent: that is the purpose of these flights. */
export function gpsRules(): StreamRules<GpsEvent> {
  return { parse: gpsEvent, follows: inOrder };
}

/** Sensors of velocity see nothing now and then: over water, in the dark. */
export function velocityRules(): StreamRules<VelocityEvent> {
  return { parse: velocityEvent, follows: inOrder };
}

export function frameRules(): StreamRules<FrameRow> {
  return { parse: frameRow, follows: framesInOrder };
}

function frameRow(row: RowFields): FrameRow {
  const exposureMidNs = monotonicNs(row.integer(1, 0));
  const receivedNs = monotonicNs(row.integer(2, 0));
  if (receivedNs < exposureMidNs) {
    throw row.fault(
      "available_ns lies before exposure_mid_ns; a picture cannot arrive before its exposure",
    );
  }
  return {
    kind: "frame",
    sequence: row.integer(0, 0),
    exposureMidNs,
    receivedNs,
    file: row.text(3),
    fault: (message) => row.fault(message),
  };
}

function framesInOrder(previous: FrameRow, item: FrameRow, fault: Fault): void {
  if (item.sequence <= previous.sequence) {
    throw fault(`sequence ${item.sequence} follows ${previous.sequence}; sort the rows`);
  }
  if (item.sequence !== previous.sequence + 1) {
    throw fault(
      `sequence ${item.sequence} follows ${previous.sequence}: rows are missing; ` +
        "put them back, or number the pictures anew",
    );
  }
  if (item.exposureMidNs <= previous.exposureMidNs) {
    throw fault("exposure_mid_ns does not grow; sort the rows by time");
  }
  if (item.receivedNs < previous.receivedNs) {
    throw fault("available_ns goes back; sort the rows by time");
  }
}

function inOrder(previous: Timed, item: Timed, fault: Fault): void {
  if (item.controllerNs === previous.controllerNs) {
    throw fault(`controller_ns ${item.controllerNs} occurs twice; drop the duplicate row`);
  }
  if (item.controllerNs < previous.controllerNs) {
    throw fault(`controller_ns goes back from ${previous.controllerNs}; sort the rows by time`);
  }
  if (item.receivedNs < previous.receivedNs) {
    throw fault(`received_ns goes back from ${previous.receivedNs}; sort the rows by time`);
  }
}

function withoutGap(previous: Timed, item: Timed, periodNs: number, fault: Fault): void {
  const gapNs = item.controllerNs - previous.controllerNs;
  if (gapNs > GAP_PERIODS * periodNs) {
    throw fault(
      `${(gapNs / 1e6).toFixed(1)} ms after the row before, where a row every ` +
        `${(periodNs / 1e6).toFixed(1)} ms is expected: rows are missing; copy the flight again`,
    );
  }
}

/** Checks the order, and that no gap is large against the median of the first intervals. */
function atItsOwnRate<T extends Timed>(): StreamRules<T>["follows"] {
  const intervalsNs: number[] = [];
  let periodNs = 0;
  return (previous, item, fault) => {
    inOrder(previous, item, fault);
    if (intervalsNs.length < PERIOD_INTERVALS) {
      intervalsNs.push(item.controllerNs - previous.controllerNs);
      periodNs = median(intervalsNs) ?? 0;
    }
    if (intervalsNs.length >= PERIOD_INTERVALS / 2) withoutGap(previous, item, periodNs, fault);
  };
}
