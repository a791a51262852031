/**
 * An IMU that lies.
 *
 * @module
 */
import { type Vector3 } from "../../../../src/core/mod.ts";
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
  within,
} from "../input.ts";
import { type FlightRows, timeS } from "../flight_rows.ts";

const FILE = "imu.csv";
const ACCELERATION = [2, 3, 4];
const RATE = [5, 6, 7];
const ALL = [...ACCELERATION, ...RATE];
/** Full range of common sensors: 16 g, 2000 °/s. */
const FULL_ACCELERATION_MPS2 = 156.9;
const FULL_RATE_RPS = 34.9;

function imu(
  name: string,
  about: string,
  inject: (flight: FlightRows, injection: Injection) => void,
  durationsS: readonly number[] = DURATIONS_S,
): HostileInput {
  return { name: `imu.${name}`, about, durationsS, gps: false, inject };
}

function column(
  name: string,
  about: string,
  columns: readonly number[],
  change: (value: number, sinceS: number) => number,
): HostileInput {
  return imu(name, about, (flight, { span }) => changeColumns(flight, FILE, columns, span, change));
}

function noise(name: string, columns: readonly number[], sigma: number, unit: string) {
  return imu(
    name,
    `white noise of ${sigma} ${unit} a sample`,
    (flight, { span, random }) =>
      changeColumns(flight, FILE, columns, span, (value) => value + sigma * random.normal()),
  );
}

/** What is too small for a look at one sample: for a while, and to the end. */
function slight(
  name: string,
  about: string,
  inject: (flight: FlightRows, injection: Injection) => void,
): HostileInput {
  return imu(name, about, inject, [2, Infinity]);
}

function slightColumn(
  name: string,
  about: string,
  columns: readonly number[],
  change: (value: number, sinceS: number) => number,
): HostileInput {
  return { ...column(name, about, columns, change), durationsS: [2, Infinity] };
}

/** Both sensors, as vectors of the body. */
function vectors(change: (vector: Vector3) => Vector3) {
  return (flight: FlightRows, { span }: Injection) => {
    for (const row of rowsWithin(flight, FILE, span)) {
      for (const columns of [ACCELERATION, RATE]) {
        const given = columns.map((index) => Number(row[index])) as unknown as Vector3;
        change(given).forEach((value, i) => row[columns[i]] = decimal(value));
      }
    }
  };
}

function tilted(degrees: number): HostileInput {
  const c = Math.cos(degrees * Math.PI / 180), s = Math.sin(degrees * Math.PI / 180);
  return slight(
    `tilted_${degrees}`,
    `come loose: turned by ${degrees}° about its y axis`,
    vectors(([x, y, z]) => [c * x + s * z, y, c * z - s * x]),
  );
}

/** Rows of the span for which `keep` does not hold are lost. */
function lost(keep: (sinceS: number, index: number) => boolean) {
  return (flight: FlightRows, { span }: Injection) => {
    let index = 0;
    flight.streams[FILE] = flight.streams[FILE].filter((row) =>
      !within(FILE, row, span) || keep(timeS(FILE, row) - span.fromS, index++)
    );
  };
}

const VIBRATION_HZ = 47;
const vibration = (sinceS: number) => Math.sin(2 * Math.PI * VIBRATION_HZ * sinceS);
const RANGE_2_G = 2 * 9.80665;
const clipped = (value: number) => Math.max(-RANGE_2_G, Math.min(RANGE_2_G, value));

