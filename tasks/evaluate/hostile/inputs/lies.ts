/**
 * The changes that lies of other kinds are made of.
 *
 * @module
 */
import sharp, { type Sharp } from "sharp";
import { quaternionMultiply } from "../../../../src/core/mod.ts";
import type { StreamFile } from "../../../../src/flight/replay/mod.ts";
import { type FlightRows, timeS } from "../flight_rows.ts";
import { changeColumns, type HostileInput, type Injection, rowsWithin } from "../input.ts";
import { quaternionOf, turn, writeQuaternion } from "./attitude.ts";
import { moved, movedBy } from "./gps.ts";

export type Inject = (flight: FlightRows, injection: Injection) => void | Promise<void>;

export function stays(
  name: string,
  about: string,
  inject: Inject,
  more: Partial<HostileInput> = {},
): HostileInput {
  return { name, about, durationsS: [Infinity], gps: false, inject, ...more };
}

export const FROM_START = { fromStart: true } as const;
const ACCELERATION = [2, 3, 4];
const RATE = [5, 6, 7];
export const IMU = [...ACCELERATION, ...RATE];
const BURST_EVERY_S = 2;
const BURST_S = 0.3;

/** The lie for 0.3 s of every 2 s. */
export function inBursts(inject: Inject): Inject {
  return async (flight, injection) => {
    const lastS = timeS("imu.csv", flight.streams["imu.csv"].at(-1)!);
    for (let fromS = injection.span.fromS; fromS < lastS; fromS += BURST_EVERY_S) {
      await inject(flight, { ...injection, span: { fromS, toS: fromS + BURST_S } });
    }
  };
}

export const columns = (
  file: StreamFile,
  which: readonly number[],
  change: (value: number, sinceS: number) => number,
): Inject =>
(flight, { span }) => changeColumns(flight, file, which, span, change);

export const turnedBody = (axis: 1 | 2 | 3, degreesAt: (sinceS: number) => number): Inject =>
(
  flight,
  { span },
) => {
  for (const row of rowsWithin(flight, "attitude.csv", span)) {
    const sinceS = timeS("attitude.csv", row) - span.fromS;
    writeQuaternion(row, quaternionMultiply(quaternionOf(row), turn(axis, degreesAt(sinceS))));
  }
};

export const turnedLocal = (degrees: number): Inject => (flight, { span }) => {
  for (const row of rowsWithin(flight, "attitude.csv", span)) {
    writeQuaternion(row, quaternionMultiply(turn(3, degrees), quaternionOf(row)));
  }
};

/** Each picture of the span, drawn anew: seconds since it began, and its length. */
export function redrawn(
  draw: (picture: Sharp, size: { width: number; height: number }, sinceS: number) =>
    | Sharp
    | Promise<Sharp>,
): Inject {
  return async (flight, { span }) => {
    const { widthPx: width, heightPx: height } = flight.description.camera;
    for (const row of rowsWithin(flight, "frames.csv", span)) {
      const sinceS = timeS("frames.csv", row) - span.fromS;
      const drawn = await draw(sharp(`${flight.folder}/${row[3]}`), { width, height }, sinceS);
      flight.pictures.set(row[3], await drawn.jpeg({ quality: 90 }).toBuffer());
    }
  };
}

export const BLACK: Inject = async (flight, { span }) => {
  const { widthPx: width, heightPx: height } = flight.description.camera;
  const size = { width, height, channels: 3 as const, background: "black" };
  const jpeg = new Uint8Array(await sharp({ create: size }).jpeg().toBuffer());
  for (const row of rowsWithin(flight, "frames.csv", span)) flight.pictures.set(row[3], jpeg);
};

const CONTROLLER = ["imu.csv", "attitude.csv", "baro.csv", "gps.csv"] as const;
export const DAY_S = 86_400;

export const controllerClock = (change: (ns: number, sinceS: number) => number): Inject =>
(
  flight,
  { span },
) => {
  for (const file of CONTROLLER) {
    changeColumns(
      flight,
      file,
      [0],
      span,
      (ns, sinceS) => Math.max(0, Math.round(change(ns, sinceS))),
    );
  }
};

/** A lie of one sensor alone, stamped otherwise: seconds added to its own times. */
export const stamped = (file: StreamFile, seconds: number): Inject =>
  columns(file, [0], (ns) => Math.max(0, ns + seconds * 1e9));

export const walks = (mps: number): Inject => (flight, injection) => {
  moved((sinceS) => [0, mps * sinceS, 0])(flight, injection);
  changeColumns(flight, "gps.csv", [7], injection.span, (value) => value + mps);
};

export const takeoffMoved = (metres: readonly [number, number, number]): Inject => (flight) => {
  const { takeoff } = flight.description;
  if (takeoff === null) return;
  flight.description.takeoff = { ...takeoff, ...movedBy(takeoff, [...metres]) };
};

export const pictureOf = (delayS: number): Inject => (flight, { span }) => {
  const rows = flight.streams["frames.csv"].map((row) => [...row]);
  for (const row of rowsWithin(flight, "frames.csv", span)) {
    const wantedNs = Number(row[1]) - delayS * 1e9;
    row[3] = (rows.findLast((each) => Number(each[1]) <= wantedNs + 1e8) ?? rows[0])[3];
  }
};

export const all = (...lies: readonly Inject[]): Inject => async (flight, injection) => {
  for (const lie of lies) await lie(flight, injection);
};

/** Seconds within which the flight description's camera is turned, about its body's axis. */
export const mounted = (axis: 1 | 2 | 3, degrees: number): Inject => ({ description }) => {
  const { camera } = description;
  const turned = quaternionMultiply(turn(axis, degrees), camera.bodyFromCamera);
  description.camera = { ...camera, bodyFromCamera: [...turned] };
};

export const focal = (factor: number): Inject => ({ description }) => {
  const { fxPx, fyPx } = description.camera;
  description.camera = { ...description.camera, fxPx: fxPx * factor, fyPx: fyPx * factor };
};

/** A lie that begins at once and ends before the other ones begin. */
export const atFirst = (inject: Inject, seconds = 3): Inject => (flight, injection) =>
  inject(flight, { ...injection, span: { fromS: 0, toS: seconds } });
