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

export function moved(offset: (sinceS: number, injection: Injection) => Vector3) {
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

/** Moves along a line or a curve, its velocity with it: both in metres east, north, up. */
function wander(
  name: string,
  about: string,
  offset: (sinceS: number) => Vector3,
  more: Partial<HostileInput> = {},
): HostileInput {
  return gps(
    name,
    about,
    (flight, injection) => {
      moved(offset)(flight, injection);
      VELOCITY.forEach((column, axis) => {
        changeColumns(
          flight,
          FILE,
          [column],
          injection.span,
          (value, sinceS) =>
            value + (offset(sinceS + 0.01)[axis] - offset(sinceS - 0.01)[axis]) / 0.02,
        );
      });
    },
    { durationsS: [Infinity], slow: true, ...more },
  );
}

/** Places of the span as seen from the flight's first one. */
function seenFromStart(change: (local: Vector3) => Vector3) {
  return (flight: FlightRows, { span }: Injection) => {
    const rows = flight.streams[FILE].filter((row) => row[2] !== "none");
    if (rows.length === 0) return;
    const place = (row: Row) => ({
      latitudeDeg: Number(row[3]),
      longitudeDeg: Number(row[4]),
      heightM: Number(row[5]),
    });
    const frame = new LocalFrame(place(rows[0]));
    for (const row of rowsWithin(flight, FILE, span)) {
      if (row[2] === "none") continue;
      const { latitudeDeg, longitudeDeg, heightM } = frame.wgsFromLocal(
        change(frame.localFromWgs(place(row))),
      );
      [latitudeDeg, longitudeDeg, heightM].forEach((value, i) => row[POSITION[i]] = decimal(value));
      const velocity = VELOCITY.map((column) => Number(row[column])) as unknown as Vector3;
      change(velocity).forEach((value, i) => row[VELOCITY[i]] = decimal(value));
    }
  };
}

const [COS_5, SIN_5] = [Math.cos(Math.PI / 36), Math.sin(Math.PI / 36)];

/** What a spoofer does that knows the limits, and what a bad antenna does. */
const SLIGHT_INPUTS: readonly HostileInput[] = [
  wander("accelerates", "walks away, by 0.05 m/s² faster and faster", (s) => [0.025 * s * s, 0, 0]),
  wander("height_walk", "climbs by 1 m/s more than it does", (s) => [0, 0, s]),
  wander(
    "sway",
    "sways by 25 m in 40 s",
    (s) => [0, 25 * Math.sin(Math.PI * s / 20), 0],
  ),
  wander(
    "weave",
    "walks 12 m off in 20 s, stays so for 20 s, comes back",
    (s) => [0, -Math.max(0, Math.min(12, 0.6 * s, 0.6 * (60 - s))), 0],
  ),
  gps("walk_sigma", "walks away at 1 m/s; its sigma grows for 30 s and shrinks again", (
    flight,
    injection,
  ) => {
    walk(1).inject(flight, injection);
    changeColumns(
      flight,
      FILE,
      SIGMA,
      injection.span,
      (sigma, s) => sigma + 0.4 * Math.max(0, Math.min(s, 60 - s)),
    );
  }, { durationsS: [Infinity], slow: true }),
  gps(
    "turned_5",
    "turned by 5° about the start",
    seenFromStart(([east, north, up]) => [
      COS_5 * east - SIN_5 * north,
      SIN_5 * east + COS_5 * north,
      up,
    ]),
    { durationsS: [Infinity], slow: true },
  ),
  gps(
    "scaled_1.05",
    "5 % further from the start",
    seenFromStart(([east, north, up]) => [
      1.05 * east,
      1.05 * north,
      up,
    ]),
    { durationsS: [Infinity], slow: true },
  ),
  gps("hops", "20 m off for 2 s every 10 s", moved((s) => [s % 10 < 2 ? 20 : 0, 0, 0]), {
    durationsS: [Infinity],
    slow: true,
  }),
  gps("hops_10", "10 m off for 1 s every 2 s", moved((s) => [0, s % 2 < 1 ? 10 : 0, 0]), {
    durationsS: [Infinity],
  }),
  gps("jump_8", "8 m off at once", moved(() => [0, 8, 0]), { durationsS: [2, Infinity] }),
  gps("velocity_bias", "its velocity 1.5 m/s too far east", (flight, { span }) => {
    changeColumns(flight, FILE, [VELOCITY[0]], span, (value) => value + 1.5);
  }, { durationsS: [2, Infinity] }),
  gps("coarse", "rounded to 0.0001°", (flight, { span }) => {
    changeColumns(flight, FILE, [3, 4], span, (value) => Math.round(value * 1e4) / 1e4);
  }, { durationsS: [2, Infinity] }),
  gps(
    "noise_6",
    "6 m of noise, with the sigma of before",
    moved((_, { random }) => [6 * random.normal(), 6 * random.normal(), 6 * random.normal()]),
    { durationsS: [2, Infinity] },
  ),
  gps("old_3", "values of 3 s ago under the times of now", (flight, { span }) => {
    delayColumns(flight, FILE, [...POSITION, ...VELOCITY], span, 3);
  }, { durationsS: [2, Infinity] }),
  gps("old_0.4", "values of 0.4 s ago under the times of now", (flight, { span }) => {
    delayColumns(flight, FILE, [...POSITION, ...VELOCITY], span, 0.4);
  }, { durationsS: [Infinity] }),
];

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
  ...SLIGHT_INPUTS,
  ...deliveryInputs("gps", FILE, { gps: true, payload: [...POSITION, ...VELOCITY] }),
];
