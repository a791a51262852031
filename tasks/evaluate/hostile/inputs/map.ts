/**
 * A map that is not where it says.
 *
 * @module
 */
import {
  LocalFrame,
  quaternionMultiply,
  rotate,
  type Vector3,
  type WgsPosition,
} from "../../../../src/core/mod.ts";
import { GRAVITY_MPS2 } from "../../../../src/navigation/state_estimator/propagation.ts";
import { type FlightRows, type Row } from "../flight_rows.ts";
import { changeColumns, decimal, type HostileInput } from "../input.ts";
import { quaternionOf, turn, writeQuaternion } from "./attitude.ts";
import { movedBy, moveRow } from "./gps.ts";
import { always } from "./start.ts";

/**
 * The map lies `metres` off: everything but the map moves the other way, take-off, GPS and truth.
 */
function mapMoved(name: string, about: string, metres: Vector3, gps: boolean): HostileInput {
  return always(`map.${name}`, about, (flight) => {
    const back: Vector3 = [-metres[0], -metres[1], -metres[2]];
    const { takeoff } = flight.description;
    if (takeoff !== null) flight.description.takeoff = { ...takeoff, ...movedBy(takeoff, back) };
    for (const row of flight.streams["gps.csv"]) {
      if (row[2] !== "none") moveRow(row, [3, 4, 5], back);
    }
    for (const row of flight.streams["truth.csv"]) moveRow(row, [1, 2, 3], back);
  }, gps);
}

/** Height above the ground of the flights. */
const AGL_M = 130;

/** The world apart from the map, about the first place of the truth, horizontally. */
function worldChanged(
  flight: FlightRows,
  change: (local: Vector3) => Vector3,
): void {
  const { streams, description } = flight;
  const place = (row: Row, [latitude, longitude, height]: readonly number[]): WgsPosition => ({
    latitudeDeg: Number(row[latitude]),
    longitudeDeg: Number(row[longitude]),
    heightM: Number(row[height]),
  });
  const frame = new LocalFrame(place(streams["truth.csv"][0], [1, 2, 3]));
  const changed = (position: WgsPosition) => {
    const [east, north, up] = frame.localFromWgs(position);
    const [e, n] = change([east, north, 0]);
    return frame.wgsFromLocal([e, n, up]);
  };
  const changeRow = (row: Row, columns: readonly number[]) => {
    const { latitudeDeg, longitudeDeg } = changed(place(row, columns));
    row[columns[0]] = decimal(latitudeDeg);
    row[columns[1]] = decimal(longitudeDeg);
  };
  for (const row of streams["truth.csv"]) changeRow(row, [1, 2, 3]);
  for (const row of streams["gps.csv"]) {
    if (row[2] === "none") continue;
    changeRow(row, [3, 4, 5]);
    const [east, north] = change([Number(row[6]), Number(row[7]), 0]);
    row[6] = decimal(east);
    row[7] = decimal(north);
  }
  if (description.takeoff !== null) {
    description.takeoff = { ...description.takeoff, ...changed(description.takeoff) };
  }
}

/** The map is turned by `degrees`: everything else is turned the other way. */
function mapTurned(degrees: number, gps: boolean): HostileInput {
  const name = `map.turned_${degrees}${gps ? "_gps" : ""}`;
  return always(name, `turned by ${degrees}°${gps ? ", GPS present" : ""}`, (flight) => {
    const back = turn(3, -degrees);
    worldChanged(flight, (local) => rotate(back, local));
    for (const row of flight.streams["attitude.csv"]) {
      writeQuaternion(row, quaternionMultiply(back, quaternionOf(row)));
    }
  }, gps);
}

/**
 * The map is larger by `factor`: the aircraft flies so much less far, accelerations included, over ground that is so
 * much nearer that its pictures stay.
 */
function mapScaled(factor: number, gps: boolean): HostileInput {
  const name = `map.scaled_${factor}${gps ? "_gps" : ""}`;
  return always(name, `× ${factor}${gps ? ", GPS present" : ""}`, (flight) => {
    worldChanged(flight, ([east, north, up]) => [east / factor, north / factor, up]);
    const attitudes = flight.streams["attitude.csv"];
    let next = 0;
    for (const row of flight.streams["imu.csv"]) {
      while (next + 1 < attitudes.length && Number(attitudes[next + 1][0]) <= Number(row[0])) {
        next++;
      }
      const localFromBody = quaternionOf(attitudes[next]);
      const force = rotate(localFromBody, [2, 3, 4].map((i) => Number(row[i])) as never);
      const accelerated: Vector3 = [force[0], force[1], force[2] - GRAVITY_MPS2];
      const [w, x, y, z] = localFromBody;
      const change = rotate([w, -x, -y, -z], accelerated.map((a) => a * (1 / factor - 1)) as never);
      change.forEach((value, i) => row[2 + i] = decimal(Number(row[2 + i]) + value));
    }
    // Over the height that the first moment has above the ground.
    const down = AGL_M * (1 / factor - 1), all = { fromS: 0, toS: Infinity };
    const [{ length }, first] = [flight.streams["baro.csv"], flight.streams["baro.csv"][0]];
    if (length > 0) {
      const startM = Number(first[2]);
      const lower = (height: number) => startM + down + (height - startM) / factor;
      changeColumns(flight, "baro.csv", [2], all, lower);
      changeColumns(flight, "gps.csv", [5], all, lower);
      changeColumns(flight, "gps.csv", [8], all, (up) => up / factor);
      changeColumns(flight, "truth.csv", [3], all, lower);
      const { takeoff } = flight.description;
      if (takeoff !== null) {
        flight.description.takeoff = { ...takeoff, heightM: takeoff.heightM + down };
      }
    }
  }, gps);
}

export const MAP_INPUTS: readonly HostileInput[] = [
  mapMoved("shifted_40", "shifted by 40 m, GPS for the first second", [0, 40, 0], false),
  mapMoved("shifted_15", "shifted by 15 m, GPS for the first second", [15, 0, 0], false),
  mapMoved("shifted_40_gps", "shifted by 40 m, GPS present", [40, 0, 0], true),
  mapMoved("shifted_15_gps", "shifted by 15 m, GPS present", [0, -15, 0], true),
  mapMoved("shifted_100_gps", "shifted by 100 m, GPS present", [0, 100, 0], true),
  always("map.ground_40_low", "ground given 40 m too high", (flight) => {
    raise(flight, -40);
  }),
  always("map.ground_40_high", "ground given 40 m too low", (flight) => {
    raise(flight, 40);
  }),
  always("map.ground_15_low", "ground given 15 m too high", (flight) => {
    raise(flight, -15);
  }),
  always("map.ground_15_high", "ground given 15 m too low", (flight) => {
    raise(flight, 15);
  }),
  mapTurned(3, false),
  mapTurned(3, true),
  mapScaled(1.03, false),
  mapScaled(1.03, true),
];

/** Take-off, barometer, GPS and truth stand over a ground that is in truth `metres` higher. */
function raise(flight: FlightRows, metres: number): void {
  const { takeoff } = flight.description;
  if (takeoff !== null) {
    flight.description.takeoff = { ...takeoff, heightM: takeoff.heightM + metres };
  }
  const all = { fromS: 0, toS: Infinity };
  changeColumns(flight, "baro.csv", [2], all, (height) => height + metres);
  changeColumns(flight, "gps.csv", [5], all, (height) => height + metres);
  changeColumns(flight, "truth.csv", [3], all, (height) => height + metres);
}
