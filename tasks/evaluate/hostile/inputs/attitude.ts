/**
 * An attitude of the flight controller that lies.
 *
 * @module
 */
import {
  localFromBody,
  type Quaternion,
  quaternionMultiply,
  quaternionNormalise,
  radiansFromDegrees,
  rollPitchYaw,
} from "../../../../src/core/mod.ts";
import { type FlightRows, type Row, timeS } from "../flight_rows.ts";
import {
  decimal,
  deliveryInputs,
  DURATIONS_S,
  holdColumns,
  type HostileInput,
  type Injection,
  rowsWithin,
} from "../input.ts";

const FILE = "attitude.csv";
const QUATERNION = [2, 3, 4, 5];

function attitude(
  name: string,
  about: string,
  inject: (flight: FlightRows, injection: Injection) => void,
  more: Partial<HostileInput> = {},
): HostileInput {
  return {
    name: `attitude.${name}`,
    about,
    durationsS: DURATIONS_S,
    gps: false,
    inject,
    ...more,
  };
}

/** Of half the angle about one axis (1 x, 2 y, 3 z). */
function turn(axis: 1 | 2 | 3, degrees: number): Quaternion {
  const half = radiansFromDegrees(degrees) / 2;
  const q = [Math.cos(half), 0, 0, 0];
  q[axis] = Math.sin(half);
  return q as unknown as Quaternion;
}

/** `local` turns about axes of the local frame, `body` about those of the aircraft. */
function turned(
  change: (sinceS: number, injection: Injection) => { local?: Quaternion; body?: Quaternion },
) {
  return (flight: FlightRows, injection: Injection) => {
    for (const row of rowsWithin(flight, FILE, injection.span)) {
      const { local, body } = change(timeS(FILE, row) - injection.span.fromS, injection);
      let q = quaternionOf(row);
      if (local !== undefined) q = quaternionMultiply(local, q);
      if (body !== undefined) q = quaternionMultiply(q, body);
      writeQuaternion(row, q);
    }
  };
}

function quaternionOf(row: Row): Quaternion {
  return QUATERNION.map((column) => Number(row[column])) as unknown as Quaternion;
}

function writeQuaternion(row: Row, q: Quaternion): void {
  quaternionNormalise(q).forEach((part, i) => row[QUATERNION[i]] = decimal(part));
}

const FROM_START = { fromStart: true, durationsS: [Infinity] } as const;

export const ATTITUDE_INPUTS: readonly HostileInput[] = [
  attitude("yaw_180", "turned by 180° of yaw", turned(() => ({ local: turn(3, 180) }))),
  attitude(
    "yaw_180_from_start",
    "turned by 180° of yaw from the start",
    turned(() => ({ local: turn(3, 180) })),
    FROM_START,
  ),
  attitude("yaw_30", "turned by 30° of yaw", turned(() => ({ local: turn(3, 30) }))),
  attitude(
    "yaw_30_from_start",
    "turned by 30° of yaw from the start",
    turned(() => ({ local: turn(3, 30) })),
    FROM_START,
  ),
  attitude(
    "yaw_drift",
    "yaw drifts by 2°/s",
    turned((sinceS) => ({ local: turn(3, 2 * sinceS) })),
    { durationsS: [Infinity] },
  ),
  attitude("roll_20", "20° of roll too much", turned(() => ({ body: turn(1, 20) }))),
  attitude("pitch_10", "10° of pitch too much", turned(() => ({ body: turn(2, 10) }))),
  attitude("level", "always level, with the right yaw", (flight, { span }) => {
    for (const row of rowsWithin(flight, FILE, span)) {
      const { yawRad } = rollPitchYaw(quaternionOf(row));
      writeQuaternion(row, localFromBody({ rollRad: 0, pitchRad: 0, yawRad }));
    }
  }),
  attitude("upside_down", "roll of 180° too much", turned(() => ({ body: turn(1, 180) }))),
  attitude(
    "conjugate",
    "the inverse rotation: body from local",
    (flight, { span }) => {
      for (const row of rowsWithin(flight, FILE, span)) {
        for (const column of [3, 4, 5]) row[column] = decimal(-Number(row[column]));
      }
    },
  ),
  attitude("stuck", "stuck", (flight, { span }) => holdColumns(flight, FILE, QUATERNION, span)),
  attitude(
    "noise",
    "10° of noise about every axis",
    turned((_, { random }) => ({
      body: quaternionMultiply(
        turn(1, 10 * random.normal()),
        quaternionMultiply(turn(2, 10 * random.normal()), turn(3, 10 * random.normal())),
      ),
    })),
  ),
  ...deliveryInputs("attitude", FILE, { payload: QUATERNION }),
];
