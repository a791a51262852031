/**
 * Scenarios of a receiver that is deceived, without any message that says so.
 *
 * @module
 */
import type { Check, Scenario } from "./contract.ts";
import { ALWAYS } from "./checks.ts";
import {
  atMost,
  delayS,
  errorsM,
  isTrue,
  positionsBetween,
  recordsOf,
  sourceSwitches,
  worst,
} from "./measures.ts";

const AT_S = 20;
const DURATION_S = 50;

interface Deception {
  readonly name: string;
  readonly option: string;
  /** Largest delay of the demotion, and error of the positions sent meanwhile. */
  readonly demotedS: number;
  readonly errorM: number;
  readonly criterion: string;
}

/** A drift takes the longer the slower it is: what counts is how far it leads astray. */
const DECEPTIONS: readonly Deception[] = [
  {
    name: "drift of 0.5 m/s",
    option: "drift:0.5",
    demotedS: 30,
    errorM: 20,
    criterion: "own detection",
  },
  {
    name: "drift of 1 m/s",
    option: "drift:1",
    demotedS: 20,
    errorM: 20,
    criterion: "own detection",
  },
  {
    name: "drift of 2 m/s",
    option: "drift:2",
    demotedS: 15,
    errorM: 20,
    criterion: "own detection",
  },
  {
    name: "drift of 5 m/s",
    option: "drift:5",
    demotedS: 8,
    errorM: 20,
    criterion: "own detection",
  },
  { name: "jump of 100 m", option: "jump:100", demotedS: 0.6, errorM: 20, criterion: "N2" },
  { name: "frozen GPS", option: "frozen", demotedS: 3, errorM: 20, criterion: "own detection" },
  { name: "replayed track", option: "replay", demotedS: 0.6, errorM: 20, criterion: "N2" },
  {
    name: "meaconing, 150 m off",
    option: "meacon:150",
    demotedS: 0.6,
    errorM: 20,
    criterion: "N2",
  },
];

function scenarioOf({ name, option, demotedS, errorM, criterion }: Deception): Scenario {
  const checks: Check[] = [
    ...ALWAYS,
    {
      criterion,
      what: "GPS demoted after the onset",
      bar: `≤ ${demotedS} s`,
      measure: (evidence) =>
        atMost(delayS(recordsOf(evidence, "c5.gps_demoted"), AT_S), demotedS, "s"),
    },
    {
      criterion,
      what: "error of the positions sent since the onset, worst",
      bar: `≤ ${errorM} m`,
      measure: (evidence) => atMost(worst(errorsM(evidence, AT_S, Infinity)), errorM, "m"),
    },
    {
      criterion: "two receivers",
      what: "the flight controller's own position 5 s after the demotion is due, worst",
      bar: "≤ 20 m",
      measure: (evidence) => {
        const from = AT_S + demotedS + 5;
        const errors = positionsBetween(evidence, from, Infinity).map((one) => one.ekfErrorM);
        return atMost(worst(errors), 20, "m");
      },
    },
    {
      criterion: "two receivers",
      what: "not asked to fly by GPS again while it is spoofed",
      bar: "never",
      measure: (evidence) => {
        const back = sourceSwitches(evidence, 0).filter(({ timeS }) => timeS > AT_S);
        return isTrue(back.length === 0, back.length === 0 ? "never" : `${back.length} times`);
      },
    },
  ];
  return {
    name,
    controller: ["--start-in-air", "--gps-spoof", `${option}@${AT_S}`],
    durationS: Math.max(DURATION_S, AT_S + demotedS + 15),
    checks,
  };
}

export const SPOOFING: readonly Scenario[] = [
  ...DECEPTIONS.map(scenarioOf),
  {
    name: "GPS comes back",
    controller: ["--start-in-air", "--gps-spoof", "jump:150@12..22"],
    durationS: 60,
    checks: [
      ...ALWAYS,
      {
        criterion: "two receivers",
        what: "back to GPS only once both agree: difference at the switch",
        bar: "≤ 15 m, or not yet",
        measure: (evidence) => {
          const [back] = sourceSwitches(evidence, 0).filter(({ timeS }) => timeS > 12);
          if (back === undefined) return isTrue(true, "not within the flight");
          const error = worst(errorsM(evidence, back.timeS - 0.2, back.timeS + 0.2));
          const passes = back.timeS > 22 && error !== null && error <= 15;
          return isTrue(
            passes,
            `${(back.timeS - 22).toFixed(1)} s after its end, ${error ?? NaN} m`,
          );
        },
      },
      {
        criterion: "two receivers",
        what: "error of the flight controller's own position, worst after 20 s",
        bar: "≤ 20 m",
        measure: (evidence) =>
          atMost(worst(positionsBetween(evidence, 20, 60).map((one) => one.ekfErrorM)), 20, "m"),
      },
    ],
  },
  {
    name: "clean flight",
    controller: ["--start-in-air"],
    durationS: 60,
    checks: [
      ...ALWAYS,
      {
        criterion: "false alarms",
        what: "GPS demoted in a flight in which nothing is wrong",
        bar: "0 times",
        measure: (evidence) => atMost(recordsOf(evidence, "c5.gps_demoted").length, 0, "times"),
      },
      {
        criterion: "1.1",
        what: "error of the positions, worst after 5 s",
        bar: "≤ 10 m",
        measure: (evidence) => atMost(worst(errorsM(evidence, 5, Infinity)), 10, "m"),
      },
    ],
  },
];
