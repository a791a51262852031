/**
 * Lies in bursts, for the first three seconds, and from the first moment on.
 *
 * @module
 */
import { decimal, delayColumns, type HostileInput, rowsWithin } from "../input.ts";
import { quaternionOf } from "./attitude.ts";
import { moved } from "./gps.ts";
import {
  atFirst,
  BLACK,
  columns,
  FROM_START,
  IMU,
  inBursts,
  pictureOf,
  redrawn,
  stays,
  turnedBody,
  turnedLocal,
} from "./lies.ts";

export const BURST_INPUTS: readonly HostileInput[] = [
  stays(
    "bursts.imu",
    "30 m/s² and 30 rad/s on all axes for 0.3 s of 2 s",
    inBursts(columns("imu.csv", IMU, () => 30)),
  ),
  stays(
    "bursts.gyroscope",
    "gz 1 rad/s too much for 0.3 s of 2 s",
    inBursts(columns("imu.csv", [7], (v) => v + 1)),
  ),
  stays("bursts.attitude", "30° of roll for 0.3 s of 2 s", inBursts(turnedBody(1, () => 30))),
  stays("bursts.yaw", "60° of yaw for 0.3 s of 2 s", inBursts(turnedLocal(60))),
  stays(
    "bursts.barometer",
    "25 m too high for 0.3 s of 2 s",
    inBursts(columns("baro.csv", [2], (v) => v + 25)),
  ),
  stays("bursts.gps", "15 m off for 0.3 s of 2 s", inBursts(moved(() => [15, 0, 0])), {
    gps: true,
  }),
  stays("bursts.pictures_black", "black for 0.3 s of 2 s", inBursts(BLACK)),
  stays("bursts.pictures_old", "those of 2 s ago for 0.3 s of 2 s", inBursts(pictureOf(2))),
  stays(
    "bursts.pictures_mirrored",
    "mirrored for 0.3 s of 2 s",
    inBursts(redrawn((p) => p.flop())),
  ),
  stays(
    "first.gz",
    "gz 0.3 rad/s too much for the first 3 s",
    atFirst(columns("imu.csv", [7], (v) => v + 0.3)),
    FROM_START,
  ),
  stays(
    "first.ax",
    "ax 3 m/s² too much for the first 3 s",
    atFirst(columns("imu.csv", [2], (v) => v + 3)),
    FROM_START,
  ),
  stays(
    "first.yaw",
    "turned by 90° of yaw for the first 3 s",
    atFirst(turnedLocal(90)),
    FROM_START,
  ),
  stays(
    "first.yaw_20",
    "turned by 20° of yaw for the first 1.2 s",
    atFirst(turnedLocal(20), 1.2),
    FROM_START,
  ),
  stays(
    "first.roll",
    "25° of roll for the first 0.3 s",
    atFirst(turnedBody(1, () => 25), 0.3),
    FROM_START,
  ),
  stays(
    "first.pitch",
    "20° of pitch for the first 0.5 s",
    atFirst(turnedBody(2, () => -20), 0.5),
    FROM_START,
  ),
  stays(
    "first.barometer",
    "30 m too low for the first 3 s",
    atFirst(columns("baro.csv", [2], (v) => v - 30)),
    FROM_START,
  ),
  stays("first.pictures", "black for the first 3 s", atFirst(BLACK), FROM_START),
  stays(
    "always.gx",
    "gx 0.05 rad/s too much from the start",
    columns("imu.csv", [5], (v) => v + 0.05),
    FROM_START,
  ),
  stays(
    "always.ay",
    "ay 1 m/s² too much from the start",
    columns("imu.csv", [3], (v) => v + 1),
    FROM_START,
  ),
  stays("always.imu_turned", "the IMU built in turned by 90° about down", (flight, { span }) => {
    for (const row of rowsWithin(flight, "imu.csv", span)) {
      for (const [x, y] of [[2, 3], [5, 6]]) [row[x], row[y]] = [row[y], decimal(-Number(row[x]))];
    }
  }, FROM_START),
  stays(
    "always.imu_flu",
    "the IMU in forward, left, up from the start",
    columns("imu.csv", [3, 4, 6, 7], (v) => -v),
    FROM_START,
  ),
  stays("always.imu_old", "an IMU 0.2 s late from the start", (flight, { span }) => {
    delayColumns(flight, "imu.csv", IMU, span, 0.2);
  }, FROM_START),
  stays("always.attitude_old", "an attitude 0.5 s late from the start", (flight, { span }) => {
    delayColumns(flight, "attitude.csv", [2, 3, 4, 5], span, 0.5);
  }, FROM_START),
  stays("always.declination", "magnetic instead of true north: 9°", turnedLocal(-9), FROM_START),
  stays(
    "always.roll_3",
    "the controller built in 3° of roll off",
    turnedBody(1, () => 3),
    FROM_START,
  ),
  stays("always.linear_acceleration", "accelerations without gravity", (flight, { span }) => {
    let next = 0;
    const attitudes = flight.streams["attitude.csv"];
    for (const row of rowsWithin(flight, "imu.csv", span)) {
      while (next + 1 < attitudes.length && Number(attitudes[next + 1][0]) <= Number(row[0])) {
        next++;
      }
      const [w, x, y, z] = quaternionOf(attitudes[next]);
      // Up in axes of the body: what gravity adds to each.
      const up = [2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z];
      up.forEach((part, i) => row[2 + i] = decimal(Number(row[2 + i]) - 9.80665 * part));
    }
  }, FROM_START),
];
