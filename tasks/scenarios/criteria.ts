/**
 * Scenarios of GPS that is lost: the acceptance criteria of the output, and what a reader of it needs.
 *
 * @module
 */
import {
  ALWAYS,
  errorAtMost,
  lagAtMost,
  neverSurer,
  NO_SILENCE,
  OUTPUT_RATE,
  ownErrorAtMost,
} from "./checks.ts";
import type { Check, Scenario } from "./contract.ts";
import {
  atLeast,
  atMost,
  delayS,
  errorsM,
  firstFix,
  frameLatenciesMs,
  framesMissed,
  gapsMs,
  isTrue,
  labelDelayS,
  part,
  recordsOf,
  sourceSwitches,
  texts,
  worst,
} from "./measures.ts";

const IN_AIR = ["--start-in-air"];

const LATENCY: readonly Check[] = [
  {
    criterion: "4.1",
    what: "exposure of a picture to the position that it is in, p95",
    bar: "≤ 400 ms",
    measure: (evidence) => atMost(part(frameLatenciesMs(evidence, "exposure"), 0.95), 400, "ms"),
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
    measure: (evidence) => atMost(framesMissed(evidence)?.percent ?? null, 10, "%"),
  },
  {
    criterion: "4.4",
    what: "frames missed in a row, at most",
    bar: "≤ 2",
    measure: (evidence) => atMost(framesMissed(evidence)?.inARow ?? null, 2, "frames"),
  },
  {
    criterion: "4.4",
    what: "positions missed in a row, at most, by the longest gap",
    bar: "≤ 2",
    measure: (evidence) => {
      const longest = worst(gapsMs(evidence, 1, Infinity));
      return atMost(longest === null ? null : Math.round(longest / 100) - 1, 2, "positions");
    },
  },
];

const GPS_LOST: Scenario = {
  name: "gps lost",
  controller: [...IN_AIR, "--gps-off", "10.."],
  durationS: 45,
  checks: [
    ...ALWAYS,
    OUTPUT_RATE,
    NO_SILENCE,
    ...LATENCY,
    {
      criterion: "1.1",
      what: "error of the positions without GPS, p95",
      bar: "≤ 20 m",
      measure: (evidence) => atMost(part(errorsM(evidence, 12, 45), 0.95), 20, "m"),
    },
    lagAtMost(12, 40),
    {
      criterion: "prediction",
      what: "the crew is told what GPS2_DELAY_MS is wrong, and what to set",
      bar: "told",
      measure: (evidence) => {
        const [told] = texts(evidence, /GPS2_DELAY_MS is 0 /);
        return isTrue(told !== undefined, told === undefined ? "never" : String(told.text));
      },
    },
    {
      criterion: "two receivers",
      what: "GPS_PRIMARY switched to ours after the signal was lost",
      bar: "≤ 4 s",
      measure: (evidence) => atMost(delayS(sourceSwitches(evidence, 1), 10), 4, "s"),
    },
    ownErrorAtMost("two receivers", 15, 45, 20),
  ],
};

/** The first position without a fix, behind which none has one again; its accuracy says so. */
function closedForGood({ positions }: Parameters<Check["measure"]>[0]) {
  const last = positions.findLastIndex(({ fixType }) => fixType >= 2);
  const closed = positions[last + 1];
  return closed?.fields.horizAccuracy === 999 ? closed : undefined;
}

const BLIND_AND_SPOOFED: Scenario = {
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
      measure: (evidence) => atMost((closedForGood(evidence)?.timeS ?? Infinity) - 15, 31, "s"),
    },
    {
      criterion: "N8",
      what: "STATUSTEXT after that",
      bar: "≤ 0.5 s",
      measure: (evidence) => {
        const closed = closedForGood(evidence);
        if (closed === undefined) return atMost(null, 0.5, "s");
        // Both leave in one moment, the text first or second.
        return atMost(
          Math.max(0, (delayS(texts(evidence, /POSITION LOST/), closed.timeS - 0.1) ?? 0) - 0.1),
          0.5,
          "s",
        );
      },
    },
    neverSurer("3.5", 17, 44),
  ],
};

const WIDE_AND_BLIND: Scenario = {
  name: "blind, start within 1500 m",
  controller: [...IN_AIR, "--gps-off", "0..", "--camera-blind", "0.."],
  fly: ["--start", "{place},1500"],
  durationS: 15,
  checks: [
    ...ALWAYS,
    {
      criterion: "N8",
      what: "beyond 500 m: positions with any fix",
      bar: "0",
      measure: ({ positions }) =>
        atMost(
          positions.length === 0 ? null : positions.filter(({ fixType }) => fixType > 1).length,
          0,
          "positions",
        ),
    },
    {
      criterion: "N8",
      what: "horiz_accuracy 999 in all of them",
      bar: "all",
      measure: ({ positions }) => {
        const told = positions.filter(({ fields }) => fields.horizAccuracy !== 999).length;
        return isTrue(positions.length > 50 && told === 0, `${told} of ${positions.length} others`);
      },
    },
  ],
};

const KILLED: Scenario = {
  name: "killed in flight",
  controller: [...IN_AIR, "--gps-off", "8.."],
  durationS: 60,
  killAtS: 20,
  checks: [
    {
      criterion: "5.3",
      what: "a position with a fix again after SIGKILL",
      bar: "≤ 30 s",
      measure: (evidence) => {
        const killedS = evidence.killedAtS ?? 0;
        return atMost((firstFix(evidence, killedS + 0.5)?.timeS ?? Infinity) - killedS, 30, "s");
      },
    },
    {
      criterion: "5.3",
      what: "its error",
      bar: "≤ 100 m",
      measure: (evidence) =>
        atMost(firstFix(evidence, (evidence.killedAtS ?? 0) + 0.5)?.errorM ?? null, 100, "m"),
    },
    errorAtMost("5.3", 21, 60, 100),
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
};

const HINT: Scenario = {
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
      criterion: "6.2",
      what: "acknowledged to the ground station",
      bar: "≤ 2 s",
      measure: (evidence) => atMost(delayS(texts(evidence, /RELOC taken/), 20), 2, "s"),
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
    errorAtMost("6.2", 22, 30, 50),
  ],
};

export const CRITERIA: readonly Scenario[] = [
  GPS_LOST,
  BLIND_AND_SPOOFED,
  WIDE_AND_BLIND,
  HINT,
  KILLED,
];
