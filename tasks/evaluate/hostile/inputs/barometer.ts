/**
 * A barometer that lies.
 *
 * @module
 */
import {
  changeColumns,
  deliveryInputs,
  DURATIONS_S,
  holdColumns,
  type HostileInput,
} from "../input.ts";
import type { Injection } from "../input.ts";
import type { FlightRows } from "../flight_rows.ts";

const FILE = "baro.csv";
const HEIGHT = [2];

function barometer(
  name: string,
  about: string,
  inject: (flight: FlightRows, injection: Injection) => void,
  more: Partial<HostileInput> = {},
): HostileInput {
  return { name: `barometer.${name}`, about, durationsS: DURATIONS_S, gps: false, inject, ...more };
}

function changed(
  name: string,
  about: string,
  change: (heightM: number, sinceS: number) => number,
  more: Partial<HostileInput> = {},
): HostileInput {
  return barometer(
    name,
    about,
    (flight, { span }) => changeColumns(flight, FILE, HEIGHT, span, change),
    more,
  );
}

export const BAROMETER_INPUTS: readonly HostileInput[] = [
  changed("drift_1", "drifts by 1 m/s", (height, sinceS) => height + sinceS, {
    durationsS: [Infinity],
    slow: true,
  }),
  changed("drift_down_3", "drifts down by 3 m/s", (height, sinceS) => height - 3 * sinceS, {
    durationsS: [2, Infinity],
  }),
  changed("jump_50", "50 m too high at once", (height) => height + 50),
  changed("jump_down_50", "50 m too low at once", (height) => height - 50),
  changed("scaled", "× 1.2: feet and metres mixed", (height) => height * 1.2),
  changed("zero", "zero", () => 0),
  changed("flipped", "sign flipped", (height) => -height),
  changed("far", "20 km", () => 20_000),
  barometer("stuck", "stuck", (flight, { span }) => holdColumns(flight, FILE, HEIGHT, span)),
  barometer("noise", "20 m of noise", (flight, { span, random }) => {
    changeColumns(flight, FILE, HEIGHT, span, (height) => height + 20 * random.normal());
  }),
  ...deliveryInputs("barometer", FILE, { payload: HEIGHT }),
];
