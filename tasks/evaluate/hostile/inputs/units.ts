/**
 * Other units, datums and clocks.
 *
 * @module
 */
import { decimal, type HostileInput, rowsWithin } from "../input.ts";
import { moved, moveRow } from "./gps.ts";
import {
  all,
  columns,
  controllerClock,
  DAY_S,
  FROM_START,
  stamped,
  stays,
  takeoffMoved,
} from "./lies.ts";

const RATE = [5, 6, 7];
const truncated = (value: number) => Math.trunc(value * 1e4) / 1e4;

export const UNIT_INPUTS: readonly HostileInput[] = [
  stays("units.barometer_feet", "feet for metres", columns("baro.csv", [2], (v) => v * 3.28084)),
  stays("units.rate_halved", "rates halved", columns("imu.csv", RATE, (v) => v / 2)),
  stays(
    "units.feet",
    "GPS velocity in feet a second",
    columns("gps.csv", [6, 7, 8], (v) => v * 3.28084),
    { gps: true },
  ),
  stays("units.gps_truncated", "truncated to 0.0001°", columns("gps.csv", [3, 4], truncated), {
    gps: true,
  }),
  stays(
    "units.gps_truncated_start",
    "truncated to 0.0001° from the start, the take-off position too",
    (flight, injection) => {
      columns("gps.csv", [3, 4], truncated)(flight, injection);
      const { takeoff } = flight.description;
      if (takeoff === null) return;
      const [latitudeDeg, longitudeDeg] = [takeoff.latitudeDeg, takeoff.longitudeDeg].map(
        truncated,
      );
      flight.description.takeoff = { ...takeoff, latitudeDeg, longitudeDeg };
    },
    { ...FROM_START, gps: true },
  ),
  stays(
    "units.geoid",
    "GPS heights above the geoid from the start: 45 m lower",
    columns("gps.csv", [5], (v) => v - 45),
    { ...FROM_START, gps: true },
  ),
  stays("units.geoid_start", "take-off above the geoid: 45 m lower", (flight, injection) => {
    takeoffMoved([0, 0, -45])(flight, injection);
    flight.streams["gps.csv"].forEach((row) =>
      row[2] !== "none" && moveRow(row, [3, 4, 5], [0, 0, -45])
    );
  }, FROM_START),
  stays(
    "units.datum",
    "GPS and take-off of another datum: 90 m off",
    all(moved(() => [-75, 50, 0]), takeoffMoved([-75, 50, 0])),
    { ...FROM_START, gps: true },
  ),
  stays("units.course", "GPS velocity as seen from the aircraft", (flight, { span }) => {
    for (const row of rowsWithin(flight, "gps.csv", span)) {
      const speed = Math.hypot(Number(row[6]), Number(row[7]));
      [row[6], row[7]] = [decimal(speed), "0"];
    }
  }, { gps: true }),
];

export const OTHER_CLOCK_INPUTS: readonly HostileInput[] = [
  stays(
    "clock.day_ahead",
    "the controller's clock jumps a day ahead",
    controllerClock((ns) => ns + DAY_S * 1e9),
  ),
  stays("clock.back", "the controller's clock jumps 5 s back", controllerClock((ns) => ns - 5e9)),
  stays(
    "clock.begins_anew",
    "the controller's clock begins anew at 0",
    controllerClock((_, sinceS) => sinceS * 1e9),
  ),
  stays("clock.imu_back", "stamps of the IMU alone jump 1 s back", stamped("imu.csv", -1)),
  stays(
    "clock.attitude_ahead",
    "stamps of the attitude alone 0.5 s ahead",
    stamped("attitude.csv", 0.5),
  ),
  stays(
    "clock.attitude_day",
    "stamps of the attitude alone a day ahead",
    stamped("attitude.csv", DAY_S),
  ),
  stays("clock.gps_back", "stamps of GPS alone 2 s back", stamped("gps.csv", -2), { gps: true }),
  stays("clock.barometer_back", "stamps of the barometer alone 4 s back", stamped("baro.csv", -4)),
  stays(
    "clock.wanders",
    "the controller's stamps wander by 0.3 s in 6 s",
    controllerClock((ns, s) => ns + 0.3e9 * Math.sin(Math.PI * s / 3)),
  ),
];
