/**
 * What an input that lies is, and the changes of which most are made.
 *
 * @module
 */
import type { Random } from "../../../src/core/mod.ts";
import type { StreamFile } from "../../../src/flight/replay/mod.ts";
import { type FlightRows, type Row, timeS } from "./flight_rows.ts";

/** Seconds of the flight's time; `toS` may be Infinity. */
export interface Span {
  readonly fromS: number;
  readonly toS: number;
}

/** Context of one injection. */
export interface Injection {
  readonly span: Span;
  readonly random: Random;
  /** Pictures of another ground by the same aircraft, in order; empty where there is none. */
  readonly otherPictures: readonly string[];
}

export interface HostileInput {
  /** "imu.ax.spike" */
  readonly name: string;
  readonly about: string;
  /** How long it lasts, in variants; Infinity: to the end. */
  readonly durationsS: readonly number[];
  /** Whether GPS is there all along; else it falls silent after the first second. */
  readonly gps: boolean;
  /** From the flight's first moment on. */
  readonly fromStart?: boolean;
  /** Needs the long flight: it grows slowly. */
  readonly slow?: boolean;
  inject(flight: FlightRows, injection: Injection): void | Promise<void>;
}

/** For a moment, for a while, to the end. */
export const DURATIONS_S = [0.1, 2, Infinity] as const;

export function within(file: StreamFile, row: Row, { fromS, toS }: Span): boolean {
  const t = timeS(file, row);
  return t >= fromS && t < toS;
}

/** Rows of the span, changed in place. */
export function rowsWithin(flight: FlightRows, file: StreamFile, span: Span): Row[] {
  return flight.streams[file].filter((row) => within(file, row, span));
}

/** Changes numbers of some columns: `change(value, seconds since the span began)`. */
export function changeColumns(
  flight: FlightRows,
  file: StreamFile,
  columns: readonly number[],
  span: Span,
  change: (value: number, sinceS: number) => number,
): void {
  for (const row of rowsWithin(flight, file, span)) {
    const sinceS = timeS(file, row) - span.fromS;
    for (const column of columns) row[column] = decimal(change(Number(row[column]), sinceS));
  }
}

/** As the recorded format wants it: a finite decimal, enough digits for degrees of longitude. */
export function decimal(value: number): string {
  return Number(value.toFixed(9)).toString();
}

/** The values of the first row of the span stay. */
export function holdColumns(
  flight: FlightRows,
  file: StreamFile,
  columns: readonly number[],
  span: Span,
): void {
  const [first, ...rest] = rowsWithin(flight, file, span);
  for (const row of rest) {
    for (const column of columns) row[column] = first[column];
  }
}

/** Values of `delayS` ago under the time stamps of now; negative: values of the future. */
export function delayColumns(
  flight: FlightRows,
  file: StreamFile,
  columns: readonly number[],
  span: Span,
  delayS: number,
): void {
  const rows = flight.streams[file].map((row) => [...row]);
  const times = rows.map((row) => timeS(file, row));
  for (const row of rowsWithin(flight, file, span)) {
    const wanted = timeS(file, row) - delayS;
    const later = times.findIndex((time) => time >= wanted);
    const source = rows[later < 0 ? rows.length - 1 : later];
    for (const column of columns) row[column] = source[column];
  }
}

/** Rows arrive later, in the same order; their times of measurement are right. */
export function arriveLater(
  flight: FlightRows,
  file: StreamFile,
  span: Span,
  delayS: number,
): void {
  const arrival = file === "frames.csv" ? 2 : 1;
  const late = new Set(rowsWithin(flight, file, span));
  let lastNs = 0;
  for (const row of flight.streams[file]) {
    const delayedNs = Number(row[arrival]) + (late.has(row) ? delayS * 1e9 : 0);
    lastNs = Math.max(lastNs, Math.round(delayedNs));
    row[arrival] = String(lastNs);
  }
}
