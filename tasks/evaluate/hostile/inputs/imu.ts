/**
 * An IMU that lies.
 *
 * @module
 */
import {
  changeColumns,
  deliveryInputs,
  DURATIONS_S,
  holdColumns,
  type HostileInput,
  type Injection,
} from "../input.ts";
import type { FlightRows } from "../flight_rows.ts";

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
  ...deliveryInputs("imu", FILE, { payload: ALL }),
];
