/**
 * Scenarios of the acceptance criteria.
 *
 * @module
 */
import type { Check, Scenario } from "./contract.ts";
import {
  atLeast,
  atMost,
  delayS,
  errorsM,
  frameLatenciesMs,
  gapsMs,
  isTrue,
  labelDelayS,
  part,
  positionsBetween,
  recordsOf,
  sourceSwitches,
  texts,
  worst,
} from "./measures.ts";

const IN_AIR = ["--start-in-air"];

/** What holds in every flight. */
export const ALWAYS: readonly Check[] = [
  {
    criterion: "exit",
    what: "both programs end with 0, and the record is whole",
    bar: "0, 0, complete",
    measure: ({ flyCode, controllerCode, recorded }) => {
      const verdicts = recorded.map(({ verdict }) => verdict);
      const passes = flyCode === 0 && controllerCode === 0 && verdicts.length === 1 &&
        verdicts[0] === "complete";
      return isTrue(passes, [flyCode, controllerCode, ...verdicts].join(", "));
    },
  },
  {
    criterion: "simulation",
    what: "the simulation itself behind its time, at worst",
    bar: "≤ 250 ms",
    measure: ({ lines }) => {
      const summary = lines.find(({ type }) => type === "summary");
      return atMost(summary === undefined ? null : Number(summary.lateMsMax), 250, "ms");
    },
  },
  {
    criterion: "honest output",
    what: "nothing that is not finite, fix_type never 0, velocity never left out",
    bar: "0 positions",
    measure: ({ positions }) => {
      const wrong = positions.filter(({ fields, fixType, message }) =>
        Object.values(fields).some((value) => !Number.isFinite(value)) || fixType === 0 ||
        message === "GPS_INPUT" && (Number(fields.ignoreFlags) & (8 | 16)) !== 0
      );
      return atMost(positions.length === 0 ? null : wrong.length, 0, "positions");
    },
  },
];

const OUTPUT_RATE: Check = {
  criterion: "4.4",
  what: "gap between positions, p95",
  bar: "≤ 120 ms",
  measure: (evidence) => atMost(part(gapsMs(evidence, 1, Infinity), 0.95), 120, "ms"),
};

const NO_SILENCE: Check = {
  criterion: "no silence",
  what: "longest gap between positions while flying",
  bar: "≤ 200 ms",
  measure: (evidence) => atMost(worst(gapsMs(evidence, 1, Infinity)), 200, "ms"),
};

