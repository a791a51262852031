/**
 * Checks that several scenarios share.
 *
 * @module
 */
import type { Check } from "./contract.ts";
import {
  atLeast,
  atMost,
  errorsM,
  gapsMs,
  isTrue,
  lagsMs,
  part,
  positionsBetween,
  sigmaShrinks,
  worst,
} from "./measures.ts";

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

export const OUTPUT_RATE: Check = {
  criterion: "4.4",
  what: "gap between positions, p95",
  bar: "≤ 120 ms",
  measure: (evidence) => atMost(part(gapsMs(evidence, 1, Infinity), 0.95), 120, "ms"),
};

export const NO_SILENCE: Check = {
  criterion: "no silence",
  what: "longest gap between positions while flying",
  bar: "≤ 200 ms",
  measure: (evidence) => atMost(worst(gapsMs(evidence, 1, Infinity)), 200, "ms"),
};

export function errorAtMost(criterion: string, fromS: number, toS: number, barM: number): Check {
  const until = Number.isFinite(toS) ? `${fromS} to ${toS} s` : `${fromS} s on`;
  return {
    criterion,
    what: `error of the positions with a fix, ${until}, worst`,
    bar: `≤ ${barM} m`,
    measure: (evidence) => atMost(worst(errorsM(evidence, fromS, toS)), barM, "m"),
  };
}

export function ownErrorAtMost(criterion: string, fromS: number, toS: number, barM: number): Check {
  return {
    criterion,
    what: `the flight controller's own position from ${fromS} s on, error, worst`,
    bar: `≤ ${barM} m`,
    measure: (evidence) =>
      atMost(
        worst(positionsBetween(evidence, fromS, toS).map(({ ekfErrorM }) => ekfErrorM)),
        barM,
        "m",
      ),
  };
}

/** Positions that the firmware flies by. */
export function takenAtLeast(criterion: string, fromS: number, percent: number): Check {
  return {
    criterion,
    what: `positions that the firmware takes in, from ${fromS} s on`,
    bar: `≥ ${percent} %`,
    measure: (evidence) => {
      const after = positionsBetween(evidence, fromS, Infinity);
      const taken = after.filter(({ made }) => made === "fused" || made === "reset");
      return atLeast(after.length === 0 ? null : 100 * taken.length / after.length, percent, "%");
    },
  };
}

/** The filter may know less, not more, while it is given nothing or the wrong thing. */
export function neverSurer(criterion: string, fromS: number, toS: number): Check {
  return {
    criterion,
    what: `claimed accuracy never shrinks from ${fromS} to ${toS} s`,
    bar: "0 times",
    measure: (evidence) => atMost(sigmaShrinks(evidence, fromS, toS), 0, "times"),
  };
}

/** A position speaks of the moment at which it is sent. */
export function lagAtMost(fromS: number, barMs: number): Check {
  return {
    criterion: "prediction",
    what: "positions behind the truth at their arrival, along the track, median",
    bar: `≤ ${barMs} ms either way`,
    measure: (evidence) => {
      const median = part(lagsMs(evidence, fromS, Infinity), 0.5);
      return {
        ...atMost(median, barMs, "ms"),
        passes: median !== null && Math.abs(median) <= barMs,
      };
    },
  };
}
