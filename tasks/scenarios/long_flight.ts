/**
 * Long flights: nothing may grow, nothing be lost, and GPS that is right never be called wrong.
 *
 * @module
 */
import { ALWAYS, OUTPUT_RATE } from "./checks.ts";
import type { Check, Scenario } from "./contract.ts";
import { memoryCourse } from "./memory_samples.ts";
import { atMost, errorsM, part, recordsOf, worst } from "./measures.ts";

/** Without GPS after a minute, or with it for all of the time. */
export function longFlight(minutes: number, { isClean }: { readonly isClean: boolean }): Scenario {
  const durationS = 60 * minutes;
  return {
    name: `${minutes} minutes ${isClean ? "with" : "without"} GPS`,
    controller: ["--start-in-air", ...isClean ? [] : ["--gps-off", "60.."]],
    isGenerated: true,
    map: "square",
    durationS,
    checks: [
      ...ALWAYS,
      flatMemory(durationS),
      {
        criterion: "N3",
        what: "records that the recorder dropped",
        bar: "0",
        measure: ({ flyText }) => {
          const lost = /(\d+) records, (\d+) lost/.exec(flyText)?.[2];
          return atMost(lost === undefined ? null : Number(lost), 0, "records");
        },
      },
      OUTPUT_RATE,
      {
        criterion: "1.1",
        what: "error of the positions, p95",
        bar: isClean ? "≤ 5 m" : "≤ 20 m",
        measure: (evidence) =>
          atMost(part(errorsM(evidence, 62, Infinity), 0.95), isClean ? 5 : 20, "m"),
      },
      {
        criterion: "1.1",
        what: "error of the positions, worst",
        bar: "≤ 50 m",
        measure: (evidence) => atMost(worst(errorsM(evidence, 5, Infinity)), 50, "m"),
      },
      {
        criterion: "false alarms",
        what: "GPS demoted though nothing was wrong with it",
        bar: "0 times",
        measure: (evidence) => atMost(recordsOf(evidence, "c5.gps_demoted").length, 0, "times"),
      },
    ],
  };
}

function flatMemory(durationS: number): Check {
  return {
    criterion: "memory",
    what: "memory of airborne, the last third of the flight over the third before it",
    bar: "≤ 5 % more",
    measure: ({ memoryMb }) => {
      const course = memoryCourse(memoryMb, durationS);
      const figure = atMost(course?.grownPercent ?? null, 5, "%");
      const mb = course?.sixthsMb.map((mb) => mb.toFixed(0)).join(", ");
      return mb === undefined
        ? figure
        : { ...figure, text: `${figure.text}: ${mb} MB, a sixth of it each` };
    },
  };
}
