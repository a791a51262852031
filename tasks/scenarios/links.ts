/**
 * Scenarios of the line to the flight controller, and of what its firmware wants.
 *
 * @module
 */
import {
  ALWAYS,
  errorAtMost,
  lagAtMost,
  NO_SILENCE,
  OUTPUT_RATE,
  ownErrorAtMost,
  takenAtLeast,
} from "./checks.ts";
import type { Check, Scenario } from "./contract.ts";
import { atMost, controllerTexts, delayS, isTrue, recordsOf } from "./measures.ts";

const GPS_LOST = ["--start-in-air", "--gps-off", "10.."];

const flown = (fromS: number, barM: number) => errorAtMost("1.1", fromS, Infinity, barM);

const IMU_MESSAGES = [27, 105, 26, 116];
const GRANTED = 0, DENIED = 2;
const SET_MESSAGE_INTERVAL = 511, SET_EKF_SOURCE_SET = 42007, EXTERNAL_POSITION = 43003;

const granted: Check = {
  criterion: "Plane at 40 Hz",
  what: "an IMU rate is asked for that the firmware grants",
  bar: "granted",
  measure: ({ lines }) => {
    const asked = lines.filter(({ type, command, parameters }) =>
      type === "command" && command === SET_MESSAGE_INTERVAL &&
      IMU_MESSAGES.includes((parameters as number[])[0])
    );
    const isGranted = asked.some(({ result }) => result === GRANTED);
    const denied = asked.filter(({ result }) => result === DENIED).length;
    return isTrue(isGranted, `${isGranted ? "granted" : "never granted"} after ${denied} denials`);
  },
};

const OUTPUT_SETTING = "GDN_FLIGHT_CONTROLLER__ARDUPILOT_OUTPUT";

