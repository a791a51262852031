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
  delayColumns,
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

/** About one axis (1 x, 2 y, 3 z). */
export function turn(axis: 1 | 2 | 3, degrees: number): Quaternion {
  const half = radiansFromDegrees(degrees) / 2;
  const q = [Math.cos(half), 0, 0, 0];
  q[axis] = Math.sin(half);
  return q as unknown as Quaternion;
}

/** `local` turns about axes of the local frame, `body` about those of the aircraft. */
export function turned(
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

export function quaternionOf(row: Row): Quaternion {
  return QUATERNION.map((column) => Number(row[column])) as unknown as Quaternion;
}

export function writeQuaternion(row: Row, q: Quaternion): void {
  quaternionNormalise(q).forEach((part, i) => row[QUATERNION[i]] = decimal(part));
}

/** Roll, pitch and yaw of each row of the span. */
function angles(
  change: (angles: ReturnType<typeof rollPitchYaw>) => Parameters<typeof localFromBody>[0],
) {
  return (flight: FlightRows, { span }: Injection) => {
    for (const row of rowsWithin(flight, FILE, span)) {
      writeQuaternion(row, localFromBody(change(rollPitchYaw(quaternionOf(row)))));
    }
  };
}

const FROM_START = { fromStart: true, durationsS: [Infinity] } as const;
const LASTS = { durationsS: [2, Infinity] } as const;
const STAYS = { durationsS: [Infinity] } as const;
/** Half a turn about the bisector of east and north: coordinates of the one frame in the other. */
const NED_FROM_ENU: Quaternion = [0, Math.SQRT1_2, Math.SQRT1_2, 0];

/** What looks like a flight: drifts, other conventions, a few degrees. */
const SLIGHT_INPUTS: readonly HostileInput[] = [
  attitude("yaw_15", "turned by 15° of yaw", turned(() => ({ local: turn(3, 15) })), LASTS),
  attitude(
    "yaw_drift_0.5",
    "yaw drifts by 0.5°/s",
    turned((sinceS) => ({ local: turn(3, 0.5 * sinceS) })),
    { ...STAYS, slow: true },
  ),
  attitude(
    "yaw_wander",
    "yaw sways by 15° in 10 s",
    turned((sinceS) => ({ local: turn(3, 15 * Math.sin(0.2 * Math.PI * sinceS)) })),
    STAYS,
  ),
  attitude(
    "roll_drift",
    "roll drifts by 0.5°/s",
    turned((sinceS) => ({ body: turn(1, 0.5 * sinceS) })),
    STAYS,
  ),
  attitude("roll_5", "5° of roll too much", turned(() => ({ body: turn(1, 5) })), LASTS),
  attitude(
    "exchanged",
    "roll and pitch exchanged",
    angles(({ rollRad, pitchRad, yawRad }) => ({ rollRad: pitchRad, pitchRad: rollRad, yawRad })),
    LASTS,
  ),
  attitude(
    "yaw_flipped",
    "sign of yaw flipped",
    angles(({ yawRad, ...others }) => ({ ...others, yawRad: -yawRad })),
    LASTS,
  ),
  attitude(
    "nwu_from_start",
    "in north, west, up instead of east, north, up from the start",
    turned(() => ({ local: turn(3, -90) })),
    FROM_START,
  ),
  attitude(
    "ned_from_start",
    "in north, east, down instead of east, north, up from the start",
    turned(() => ({ local: NED_FROM_ENU })),
    FROM_START,
  ),
  attitude("old_0.5", "values of 0.5 s ago under the times of now", (flight, { span }) => {
    delayColumns(flight, FILE, QUATERNION, span, 0.5);
  }, LASTS),
];

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
  ...SLIGHT_INPUTS,
  ...deliveryInputs("attitude", FILE, { payload: QUATERNION }),
];
