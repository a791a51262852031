/**
 * Several inputs that lie at once: by one cause, or by chance.
 *
 * @module
 */
import { changeColumns, holdColumns, type HostileInput, type Injection, within } from "../input.ts";
import type { FlightRows } from "../flight_rows.ts";
import { turn, turned } from "./attitude.ts";
import { moved } from "./gps.ts";
import { BLACK } from "./lies.ts";

type Lie = (flight: FlightRows, injection: Injection) => void | Promise<void>;

function together(
  name: string,
  about: string,
  lies: readonly Lie[],
  more: Partial<HostileInput> = {},
): HostileInput {
  return {
    name: `together.${name}`,
    about,
    durationsS: [2, Infinity],
    gps: false,
    async inject(flight, injection) {
      for (const lie of lies) await lie(flight, injection);
    },
    ...more,
  };
}

/** Columns of the IMU with something added. */
function added(columns: readonly number[], change: (sinceS: number) => number): Lie {
  return (flight, { span }) =>
    changeColumns(flight, "imu.csv", columns, span, (value, sinceS) => value + change(sinceS));
}

const heightDrifts = (mps: number): Lie => (flight, { span }) =>
  changeColumns(flight, "baro.csv", [2], span, (height, sinceS) => height + mps * sinceS);

const noPictures = (seconds: number): Lie => (flight, { span }) => {
  const dark = { fromS: span.fromS, toS: span.fromS + seconds };
  const frames = flight.streams["frames.csv"];
  flight.streams["frames.csv"] = frames.filter((row) => !within("frames.csv", row, dark));
  flight.streams["frames.csv"].forEach((row, i) => row[0] = String(i));
};

const walks = (mps: number): Lie => (flight, injection) => {
  moved((sinceS) => [mps * sinceS, 0, 0])(flight, injection);
  changeColumns(flight, "gps.csv", [6], injection.span, (value) => value + mps);
};

const BAROMETER_STUCK: Lie = (flight, { span }) => holdColumns(flight, "baro.csv", [2], span);

const DEGREES = 180 / Math.PI;
const STAYS = { durationsS: [Infinity] } as const;

export const TOGETHER_INPUTS: readonly HostileInput[] = [
  together("gyroscope_and_yaw", "gz 0.05 rad/s too much, and the yaw made of it", [
    // FRD: right about down is a yaw that falls.
    added([7], () => 0.05),
    turned((sinceS) => ({ local: turn(3, -0.05 * DEGREES * sinceS) })),
  ]),
  together("gyroscope_and_roll", "gx 0.03 rad/s too much, and the roll made of it", [
    added([5], () => 0.03),
    turned((sinceS) => ({ body: turn(1, 0.03 * DEGREES * sinceS) })),
  ]),
  together("all_axes_biased", "0.5 m/s² and 0.02 rad/s too much on every axis", [
    added([2, 3, 4], () => 0.5),
    added([5, 6, 7], () => 0.02),
  ]),
  together("bias_and_no_pictures", "ax 0.5 m/s² too much, no pictures for 5 s", [
    added([2], () => 0.5),
    noPictures(5),
  ], STAYS),
  together("yaw_and_no_pictures", "yaw turned by 20°, no pictures for 5 s", [
    turned(() => ({ local: turn(3, 20) })),
    noPictures(5),
  ], STAYS),
  together("bias_and_stuck_barometer", "az 0.5 m/s² too much, the barometer stuck", [
    added([4], () => 0.5),
    BAROMETER_STUCK,
  ]),
  together("bias_and_drifting_barometer", "ax 1 m/s² too much, the barometer drifts by 0.5 m/s", [
    added([2], () => 1),
    heightDrifts(0.5),
  ], STAYS),
  together("gps_and_barometer", "GPS walks at 0.5 m/s, the barometer climbs by 0.5 m/s", [
    walks(0.5),
    heightDrifts(0.5),
  ], { ...STAYS, gps: true, slow: true }),
  together("gps_and_yaw", "GPS walks at 1 m/s, yaw drifts by 0.5°/s", [
    walks(1),
    turned((sinceS) => ({ local: turn(3, 0.5 * sinceS) })),
  ], { ...STAYS, gps: true, slow: true }),
  together("gps_and_no_pictures", "GPS walks at 1 m/s, no pictures for 30 s", [
    walks(1),
    noPictures(30),
  ], { ...STAYS, gps: true, slow: true }),
  together("gps_and_black_pictures", "GPS walks at 1 m/s, all pictures are black", [
    walks(1),
    BLACK,
  ], { ...STAYS, gps: true }),
  together("gps_and_bias", "GPS walks at 0.5 m/s, ax 0.5 m/s² and gz 0.02 rad/s too much", [
    walks(0.5),
    added([2], () => 0.5),
    added([7], () => 0.02),
  ], { ...STAYS, gps: true, slow: true }),
];
