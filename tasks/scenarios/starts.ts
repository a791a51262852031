/**
 * Scenarios of a start: with the flight controller's GPS, without any, and a search that goes on.
 *
 * @module
 */
import { ALWAYS, errorAtMost, NO_SILENCE, OUTPUT_RATE } from "./checks.ts";
import type { Check, Scenario } from "./contract.ts";
import { atLeast, atMost, errorsM, firstFix, isTrue, recordsOf } from "./measures.ts";

const WITHOUT_GPS = ["--start-in-air", "--gps-off", "0.."];

const FIX_TYPE_1: Check = {
  criterion: "fix_type 1",
  what: "positions before the first with a fix say fix_type 1",
  bar: "all, and some",
  measure: (evidence) => {
    const first = firstFix(evidence)?.timeS ?? Infinity;
    const before = evidence.positions.filter(({ timeS }) => timeS < first);
    const others = before.filter(({ fixType }) => fixType !== 1).length;
    return isTrue(
      before.length > 0 && others === 0,
      `${before.length - others} of ${before.length}`,
    );
  },
};

const N1: readonly Check[] = [
  {
    criterion: "N1",
    what: "first position with a fix, anywhere on the map",
    bar: "≤ 30 s",
    measure: (evidence) => atMost(firstFix(evidence)?.timeS ?? Infinity, 30, "s"),
  },
  errorAtMost("N1", 0, Infinity, 50),
];

/** Of the hint, seconds. */
const HINT_S = 12;

export const STARTS: readonly Scenario[] = [
  {
    name: "start on the ground",
    controller: ["--ground", "8", "--climb", "15", "--gps-off", "0.."],
    durationS: 15,
    checks: [
      ...ALWAYS,
      {
        criterion: "5.1",
        what: "starts from the controller's GPS: its distance to the place where it stands",
        bar: "≤ 10 m",
        measure: (evidence) => {
          const [set] = recordsOf(evidence, "c5.cold_start_origin.set");
          const { truth } = evidence, standing = evidence.positions[0];
          if (set === undefined || standing === undefined) return atMost(null, 10, "m");
          const [eastM, northM] = truth.local(
            Number(set.payload.latitudeDeg),
            Number(set.payload.longitudeDeg),
          );
          // The climb covers half of its time's way at the speed of its end.
          const { velocityEnMps: [eastMps, northMps] } = truth.at(0);
          return atMost(Math.hypot(eastM + 7.5 * eastMps, northM + 7.5 * northMps), 10, "m");
        },
      },
      {
        criterion: "5.1",
        what: "first position with a fix, after the flight controller began",
        bar: "≤ 30 s",
        measure: (evidence) => atMost((firstFix(evidence)?.timeS ?? Infinity) + 23, 30, "s"),
      },
      {
        criterion: "5.1",
        what: "its error",
        bar: "≤ 20 m",
        measure: (evidence) => atMost(firstFix(evidence)?.errorM ?? null, 20, "m"),
      },
      errorAtMost("5.1", 2, 15, 30),
    ],
  },
  {
    name: "start without GPS",
    controller: WITHOUT_GPS,
    durationS: 40,
    checks: [...ALWAYS, FIX_TYPE_1, ...N1],
  },
  {
    name: "start without GPS, 25 km²",
    controller: WITHOUT_GPS,
    map: "large",
    durationS: 45,
    checks: [
      ...ALWAYS,
      FIX_TYPE_1,
      OUTPUT_RATE,
      {
        criterion: "honest output",
        what: "positions with a fix that are over 50 m off",
        bar: "0",
        measure: (evidence) =>
          atMost(errorsM(evidence, 0, Infinity).filter((m) => m > 50).length, 0, "positions"),
      },
    ],
  },
  {
    name: "start without GPS, hint",
    controller: [...WITHOUT_GPS, "--camera-blind", `0..${HINT_S}`, "--hint", `{at},300@${HINT_S}`],
    map: "large",
    durationS: 30,
    checks: [
      ...ALWAYS,
      {
        criterion: "6.2",
        what: "first position with a fix, after a hint of 300 m in 25 km²",
        bar: "≤ 10 s",
        measure: (evidence) => atMost((firstFix(evidence)?.timeS ?? Infinity) - HINT_S, 10, "s"),
      },
      errorAtMost("6.2", HINT_S, Infinity, 300),
      errorAtMost("6.2", HINT_S + 10, Infinity, 50),
    ],
  },
  {
    name: "search without end, 25 km²",
    controller: WITHOUT_GPS,
    flight: "elsewhere",
    map: "large",
    durationS: 40,
    checks: [
      ...ALWAYS,
      OUTPUT_RATE,
      NO_SILENCE,
      {
        criterion: "search",
        what: "frames that were searched for over the whole map",
        bar: "≥ 10",
        measure: (evidence) =>
          atLeast(
            recordsOf(evidence, "nav.fix").filter(({ payload }) => payload.global === true).length,
            10,
            "frames",
          ),
      },
      {
        criterion: "honest output",
        what: "positions with a fix over ground that the map does not show",
        bar: "0",
        measure: ({ positions }) =>
          atMost(
            positions.length === 0 ? null : positions.filter(({ fixType }) => fixType > 1).length,
            0,
            "positions",
          ),
      },
    ],
  },
];