export const CRITERIA: readonly Scenario[] = [
  {
    name: "gps lost",
    controller: [...IN_AIR, "--gps-off", "10.."],
    durationS: 45,
    checks: [
      ...ALWAYS,
      OUTPUT_RATE,
      NO_SILENCE,
      {
        criterion: "4.1",
        what: "exposure of a picture to the position that it is in, p95",
        bar: "≤ 400 ms",
        measure: (evidence) =>
          atMost(part(frameLatenciesMs(evidence, "exposure"), 0.95), 400, "ms"),
      },
      {
        criterion: "latency",
        what: "arrival of a picture to the position that it is in, p95",
        bar: "≤ 150 ms",
        measure: (evidence) => atMost(part(frameLatenciesMs(evidence, "arrival"), 0.95), 150, "ms"),
      },
      {
        criterion: "4.1",
        what: "frames dropped",
        bar: "≤ 10 %",
        measure: (evidence) => {
          const seen = recordsOf(evidence, "nav.state").length;
          const last = recordsOf(evidence, "frame.meta").at(-1)?.payload.sequence;
          if (typeof last !== "number") return atMost(null, 10, "%");
          return atMost(100 * (1 - seen / (last + 1)), 10, "%");
        },
      },
      {
        criterion: "1.1",
        what: "error of the positions without GPS, p95",
        bar: "≤ 20 m",
        measure: (evidence) => atMost(part(errorsM(evidence, 12, 45), 0.95), 20, "m"),
      },
      {
        criterion: "two receivers",
        what: "GPS_PRIMARY switched to ours after the signal was lost",
        bar: "≤ 4 s",
        measure: (evidence) => atMost(delayS(sourceSwitches(evidence, 1), 10), 4, "s"),
      },
      {
        criterion: "two receivers",
        what: "error of the flight controller's own position, worst after 15 s",
        bar: "≤ 20 m",
        measure: (evidence) =>
          atMost(worst(positionsBetween(evidence, 15, 45).map((one) => one.ekfErrorM)), 20, "m"),
      },
    ],
  },
  {
    name: "start on the ground",
    controller: ["--ground", "8", "--climb", "15", "--gps-off", "0.."],
    durationS: 15,
    checks: [
      ...ALWAYS,
      {
        criterion: "5.1",
        what: "first position with a fix, after the flight controller began",
        bar: "≤ 30 s",
        measure: ({ positions }) => {
          const first = positions.find(({ fixType }) => fixType >= 3);
          return atMost(first === undefined ? Infinity : first.timeS + 23, 30, "s");
        },
      },
      {
        criterion: "5.1",
        what: "its error",
        bar: "≤ 20 m",
        measure: ({ positions }) =>
          atMost(positions.find(({ fixType }) => fixType >= 3)?.errorM ?? null, 20, "m"),
      },
    ],
  },
  {
    name: "start without GPS",
    controller: [...IN_AIR, "--gps-off", "0.."],
    durationS: 40,
    checks: [
      ...ALWAYS,
      {
        criterion: "N1",
        what: "first position with a fix, anywhere on the map",
        bar: "≤ 30 s",
        measure: ({ positions }) =>
          atMost(positions.find(({ fixType }) => fixType >= 3)?.timeS ?? Infinity, 30, "s"),
      },
      {
        criterion: "N1",
        what: "error of the positions with a 3D fix, worst",
        bar: "≤ 50 m",
        measure: (evidence) => atMost(worst(errorsM(evidence, 0, 40)), 50, "m"),
      },
    ],
  },
  {
    name: "blind and spoofed",
    controller: [...IN_AIR, "--gps-spoof", "jump:300@15", "--camera-blind", "15.."],
    durationS: 65,
    checks: [
      ...ALWAYS,
      {
        criterion: "3.5",
        what: "dead_reckoned after the camera went blind and GPS jumped",
        bar: "≤ 0.75 s: a frame and 400 ms",
        measure: (evidence) => atMost(labelDelayS(evidence, "dead_reckoned", 15), 0.75, "s"),
      },
      {
        criterion: "3.5",
        what: "spoofed GPS ignored: error of the positions with a fix, worst in 10 s",
        bar: "≤ 100 m",
        measure: (evidence) => atMost(worst(errorsM(evidence, 15, 25)), 100, "m"),
      },
      {
        criterion: "N8",
        what: "no fix and horiz_accuracy 999, after 30 s",
        bar: "≤ 31 s",
        measure: ({ positions }) => {
          const closed = positions.find(({ timeS, fixType, fields }) =>
            timeS > 16 && fixType < 2 && fields.horizAccuracy === 999
          );
          return atMost(closed === undefined ? Infinity : closed.timeS - 15, 31, "s");
        },
      },
      {
        criterion: "N8",
        what: "STATUSTEXT after that",
        bar: "≤ 0.5 s",
        measure: (evidence) => {
          const closed = evidence.positions.find(({ timeS, fixType }) => timeS > 16 && fixType < 2);
          if (closed === undefined) return atMost(null, 0.5, "s");
          return atMost(delayS(texts(evidence, /./), closed.timeS - 0.1), 0.6, "s");
        },
      },
      {
        criterion: "3.5",
        what: "claimed accuracy never shrinks while nothing is seen",
        bar: "0 times",
        measure: (evidence) => {
          const sigmas = positionsBetween(evidence, 17, 44)
            .flatMap(({ fixType, sigmaHorizontalM }) =>
              fixType >= 2 && sigmaHorizontalM !== null ? [sigmaHorizontalM] : []
            );
          const shrinks = sigmas.filter((one, i) => i > 0 && one < sigmas[i - 1] * 0.999).length;
          return atMost(sigmas.length < 10 ? null : shrinks, 0, "times");
        },
      },
    ],
  },
  {
    name: "nothing to see",
    controller: [...IN_AIR, "--gps-off", "8..", "--camera-blind", "15..22"],
    durationS: 40,
    checks: [
      ...ALWAYS,
      {
        criterion: "3.4",
        what: "OPERATOR_RELOC_REQUEST after 3 frames and 2 s without a position",
        bar: "≤ 3.5 s",
        measure: (evidence) =>
          atMost(delayS(texts(evidence, /OPERATOR_RELOC_REQUEST/), 15), 3.5, "s"),
      },
      {
        criterion: "3.4",
        what: "dead_reckoned meanwhile",
        bar: "≤ 3.5 s",
        measure: (evidence) => atMost(labelDelayS(evidence, "dead_reckoned", 15), 3.5, "s"),
      },
      {
        criterion: "3.3",
        what: "satellite_anchored again once it sees",
        bar: "≤ 10 s",
        measure: (evidence) => atMost(labelDelayS(evidence, "satellite_anchored", 22), 10, "s"),
      },
      {
        criterion: "3.1",
        what: "error after it, worst",
        bar: "≤ 50 m",
        measure: (evidence) => atMost(worst(errorsM(evidence, 32, 40)), 50, "m"),
      },
    ],
  },
  {
    name: "hint of the operator",
    controller: [...IN_AIR, "--gps-off", "5..", "--hint", "48.5,35.0,800@20"],
    durationS: 30,
    checks: [
      ...ALWAYS,
      {
        criterion: "6.2",
        what: "hint in the recorder",
        bar: "≤ 2 s",
        measure: (evidence) => atMost(delayS(recordsOf(evidence, "c9.reloc_hint"), 20), 2, "s"),
      },
      {
        criterion: "6.1",
        what: "telemetry to the ground station, rate",
        bar: "1 to 2 Hz",
        measure: ({ lines }) => {
          const labels = lines.filter(({ type, name, timeS }) =>
            type === "value" && name === "gdn_label" && timeS > 2
          );
          const rate = (labels.length - 1) /
            ((labels.at(-1)?.timeS ?? 0) - (labels[0]?.timeS ?? 0));
          const figure = atLeast(Number.isFinite(rate) ? rate : null, 0.95, "Hz");
          return { ...figure, passes: figure.passes && rate <= 2.1 };
        },
      },
      {
        criterion: "6.2",
        what: "error after a hint that is 800 m wide, worst",
        bar: "≤ 50 m",
        measure: (evidence) => atMost(worst(errorsM(evidence, 22, 30)), 50, "m"),
      },
    ],
  },
  {
    name: "killed in flight",
    controller: [...IN_AIR, "--gps-off", "8.."],
    durationS: 60,
    killAtS: 20,
    checks: [
      {
        criterion: "5.3",
        what: "a position with a fix again after SIGKILL",
        bar: "≤ 30 s",
        measure: ({ positions, killedAtS }) => {
          const from = (killedAtS ?? 0) + 0.5;
          const again = positions.find(({ timeS, fixType }) => timeS > from && fixType >= 2);
          return atMost(again === undefined ? Infinity : again.timeS - from + 0.5, 30, "s");
        },
      },
      {
        criterion: "5.3",
        what: "its error",
        bar: "≤ 100 m",
        measure: ({ positions, killedAtS }) => {
          const from = (killedAtS ?? 0) + 0.5;
          const again = positions.find(({ timeS, fixType }) => timeS > from && fixType >= 2);
          return atMost(again?.errorM ?? null, 100, "m");
        },
      },
      {
        criterion: "5.3",
        what: "both records can be read, the second one is complete",
        bar: "2 records",
        measure: ({ recorded }) => {
          const text = recorded.map(({ verdict, damage }) => [verdict, ...damage].join(" ")).join(
            "; ",
          );
          const passes = recorded.length === 2 && recorded[0].verdict !== "nothing" &&
            recorded[1].verdict === "complete";
          return isTrue(passes, text);
        },
      },
      {
        criterion: "exit",
        what: "both programs end with 0",
        bar: "0, 0",
        measure: ({ flyCode, controllerCode }) =>
          isTrue(flyCode === 0 && controllerCode === 0, `${flyCode}, ${controllerCode}`),
      },
    ],
  },
];