const FIRMWARES: readonly Scenario[] = [
  {
    name: "Plane",
    controller: [...GPS_LOST, "--firmware", "ardupilot-plane"],
    durationS: 40,
    checks: [...ALWAYS, granted, flown(12, 20), ownErrorAtMost("two receivers", 20, 40, 20)],
  },
  {
    name: "Plane by position reports",
    controller: [...GPS_LOST, "--firmware", "ardupilot-plane"],
    settings: { [OUTPUT_SETTING]: "external_position" },
    durationS: 45,
    checks: [
      ALWAYS[0],
      ALWAYS[1],
      {
        criterion: "43003",
        what: "MAV_CMD_EXTERNAL_POSITION_ESTIMATE, once GPS is lost: granted",
        bar: "≥ 20, of ≥ 90 %",
        measure: ({ lines }) => {
          const sent = lines.filter(({ type, command, timeS }) =>
            type === "command" && command === EXTERNAL_POSITION && timeS > 14
          );
          const taken = sent.filter(({ result }) => result === GRANTED).length;
          const passes = taken >= 20 && taken >= 0.9 * sent.length;
          return isTrue(passes, `${taken} of ${sent.length}`);
        },
      },
      {
        criterion: "43003",
        what: "the flight controller's own position after 20 s, error at the reports, worst",
        bar: "≤ 40 m",
        measure: ({ lines }) => {
          const errors = lines.filter(({ type, command, timeS }) =>
            type === "command" && command === EXTERNAL_POSITION && timeS > 20
          ).map(({ ekfErrorM }) => Number(ekfErrorM));
          return atMost(errors.length === 0 ? null : Math.max(...errors), 40, "m");
        },
      },
    ],
  },
  {
    name: "external navigation",
    controller: GPS_LOST,
    settings: { [OUTPUT_SETTING]: "odometry" },
    durationS: 40,
    checks: [
      ALWAYS[0],
      ALWAYS[1],
      {
        criterion: "source set",
        what: "MAV_CMD_SET_EKF_SOURCE_SET 2 after GPS is lost",
        bar: "≤ 4 s, granted",
        measure: ({ lines }) => {
          const sets = lines.filter(({ type, command, parameters, result }) =>
            type === "command" && command === SET_EKF_SOURCE_SET &&
            (parameters as number[])[0] === 2 && result === GRANTED
          );
          return atMost(delayS(sets, 10), 4, "s");
        },
      },
      takenAtLeast("ODOMETRY", 20, 90),
      ownErrorAtMost("ODOMETRY", 20, 40, 20),
    ],
  },
  {
    name: "PX4",
    controller: [...GPS_LOST, "--firmware", "px4"],
    fly: ["--autopilot", "px4"],
    durationS: 40,
    checks: [
      ...ALWAYS,
      flown(12, 20),
      takenAtLeast("message 296", 20, 90),
      ownErrorAtMost("message 296", 20, 40, 20),
    ],
  },
  {
    name: "iNav",
    // It has no receiver but ours: the operator says where it stands.
    controller: ["--firmware", "inav", "--ground", "12", "--climb", "15"],
    fly: ["--autopilot", "inav", "--start", "{place},30"],
    durationS: 40,
    checks: [
      ...ALWAYS,
      flown(12, 30),
      OUTPUT_RATE,
      takenAtLeast("MSP2_SENSOR_GPS", 20, 90),
      ownErrorAtMost("MSP2_SENSOR_GPS", 20, 40, 30),
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

const CUT_S = { from: 18, to: 24 };

const LINES: readonly Scenario[] = [
  {
    name: "link cut and restored",
    controller: [...GPS_LOST, "--link-cut", `${CUT_S.from}..${CUT_S.to}`],
    durationS: 40,
    checks: [
      ...ALWAYS,
      {
        criterion: "link",
        what: "a position again after the cut",
        bar: "≤ 1 s",
        measure: ({ positions }) => atMost(delayS(positions, CUT_S.to), 1, "s"),
      },
      {
        criterion: "link",
        what: "a position with a fix again after the cut",
        bar: "≤ 15 s",
        measure: ({ positions }) =>
          atMost(delayS(positions.filter(({ fixType }) => fixType >= 2), CUT_S.to), 15, "s"),
      },
      {
        criterion: "5.2",
        what: "over 3 s without an estimate: in the record, from and to",
        bar: "≥ 3 s",
        measure: (evidence) => {
          const [gap] = recordsOf(evidence, "nav.estimate_gap");
          if (gap === undefined) return isTrue(false, "no record");
          const seconds = (Number(gap.payload.toNs) - Number(gap.payload.fromNs)) / 1e9;
          const reason = String(gap.payload.reason);
          return {
            text: `${seconds.toFixed(1)} s, ${reason}`,
            value: seconds,
            passes: seconds >= 3,
          };
        },
      },
      {
        criterion: "5.2",
        what: "the controller flies on by its IMU meanwhile: error after the cut, fail-safes",
        bar: "≤ 60 m, none",
        measure: (evidence) => {
          const [first] = evidence.positions.filter(({ timeS }) => timeS >= CUT_S.to);
          const failsafes = controllerTexts(evidence, /EKF variance|failsafe/i).length;
          const figure = atMost(first?.ekfErrorM ?? null, 60, "m");
          return {
            ...figure,
            text: `${figure.text}, ${failsafes}`,
            passes: figure.passes && failsafes === 0,
          };
        },
      },
      flown(24, 50),
    ],
  },
  {
    name: "signed line",
    controller: [...GPS_LOST, "--noise", "0.03"],
    durationS: 40,
    isSigned: true,
    checks: [...ALWAYS, flown(12, 20), OUTPUT_RATE],
  },
  {
    name: "bad line",
    controller: [
      ...GPS_LOST,
      ...["--noise", "0.03", "--reorder", "0.03", "--jitter", "5", "--mixed-versions"],
      "--second-system",
    ],
    durationS: 40,
    checks: [...ALWAYS, flown(12, 20), OUTPUT_RATE, NO_SILENCE, lagAtMost(12, 50)],
  },
  {
    name: "wrong clock",
    controller: [...GPS_LOST, "--wrong-clock", "-86400", "--clock-skew", "100"],
    durationS: 30,
    checks: [
      ...ALWAYS,
      flown(12, 20),
      lagAtMost(12, 40),
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
];

export const LINKS: readonly Scenario[] = [...FIRMWARES, ...LINES];
