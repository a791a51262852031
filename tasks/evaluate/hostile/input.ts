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

function dropRows(flight: FlightRows, file: StreamFile, span: Span): void {
  flight.streams[file] = flight.streams[file].filter((row) => !within(file, row, span));
}

/** Each row once more, as it was. */
function doubleRows(flight: FlightRows, file: StreamFile, span: Span): void {
  flight.streams[file] = flight.streams[file].flatMap((row) =>
    within(file, row, span) ? [row, [...row]] : [row]
  );
}

/** Neighbours change places in the order of arrival, with their times of measurement. */
function exchangeNeighbours(flight: FlightRows, file: StreamFile, span: Span): void {
  const rows = rowsWithin(flight, file, span);
  for (let i = 0; i + 1 < rows.length; i += 2) {
    const [a, b] = [[...rows[i]], [...rows[i + 1]]];
    rows[i].splice(0, b.length, b[0], a[1], ...b.slice(2));
    rows[i + 1].splice(0, a.length, a[0], b[1], ...a.slice(2));
  }
}

/** What can befall the rows of any sensor of the flight controller on their way. */
export function deliveryInputs(
  sensor: string,
  file: StreamFile,
  { gps = false, payload }: { readonly gps?: boolean; readonly payload: readonly number[] },
): HostileInput[] {
  const make = (
    name: string,
    about: string,
    change: (flight: FlightRows, file: StreamFile, span: Span, random: Random) => void,
    durationsS: readonly number[] = [2, Infinity],
  ): HostileInput => ({
    name: `${sensor}.${name}`,
    about,
    durationsS,
    gps,
    inject: (flight, { span, random }) => change(flight, file, span, random),
  });
  return [
    make("missing", "no rows", dropRows, DURATIONS_S),
    make("doubled", "each row twice", doubleRows),
    make("disordered", "neighbours arrive in the wrong order", exchangeNeighbours),
    make(
      "lossy",
      "half of the rows are lost, at random",
      (flight, file, span, random) => {
        flight.streams[file] = flight.streams[file].filter((row) =>
          !within(file, row, span) || random.uniform() < 0.5
        );
      },
    ),
    make("late", "arrives 1 s late, with the right times", (flight, file, span) => {
      arriveLater(flight, file, span, 1);
    }),
    make("old", "values of 1 s ago under the times of now", (flight, file, span) => {
      delayColumns(flight, file, payload, span, 1);
    }),
    make("early", "values of 0.3 s ahead under the times of now", (flight, file, span) => {
      delayColumns(flight, file, payload, span, -0.3);
    }),
  ];
}
