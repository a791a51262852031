/**
 * What the state estimator promises where neither pictures nor GPS come from 30 s on, and what it keeps: error and
 * radius of 95 % after so many seconds on the IMU alone. With a bias of the accelerometer that begins then: m/s², forward.
 *
 * usage: deno run -A tests/bench/dark_flight.ts [--seeds N] [--bias M]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { LocalFrame } from "../../src/core/mod.ts";
import { Eskf } from "../../src/navigation/state_estimator/mod.ts";
import { FLIGHT_IMU_HZ, FLIGHT_ORIGIN, pathOf } from "../support/estimator_path.ts";
import { feed, makeScenario, type Message } from "../unit/state_estimator_scenario.ts";

const { values: given } = parseArgs({
  options: {
    seeds: { type: "string", default: "12" },
    bias: { type: "string", default: "0" },
  },
});

const DARK_FROM_S = 30;
const LOOKS_S = [2, 5, 10, 15, 20, 30];
const START_NS = 1e9;

interface Look {
  readonly errorM: number;
  readonly radiusM: number;
  readonly nees: number;
}

function biased(message: Message, biasMps2: number): Message {
  if (message.kind !== "imu") return message;
  const [forward, right, down] = message.value.specificForceMps2;
  const value = { ...message.value, specificForceMps2: [forward + biasMps2, right, down] as const };
  return { ...message, value };
}

function fly(aircraft: "fixed_wing" | "multirotor", seed: number, biasMps2: number): Look[] {
  const path = pathOf({ seed, aircraft, durationS: DARK_FROM_S + 32 });
  const options = { seed, path, imuHz: FLIGHT_IMU_HZ, latencyS: 0.05, anchorEveryFrames: 2 };
  const scenario = makeScenario(options);
  const estimator = new Eskf({ localFrame: new LocalFrame(FLIGHT_ORIGIN) });
  const [east, north, up] = path[0].position;
  estimator.setTakeoffOrigin({ positionLocalM: [east + 3, north - 3, up] }, 5, 5);
  const looks: Look[] = [];
  for (const message of scenario.messages) {
    const darkS = (message.arrivalNs - START_NS) / 1e9 - DARK_FROM_S;
    if (darkS > 0 && (message.kind === "vio" || message.kind === "anchor")) continue;
    feed(estimator, darkS > 0 ? biased(message, biasMps2) : message);
    if (message.kind !== "attitude" || !(darkS >= LOOKS_S[looks.length])) continue;
    const { positionLocalM, covariance: c, horizontal95M } = estimator.estimateAt(
      message.value.timeNs,
    );
    const truth = scenario.truthAt(message.value.timeNs).position;
    const [x, y] = [positionLocalM[0] - truth[0], positionLocalM[1] - truth[1]];
    looks.push({
      errorM: Math.hypot(x, y),
      radiusM: horizontal95M,
      nees: (c[7] * x * x - 2 * c[1] * x * y + c[0] * y * y) / (c[0] * c[7] - c[1] ** 2),
    });
  }
  return looks;
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

for (const aircraft of ["fixed_wing", "multirotor"] as const) {
  const flights = Array.from(
    { length: Number(given.seeds) },
    (_, i) => fly(aircraft, i + 1, Number(given.bias)),
  );
  for (const [i, lookS] of LOOKS_S.entries()) {
    const looks = flights.map((flight) => flight[i]);
    const errorsM = looks.map(({ errorM }) => errorM);
    console.log(
      [
        `${aircraft}, ${lookS} s dark:`,
        `error median ${median(errorsM).toFixed(1)}, worst ${Math.max(...errorsM).toFixed(1)} m;`,
        `r95 ${median(looks.map(({ radiusM }) => radiusM)).toFixed(1)} m;`,
        `NEES ${(looks.reduce((sum, { nees }) => sum + nees, 0) / looks.length).toFixed(2)};`,
        `most ${
          Math.max(...looks.map(({ errorM, radiusM }) => errorM / radiusM)).toFixed(2)
        } radii`,
      ].join(" "),
    );
  }
}
