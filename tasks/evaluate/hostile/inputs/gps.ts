/**
 * A GPS that lies, and says that all is well.
 *
 * @module
 */
import { LocalFrame, type Vector3, type WgsPosition } from "../../../../src/core/mod.ts";
import { type FlightRows, type Row, timeS } from "../flight_rows.ts";
import {
  changeColumns,
  decimal,
  delayColumns,
  deliveryInputs,
  DURATIONS_S,
  holdColumns,
  type HostileInput,
  type Injection,
  rowsWithin,
} from "../input.ts";

const FILE = "gps.csv";
const POSITION = [3, 4, 5];
const VELOCITY = [6, 7, 8];
const SIGMA = [9, 10];

function gps(
  name: string,
  about: string,
  inject: (flight: FlightRows, injection: Injection) => void,
  more: Partial<HostileInput> = {},
): HostileInput {
  return { name: `gps.${name}`, about, durationsS: DURATIONS_S, gps: true, inject, ...more };
}

/** Moves by so many metres east, north, up. */
export function movedBy(position: WgsPosition, metres: Vector3): WgsPosition {
  return new LocalFrame(position).wgsFromLocal(metres);
}

export function moveRow(row: Row, columns: readonly number[], metres: Vector3): void {
  const [latitude, longitude, height] = columns;
  const moved = movedBy({
    latitudeDeg: Number(row[latitude]),
    longitudeDeg: Number(row[longitude]),
    heightM: Number(row[height]),
  }, metres);
  row[latitude] = decimal(moved.latitudeDeg);
  row[longitude] = decimal(moved.longitudeDeg);
  row[height] = decimal(moved.heightM);
}

function moved(offset: (sinceS: number, injection: Injection) => Vector3) {
  return (flight: FlightRows, injection: Injection) => {
    for (const row of rowsWithin(flight, FILE, injection.span)) {
      if (row[2] === "none") continue;
      moveRow(row, POSITION, offset(timeS(FILE, row) - injection.span.fromS, injection));
    }
  };
}

/** Walks away north-east, its velocity with it. */
function walk(speedMps: number): HostileInput {
  const each = speedMps * Math.SQRT1_2;
  return gps(
    `walk_${speedMps}`,
    `walks away at ${speedMps} m/s, its velocity with it`,
    (flight, injection) => {
      moved((sinceS) => [each * sinceS, each * sinceS, 0])(flight, injection);
      changeColumns(flight, FILE, [6, 7], injection.span, (value) => value + each);
    },
    { durationsS: [Infinity], slow: true },
  );
}

export const GPS_INPUTS: readonly HostileInput[] = [
  ...[0.2, 0.5, 1, 2, 5].map(walk),
  gps("jump_30", "30 m off at once", moved(() => [30, 0, 0])),
  gps("jump_300", "300 m off at once", moved(() => [0, -300, 0])),
  gps("height_50", "50 m too high", moved(() => [0, 0, 50])),
  gps("circle", "circles by 25 m", moved((s) => [25 * Math.sin(s), 25 * (1 - Math.cos(s)), 0])),
  gps("frozen", "position and velocity frozen", (flight, { span }) => {
    holdColumns(flight, FILE, [...POSITION, ...VELOCITY], span);
  }),
  gps("replayed", "what it said 5 s ago", (flight, { span }) => {
    delayColumns(flight, FILE, [...POSITION, ...VELOCITY], span, 5);
  }),
  gps("velocity_flipped", "sign of its velocity flipped", (flight, { span }) => {
    changeColumns(flight, FILE, VELOCITY, span, (value) => -value);
  }),
  gps("velocity_zero", "velocity always zero", (flight, { span }) => {
    changeColumns(flight, FILE, VELOCITY, span, () => 0);
  }),
  gps("velocity_scaled", "velocity × 2: knots for m/s", (flight, { span }) => {
    changeColumns(flight, FILE, VELOCITY, span, (value) => value * 2);
  }),
  gps(
    "noise",
    "30 m of noise, with the sigma of before",
    moved((_, { random }) => [30 * random.normal(), 30 * random.normal(), 30 * random.normal()]),
  ),
  gps("sigma_zero", "says that it is right to a millimetre", (flight, { span }) => {
    changeColumns(flight, FILE, SIGMA, span, () => 0.001);
  }),
  gps(
    "jump_30_sure",
    "30 m off at once, sure to 0.1 m",
    (flight, injection) => {
      moved(() => [-30, 0, 0])(flight, injection);
      changeColumns(flight, FILE, SIGMA, injection.span, () => 0.1);
    },
  ),
  gps("exchanged", "latitude and longitude exchanged", (flight, { span }) => {
    for (const row of rowsWithin(flight, FILE, span)) {
      const latitude = Number(row[3]), longitude = Number(row[4]);
      row[3] = decimal(Math.max(-90, Math.min(90, longitude)));
      row[4] = decimal(latitude);
    }
  }),
  gps("null_island", "0° N 0° E with a 3D fix", (flight, { span }) => {
    changeColumns(flight, FILE, [3, 4], span, () => 0);
  }),
  gps(
    "jump_40_from_start",
    "40 m off from the start, as the take-off position",
    (flight, injection) => {
      moved(() => [0, 40, 0])(flight, injection);
      const { takeoff } = flight.description;
      if (takeoff !== null) {
        flight.description.takeoff = { ...takeoff, ...movedBy(takeoff, [0, 40, 0]) };
      }
    },
    { fromStart: true, durationsS: [Infinity] },
  ),
  ...deliveryInputs("gps", FILE, { gps: true, payload: [...POSITION, ...VELOCITY] }),
];
