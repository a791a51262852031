/**
 * A long flight that is simulated while it is flown: nothing may grow, and nothing be lost.
 *
 * @module
 */
import { mean } from "../../src/core/mod.ts";
import type { Scenario } from "./contract.ts";
import { ALWAYS } from "./criteria.ts";
import { atMost, errorsM, gapsMs, part } from "./measures.ts";

/** Before it caches are being filled. */
const WARM_PART = 0.3;

/** GPS is lost after a minute. */
export function longFlight(minutes: number): Scenario {
  const durationS = 60 * minutes;
  return {
    name: `${minutes} minutes`,
    controller: ["--start-in-air", "--gps-off", "60.."],
    durationS,
    isGenerated: true,
    checks: [
      ...ALWAYS,
      {
        criterion: "latency",
        what: "memory of airborne: its last fifth over what it was after a third",
        bar: "≤ 8 %",
        measure: ({ memoryMb }) => {
          const between = (from: number, to: number) =>
            mean(
              memoryMb.filter(({ timeS }) => timeS >= from * durationS && timeS < to * durationS)
                .map(({ mb }) => mb),
            );
          const early = between(WARM_PART, WARM_PART + 0.2), late = between(0.8, 1);
          const grown = early === null || late === null ? null : 100 * (late / early - 1);
          return atMost(grown, 8, "%");
        },
      },
      {
        criterion: "N3",
        what: "records that the recorder dropped",
        bar: "0",
        measure: ({ flyText }) => {
          const lost = /(\d+) records, (\d+) lost/.exec(flyText)?.[2];
          return atMost(lost === undefined ? null : Number(lost), 0, "records");
        },
      },
      {
        criterion: "4.4",
        what: "gap between positions, p95",
        bar: "≤ 120 ms",
        measure: (evidence) => atMost(part(gapsMs(evidence, 1, Infinity), 0.95), 120, "ms"),
      },
      {
        criterion: "1.1",
        what: "error of the positions without GPS, p95",
        bar: "≤ 20 m",
        measure: (evidence) => atMost(part(errorsM(evidence, 62, Infinity), 0.95), 20, "m"),
      },
    ],
  };
}
