/**
 * Long flights: nothing may grow, nothing be lost, and GPS that is right never be called wrong.
 *
 * @module
 */
import { median } from "../../src/core/mod.ts";
import { ALWAYS, OUTPUT_RATE } from "./checks.ts";
import type { Check, Scenario } from "./contract.ts";
import { atMost, errorsM, part, recordsOf, worst } from "./measures.ts";

/** Before it caches are being filled. */
const WARM_S = 5 * 60;
const AROUND_S = 30;
/** Of the course of memory that is told. */
const STEPS = 5;

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
  const warmS = Math.min(WARM_S, durationS / 3);
  return {
    criterion: "memory",
    what: `memory of airborne, minute ${(warmS / 60).toFixed(0)} to ${durationS / 60}`,
    bar: "≤ 8 % more",
    measure: ({ memoryMb }) => {
      const around = (atS: number) =>
        median(
          memoryMb.filter(({ timeS }) => Math.abs(timeS - atS) <= AROUND_S).map(({ mb }) => mb),
        );
      const early = around(warmS), late = around(durationS - AROUND_S);
      if (early === null || late === null) return atMost(null, 8, "%");
      const figure = atMost(100 * (late / early - 1), 8, "%");
      const course = Array.from(
        { length: STEPS + 1 },
        (_, i) => around(warmS + (durationS - AROUND_S - warmS) * i / STEPS)?.toFixed(0),
      );
      return { ...figure, text: `${figure.text}: ${course.join(", ")} MB, evenly spaced` };
    },
  };
}
