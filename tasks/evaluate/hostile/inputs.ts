/**
 * All inputs that lie.
 *
 * @module
 */
import { ATTITUDE_INPUTS } from "./inputs/attitude.ts";
import { BURST_INPUTS } from "./inputs/bursts.ts";
import { DRAWN_INPUTS } from "./inputs/drawn.ts";
import { TWO_INPUTS } from "./inputs/two_at_once.ts";
import { OTHER_CLOCK_INPUTS, UNIT_INPUTS } from "./inputs/units.ts";
import { BAROMETER_INPUTS } from "./inputs/barometer.ts";
import { GPS_INPUTS } from "./inputs/gps.ts";
import { IMU_INPUTS } from "./inputs/imu.ts";
import { PICTURE_INPUTS } from "./inputs/pictures.ts";
import { MAP_INPUTS } from "./inputs/map.ts";
import { CAMERA_INPUTS, CLOCK_INPUTS, START_INPUTS } from "./inputs/start.ts";
import { TILE_INPUTS } from "./inputs/tiles.ts";
import { TOGETHER_INPUTS } from "./inputs/together.ts";
import type { HostileInput } from "./input.ts";

/** For comparison. */
const HONEST: readonly HostileInput[] = [
  { name: "honest", about: "nothing lies", durationsS: [Infinity], gps: false, inject() {} },
  {
    name: "honest.gps",
    about: "nothing lies, GPS",
    durationsS: [Infinity],
    gps: true,
    inject() {},
  },
];

export const HOSTILE_INPUTS: readonly HostileInput[] = [
  ...HONEST,
  ...GPS_INPUTS,
  ...IMU_INPUTS,
  ...ATTITUDE_INPUTS,
  ...BAROMETER_INPUTS,
  ...PICTURE_INPUTS,
  ...START_INPUTS,
  ...MAP_INPUTS,
  ...TILE_INPUTS,
  ...CAMERA_INPUTS,
  ...CLOCK_INPUTS,
  ...TOGETHER_INPUTS,
  ...BURST_INPUTS,
  ...UNIT_INPUTS,
  ...OTHER_CLOCK_INPUTS,
  ...DRAWN_INPUTS,
  ...TWO_INPUTS,
];
