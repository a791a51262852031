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

export function imuRules(imuRateHz: number, irregular?: Irregularities): StreamRules<ImuEvent> {
  const periodNs = 1e9 / imuRateHz;
  return { parse: imuEvent, follows: sampleFollows(irregular, () => periodNs) };
}

export function attitudeRules(irregular?: Irregularities): StreamRules<AttitudeEvent> {
  return { parse: attitudeEvent, follows: sampleFollows(irregular, ownPeriodNs()) };
}

export function baroRules(irregular?: Irregularities): StreamRules<BaroEvent> {
  return { parse: baroEvent, follows: sampleFollows(irregular, ownPeriodNs()) };
}

/** GPS may fall silent: that is the purpose of these flights. */
export function gpsRules(irregular?: Irregularities): StreamRules<GpsEvent> {
  return { parse: gpsEvent, follows: sampleFollows(irregular) };
}

/** Sensors of velocity see nothing now and then: over water, in the dark. */
export function velocityRules(irregular?: Irregularities): StreamRules<VelocityEvent> {
  return { parse: velocityEvent, follows: sampleFollows(irregular) };
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

/** What follows which row is wrong, and of what kind. */
interface Irregularity {
  readonly kind: "doubled" | "out of order" | "after a gap";
  readonly message: string;
}

/**
 * Sensor rows that are missing, doubled or out of order, by stream: counted where they are passed on
 * as they came instead of refused.
 */
export class Irregularities {
  readonly #counts = new Map<string, number>();

  add(stream: string, kind: Irregularity["kind"]): void {
    const key = `${stream} ${kind}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** "3 imu rows after a gap": one text for each stream and kind. */
  texts(): string[] {
    return [...this.#counts].map(([key, count]) => {
      const [stream, ...kind] = key.split(" ");
      return `${count} ${stream} rows ${kind.join(" ")}`;
    });
  }
}

/** `periodNs`: of a stream that may not fall silent; 0 while it is not known yet. */
function sampleFollows<T extends Timed>(
  irregular?: Irregularities,
  periodNs?: (previous: Timed, item: Timed) => number,
): StreamRules<T>["follows"] {
  return (previous, item, fault) => {
    // The order of arrival is what the streams are merged by.
    if (item.receivedNs < previous.receivedNs) {
      throw fault(`received_ns goes back from ${previous.receivedNs}; sort the rows by time`);
    }
    const found = orderFault(previous, item) ??
      (periodNs === undefined ? undefined : gapFault(previous, item, periodNs(previous, item)));
    if (found === undefined) return;
    if (irregular === undefined) throw fault(found.message);
    irregular.add(item.kind, found.kind);
  };
}

function orderFault(previous: Timed, item: Timed): Irregularity | undefined {
  if (item.controllerNs === previous.controllerNs) {
    const message = `controller_ns ${item.controllerNs} occurs twice; drop the duplicate row`;
    return { kind: "doubled", message };
  }
  if (item.controllerNs > previous.controllerNs) return undefined;
  const message = `controller_ns goes back from ${previous.controllerNs}; sort the rows by time`;
  return { kind: "out of order", message };
}

function gapFault(previous: Timed, item: Timed, periodNs: number): Irregularity | undefined {
  const gapNs = item.controllerNs - previous.controllerNs;
  if (periodNs === 0 || gapNs <= GAP_PERIODS * periodNs) return undefined;
  const message = `${(gapNs / 1e6).toFixed(1)} ms after the row before, where a row every ` +
    `${(periodNs / 1e6).toFixed(1)} ms is expected: rows are missing; copy the flight again`;
  return { kind: "after a gap", message };
}

/** The median of the first intervals. */
function ownPeriodNs(): (previous: Timed, item: Timed) => number {
  const intervalsNs: number[] = [];
  let periodNs = 0;
  return (previous, item) => {
    if (intervalsNs.length < PERIOD_INTERVALS) {
      intervalsNs.push(item.controllerNs - previous.controllerNs);
      periodNs = median(intervalsNs) ?? 0;
    }
    return intervalsNs.length >= PERIOD_INTERVALS / 2 ? periodNs : 0;
  };
}
