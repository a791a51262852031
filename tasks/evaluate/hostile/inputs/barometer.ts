/**
 * A barometer that lies.
 *
 * @module
 */
import {
  changeColumns,
  delayColumns,
  deliveryInputs,
  DURATIONS_S,
  holdColumns,
  type HostileInput,
} from "../input.ts";
import type { Injection, Span } from "../input.ts";
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

/** Another pressure at the ground than was set: no GPS tells the height, not even in the first second. */
function reference(metres: number): HostileInput {
  const name = metres > 0 ? `reference_${metres}` : `reference_down_${-metres}`;
  return {
    name: `barometer.${name}`,
    about: `${metres} m from its first sample on, without GPS`,
    durationsS: [Infinity],
    gps: false,
    fromStart: true,
    inject(flight, { span }) {
      changeColumns(flight, FILE, HEIGHT, span, (height) => height + metres);
      flight.streams["gps.csv"] = [];
    },
  };
}

/** Wrong for a part of the flight, without GPS: its first second, or all but that. */
function referenceWithin(name: string, about: string, span: Span, metres: number): HostileInput {
  return {
    ...reference(metres),
    name: `barometer.${name}`,
    about,
    inject(flight) {
      changeColumns(flight, FILE, HEIGHT, span, (height) => height + metres);
      flight.streams["gps.csv"] = [];
    },
  };
}

const FIRST_SECOND = { fromS: 0, toS: 1 }, AFTER_IT = { fromS: 1, toS: Infinity };

const REFERENCE_INPUTS: readonly HostileInput[] = [
  ...[8, 15, 25, 60, 300, -15, -25, -60].map(reference),
  referenceWithin("first_second", "40 m too high for the first second", FIRST_SECOND, 40),
  referenceWithin("first_second_right", "40 m too high after the first second", AFTER_IT, 40),
  {
    ...reference(60),
    name: "barometer.reference_60_gps",
    about: "60 m from its first sample on, a second of GPS",
    inject: (flight, { span }) =>
      changeColumns(flight, FILE, HEIGHT, span, (height) => height + 60),
  },
];

const LASTS = { durationsS: [2, Infinity] } as const;
const STAYS = { durationsS: [Infinity] } as const;

/** Below a jump, slower than a run-away, within a gate. */
const SLIGHT_INPUTS: readonly HostileInput[] = [
  changed("drift_0.3", "drifts by 0.3 m/s", (height, sinceS) => height + 0.3 * sinceS, {
    ...STAYS,
    slow: true,
  }),
  changed("scaled_1.05", "× 1.05: a warm day", (height) => height * 1.05, LASTS),
  changed("jump_8", "8 m too high at once", (height) => height + 8, LASTS),
  changed(
    "steps",
    "5 m too high for 3 s, then 5 m too low for 3 s",
    (height, sinceS) => height + (sinceS % 6 < 3 ? 5 : -5),
    STAYS,
  ),
  changed(
    "stairs",
    "5 m higher every 5 s",
    (height, sinceS) => height + 5 * Math.ceil(sinceS / 5),
    STAYS,
  ),
  changed(
    "sway",
    "sways by 15 m in 20 s",
    (height, sinceS) => height + 15 * Math.sin(Math.PI * sinceS / 10),
    STAYS,
  ),
  barometer("noise_10", "10 m of noise", (flight, { span, random }) => {
    changeColumns(flight, FILE, HEIGHT, span, (height) => height + 10 * random.normal());
  }, LASTS),
  barometer("old_2", "values of 2 s ago under the times of now", (flight, { span }) => {
    delayColumns(flight, FILE, HEIGHT, span, 2);
  }, LASTS),
];

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
  ...SLIGHT_INPUTS,
  ...REFERENCE_INPUTS,
  ...deliveryInputs("barometer", FILE, { payload: HEIGHT }),
];
