/**
 * Two inputs that lie at once, by other causes than those of together.ts.
 *
 * @module
 */
import type { Row } from "../flight_rows.ts";
import { changeColumns, type HostileInput, rowsWithin } from "../input.ts";
import { moved, moveRow } from "./gps.ts";
import {
  all,
  BLACK,
  columns,
  focal,
  FROM_START,
  mounted,
  pictureOf,
  stays,
  takeoffMoved,
  turnedBody,
  turnedLocal,
  walks,
} from "./lies.ts";

export const TWO_INPUTS: readonly HostileInput[] = [
  stays(
    "together.late_pictures_and_gps",
    "pictures 0.5 s old, GPS walks at 1 m/s",
    all(pictureOf(0.5), walks(1)),
    { gps: true, slow: true },
  ),
  stays(
    "together.camera_and_yaw",
    "the camera mounted 15° of yaw off, the compass as much the other way",
    all(mounted(3, 15), turnedLocal(15)),
    FROM_START,
  ),
  stays(
    "together.focal_and_height",
    "a focal length × 1.1 and a take-off 13 m too high",
    all(
      focal(1.1),
      takeoffMoved([0, 0, 13]),
      (flight) =>
        flight.streams["gps.csv"].forEach((row) =>
          row[2] !== "none" && moveRow(row, [3, 4, 5], [0, 0, 13])
        ),
    ),
    FROM_START,
  ),
  stays(
    "together.start_and_yaw",
    "100 m off and turned by 20°",
    all(takeoffMoved([80, -60, 0]), turnedLocal(20), (flight) => {
      flight.streams["gps.csv"] = [];
    }),
    FROM_START,
  ),
  stays(
    "together.start_and_camera",
    "60 m off, the camera 10° of pitch off",
    all(takeoffMoved([-60, 0, 0]), mounted(2, 10), (flight) => {
      flight.streams["gps.csv"] = [];
    }),
    FROM_START,
  ),
  stays(
    "together.black_and_gyroscope",
    "black, gz 0.05 rad/s too much",
    all(BLACK, columns("imu.csv", [7], (v) => v + 0.05)),
  ),
  stays(
    "together.black_and_ax",
    "black, ax 0.5 m/s² too much",
    all(BLACK, columns("imu.csv", [2], (v) => v + 0.5)),
  ),
  stays(
    "together.black_and_attitude",
    "black, 5° of roll too much",
    all(BLACK, turnedBody(1, () => 5)),
  ),
  stays("together.black_and_gps_2", "black, GPS walks at 2 m/s", all(BLACK, walks(2)), {
    gps: true,
    slow: true,
  }),
  stays(
    "together.black_and_gps_circle",
    "black, GPS circles by 25 m in 30 s",
    all(BLACK, (flight, injection) => {
      const [r, w] = [25, 2 * Math.PI / 30];
      moved((s) => [r * Math.sin(w * s), r * (1 - Math.cos(w * s)), 0])(flight, injection);
      changeColumns(flight, "gps.csv", [6], injection.span, (v, s) => v + r * w * Math.cos(w * s));
      changeColumns(flight, "gps.csv", [7], injection.span, (v, s) => v + r * w * Math.sin(w * s));
    }),
    { gps: true, slow: true },
  ),
  stays(
    "together.frozen_and_gps",
    "the picture frozen, GPS walks at 1 m/s",
    all((flight, { span }) => {
      const [first, ...rest] = rowsWithin(flight, "frames.csv", span);
      for (const row of rest) row[3] = first[3];
    }, walks(1)),
    { gps: true },
  ),
  stays("together.gps_from_start", "GPS walks at 0.5 m/s from the first second on", walks(0.5), {
    ...FROM_START,
    gps: true,
    slow: true,
  }),
  stays(
    "together.barometer_and_no_gps_height",
    "the barometer stuck, GPS height 20 m too high",
    all((flight, { span }) => {
      const rows: Row[] = rowsWithin(flight, "baro.csv", span);
      for (const row of rows) row[2] = rows[0][2];
    }, moved(() => [0, 0, 20])),
    { gps: true },
  ),
];