/** Below what a single look at the samples can find. */
const SLIGHT_INPUTS: readonly HostileInput[] = [
  slightColumn("ax.bias_0.3", "ax 0.3 m/s² too much", [2], (value) => value + 0.3),
  slightColumn("ay.bias_1", "ay 1 m/s² too much", [3], (value) => value + 1),
  slightColumn("az.bias_1", "az 1 m/s² too much", [4], (value) => value + 1),
  slightColumn("gx.bias_0.01", "gx 0.01 rad/s too much", [5], (value) => value + 0.01),
  slightColumn("gy.bias_0.03", "gy 0.03 rad/s too much", [6], (value) => value + 0.03),
  slightColumn("gz.bias_0.05", "gz 0.05 rad/s too much", [7], (value) => value + 0.05),
  slightColumn("ax.walk", "ax drifts by 0.1 m/s² a second", [2], (v, sinceS) => v + 0.1 * sinceS),
  slightColumn("gz.dead", "gz zero", [7], () => 0),
  slightColumn("rate.scaled_1.1", "all rates × 1.1", RATE, (value) => value * 1.1),
  slightColumn("acceleration.scaled_1.05", "accelerations × 1.05", ACCELERATION, (v) => v * 1.05),
  slight("axes_exchanged", "x and y exchanged", vectors(([x, y, z]) => [y, x, z])),
  tilted(5),
  tilted(15),
  slight("coarse", "rounded to 1 m/s² and 0.1 rad/s", (flight, { span }) => {
    changeColumns(flight, FILE, ACCELERATION, span, Math.round);
    changeColumns(flight, FILE, RATE, span, (value) => Math.round(value * 10) / 10);
  }),
  slightColumn(
    "vibration",
    `20 m/s² at ${VIBRATION_HZ} Hz`,
    ACCELERATION,
    (value, sinceS) => value + 20 * vibration(sinceS),
  ),
  slightColumn(
    "vibration_clipped",
    `30 m/s² at ${VIBRATION_HZ} Hz, clipped at 2 g`,
    ACCELERATION,
    (value, sinceS) => clipped(value + 30 * vibration(sinceS)),
  ),
  slight("old_0.1", "values of 0.1 s ago under the times of now", (flight, { span }) => {
    delayColumns(flight, FILE, ALL, span, 0.1);
  }),
  slight("old_0.3", "values of 0.3 s ago under the times of now", (flight, { span }) => {
    delayColumns(flight, FILE, ALL, span, 0.3);
  }),
  slightColumn(
    "clock_fast",
    "its clock alone runs 2 % fast",
    [0],
    (ns, sinceS) => Math.round(ns + 0.02e9 * sinceS),
  ),
  slight("tenth", "one row of ten comes", lost((_, index) => index % 10 === 0)),
  slight("gaps", "0.2 s of every second are missing", lost((sinceS) => sinceS % 1 >= 0.2)),
];

export const IMU_INPUTS: readonly HostileInput[] = [
  column("ax.full_scale", "ax at the end of its range", [2], () => FULL_ACCELERATION_MPS2),
  column("ay.full_scale", "ay at the end of its range", [3], () => -FULL_ACCELERATION_MPS2),
  column("az.full_scale", "az at the end of its range", [4], () => FULL_ACCELERATION_MPS2),
  column("gx.full_scale", "gx at the end of its range", [5], () => FULL_RATE_RPS),
  column("gz.full_scale", "gz at the end of its range", [7], () => FULL_RATE_RPS),
  column("ax.bias", "ax 3 m/s² too much", [2], (value) => value + 3),
  column("gz.bias", "gz 0.3 rad/s too much", [7], (value) => value + 0.3),
  column("gy.bias", "gy 0.1 rad/s too much", [6], (value) => value + 0.1),
  column("ax.flipped", "sign of ax flipped", [2], (value) => -value),
  column("gx.flipped", "sign of gx flipped", [5], (value) => -value),
  column("gz.flipped", "sign of gz flipped", [7], (value) => -value),
  column("yz.flipped", "y and z flipped: FLU taken for FRD", [3, 4, 6, 7], (value) => -value),
  column("acceleration.scaled", "all accelerations × 1.2", ACCELERATION, (value) => value * 1.2),
  column("acceleration.in_g", "accelerations in g", ACCELERATION, (value) => value / 9.80665),
  column("rate.in_degrees", "rates in °/s", RATE, (value) => value * 180 / Math.PI),
  column("rate.scaled", "all rates × 1.5", RATE, (value) => value * 1.5),
  column("zero", "zeros", ALL, () => 0),
  column("free_fall", "no acceleration", ACCELERATION, () => 0),
  imu("stuck", "all axes stuck", (flight, { span }) => holdColumns(flight, FILE, ALL, span)),
  imu("rate.stuck", "rates stuck", (flight, { span }) => holdColumns(flight, FILE, RATE, span)),
  imu("ax.stuck", "ax stuck", (flight, { span }) => holdColumns(flight, FILE, [2], span)),
  noise("acceleration.noise", ACCELERATION, 10, "m/s²"),
  noise("rate.noise", RATE, 1, "rad/s"),
  ...SLIGHT_INPUTS,
  ...deliveryInputs("imu", FILE, { payload: ALL }),
];
