/**
 * Scenarios of the line to the flight controller, and of what its firmware wants.
 *
 * @module
 */
import type { Check, Scenario } from "./contract.ts";
import { ALWAYS } from "./criteria.ts";
import {
  atLeast,
  atMost,
  delayS,
  errorsM,
  gapsMs,
  isTrue,
  part,
  positionsBetween,
  recordsOf,
  worst,
} from "./measures.ts";

const GPS_LOST = ["--start-in-air", "--gps-off", "10.."];

const flown = (fromS: number, bar: number): Check => ({
  criterion: "1.1",
  what: `error of the positions after ${fromS} s, worst`,
  bar: `≤ ${bar} m`,
  measure: (evidence) => atMost(worst(errorsM(evidence, fromS, Infinity)), bar, "m"),
});

const IMU_MESSAGES = [27, 105, 26, 116];
const GRANTED = 0, DENIED = 2;

const granted: Check = {
  criterion: "Plane at 40 Hz",
  what: "an IMU rate is asked for that the firmware grants",
  bar: "granted",
  measure: ({ lines }) => {
    const asked = lines.filter(({ type, command, parameters }) =>
      type === "command" && command === 511 && IMU_MESSAGES.includes((parameters as number[])[0])
    );
    const isGranted = asked.some(({ result }) => result === GRANTED);
    const denied = asked.filter(({ result }) => result === DENIED).length;
    return isTrue(isGranted, `${isGranted ? "granted" : "never granted"} after ${denied} denials`);
  },
};

export const LINKS: readonly Scenario[] = [
  {
    name: "Plane",
    controller: [...GPS_LOST, "--firmware", "ardupilot-plane"],
    durationS: 40,
    checks: [...ALWAYS, granted, flown(12, 20)],
  },
  {
    name: "PX4",
    controller: [...GPS_LOST, "--firmware", "px4"],
    fly: ["--autopilot", "px4"],
    durationS: 40,
    checks: [
      ...ALWAYS,
      flown(12, 20),
      {
        criterion: "message 296",
        what: "positions that EKF2 takes in after GPS is lost",
        bar: "≥ 90 %",
        measure: (evidence) => {
          const after = positionsBetween(evidence, 20, Infinity);
          const taken = after.filter(({ made }) => made === "fused" || made === "reset");
          return atLeast(after.length === 0 ? null : 100 * taken.length / after.length, 90, "%");
        },
      },
      {
        criterion: "message 296",
        what: "the flight controller's own position, worst after 20 s",
        bar: "≤ 20 m",
        measure: (evidence) =>
          atMost(
            worst(positionsBetween(evidence, 20, Infinity).map((one) => one.ekfErrorM)),
            20,
            "m",
          ),
      },
    ],
  },
  {
    name: "iNav",
    // It has no receiver but ours: the operator says where it stands.
    controller: ["--firmware", "inav", "--ground", "12", "--climb", "15"],
    fly: ["--autopilot", "inav", "--start", "48.50233,34.99365,30"],
    durationS: 40,
    checks: [
      ...ALWAYS,
      flown(12, 30),
      {
        criterion: "4.4",
        what: "gap between positions, p95",
        bar: "≤ 120 ms",
        measure: (evidence) => atMost(part(gapsMs(evidence, 1, Infinity), 0.95), 120, "ms"),
      },
      {
        criterion: "MSP2_SENSOR_GPS",
        what: "positions that iNav flies by, from 20 s on",
        bar: "≥ 90 %",
        measure: (evidence) => {
          const after = positionsBetween(evidence, 20, Infinity);
          const taken = after.filter(({ made }) => made === "fused" || made === "reset");
          return atLeast(after.length === 0 ? null : 100 * taken.length / after.length, 90, "%");
        },
      },
      {
        criterion: "MSP2_SENSOR_GPS",
        what: "the flight controller's own position, worst after 20 s",
        bar: "≤ 30 m",
        measure: (evidence) =>
          atMost(
            worst(positionsBetween(evidence, 20, Infinity).map((one) => one.ekfErrorM)),
            30,
            "m",
          ),
      },
    ],
  },
  {
    name: "link cut and restored",
    controller: [...GPS_LOST, "--link-cut", "18..24"],
    durationS: 40,
    checks: [
      ...ALWAYS,
      {
        criterion: "link",
        what: "a position again after the cut",
        bar: "≤ 1 s",
        measure: ({ positions }) => atMost(delayS(positions, 24), 1, "s"),
      },
      {
        criterion: "link",
        what: "a position with a fix again after the cut",
        bar: "≤ 15 s",
        measure: ({ positions }) =>
          atMost(delayS(positions.filter(({ fixType }) => fixType >= 2), 24), 15, "s"),
      },
      flown(24, 50),
    ],
  },
  {
    name: "signed line",
    controller: [...GPS_LOST, "--noise", "0.03"],
    durationS: 40,
    isSigned: true,
    checks: [...ALWAYS, flown(12, 20)],
  },
  {
    name: "bad line",
    controller: [
      ...GPS_LOST,
      ...["--noise", "0.03", "--reorder", "0.03", "--jitter", "5", "--mixed-versions"],
      "--second-system",
    ],
    durationS: 40,
    checks: [
      ...ALWAYS,
      flown(12, 20),
      {
        criterion: "4.4",
        what: "gap between positions, p95",
        bar: "≤ 120 ms",
        measure: (evidence) => atMost(part(gapsMs(evidence, 1, Infinity), 0.95), 120, "ms"),
      },
    ],
  },
  {
    name: "wrong clock",
    controller: [...GPS_LOST, "--wrong-clock", "-86400"],
    durationS: 30,
    checks: [
      ...ALWAYS,
      flown(12, 20),
      {
        criterion: "wrong clock",
        what: "no time is sent from a clock that does not agree with the controller's",
        bar: "time_week 0",
        measure: ({ positions }) => {
          const told = positions.filter(({ fields }) => Number(fields.timeWeek) > 0);
          return isTrue(told.length === 0, `${told.length} positions with a week`);
        },
      },
    ],
  },
  {
    name: "only receiver",
    controller: ["--companion-receiver", "only", "--ground", "12", "--climb", "15"],
    // EKF3 begins with nothing as bad as 6 m: the crew knows the place where it stands.
    fly: ["--start", "{place},10"],
    durationS: 25,
    checks: [
      ...ALWAYS,
      {
        criterion: "fix_type 1",
        what: "EKF3 starts and uses the companion's positions",
        bar: "used",
        measure: ({ positions }) => {
          const used = positions.find(({ made }) => made === "fused" || made === "reset");
          const last = positions.at(-1)?.why;
          return isTrue(
            used !== undefined,
            used === undefined ? `never: ${last}` : `${used.timeS.toFixed(1)} s`,
          );
        },
      },
      {
        criterion: "honest output",
        what: "own positions are not taken for GPS: demotions or promotions",
        bar: "0",
        measure: (evidence) => atMost(recordsOf(evidence, "c5.gps_demoted").length, 0, "times"),
      },
    ],
  },
];
