/**
 * Scenarios of a camera that sees nothing, the wrong thing, or something else than before; GPS is lost.
 *
 * @module
 */
import { ALWAYS, errorAtMost, neverSurer, ownErrorAtMost } from "./checks.ts";
import type { Check, Scenario } from "./contract.ts";
import {
  atLeast,
  atMost,
  delayS,
  errorsM,
  isTrue,
  labelDelayS,
  recordsOf,
  texts,
  worst,
} from "./measures.ts";

const GPS_LOST = ["--start-in-air", "--gps-off", "8.."];

function anchoredAgain(criterion: string, fromS: number): Check {
  return {
    criterion,
    what: `satellite_anchored again once it sees, at ${fromS} s`,
    bar: "≤ 10 s",
    measure: (evidence) => atMost(labelDelayS(evidence, "satellite_anchored", fromS), 10, "s"),
  };
}

const NOTHING: Scenario = {
  name: "nothing to see",
  controller: [...GPS_LOST, "--camera-blind", "15..22"],
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
    anchoredAgain("3.3", 22),
    errorAtMost("3.3", 32, 40, 50),
  ],
};

const OUTLIER_S = { from: 35, to: 36.5 };

const OUTLIER: Scenario = {
  name: "outlier of 350 m, banking 20°",
  controller: [
    ...GPS_LOST,
    ...["--camera-elsewhere", `350@${OUTLIER_S.from}..${OUTLIER_S.to}`],
  ],
  durationS: 60,
  checks: [
    ...ALWAYS,
    {
      criterion: "3.1",
      what: "error since pictures of a place 350 m away, more than before, worst",
      bar: "≤ 50 m",
      measure: (evidence) => {
        const before = worst(errorsM(evidence, 12, OUTLIER_S.from));
        const after = worst(errorsM(evidence, OUTLIER_S.from, Infinity));
        return atMost(before === null || after === null ? null : after - before, 50, "m");
      },
    },
    {
      criterion: "3.1",
      what: "fixes accepted out of these pictures",
      bar: "0, of some",
      measure: (evidence) => {
        const seen = recordsOf(evidence, "nav.fix").filter(({ payload }) => {
          const exposedS = Number(payload.exposureMidNs) / 1e9 + evidence.clockOffsetS;
          return exposedS >= OUTLIER_S.from + CLOCKS_AGREE_S &&
            exposedS < OUTLIER_S.to - CLOCKS_AGREE_S;
        });
        const accepted = seen.filter(({ payload }) => payload.accepted === true).length;
        return isTrue(seen.length > 0 && accepted === 0, `${accepted} of ${seen.length}`);
      },
    },
    neverSurer("3.1", OUTLIER_S.from + 0.5, OUTLIER_S.to),
    {
      criterion: "3.1",
      what: "banked more than 20°, both ways: seconds of the flight",
      bar: "≥ 1 s each",
      measure: ({ truth }) => {
        const seconds = [1, -1].map((side) => banked(truth, side).length / TILT_RATE_HZ);
        return atLeast(Math.min(...seconds), 1, "s");
      },
    },
    {
      criterion: "3.1",
      what: "error while it banks more than 20°, worst",
      bar: "≤ 50 m",
      measure: (evidence) => {
        const times = new Set([1, -1].flatMap((side) => banked(evidence.truth, side)));
        const near = (timeS: number) => times.has(Math.round(timeS * TILT_RATE_HZ));
        const errors = evidence.positions.filter(({ timeS, fixType }) =>
          timeS > 12 && fixType >= 2 && near(timeS)
        );
        return atMost(worst(errors.flatMap(({ errorM }) => errorM ?? [])), 50, "m");
      },
    },
    anchoredAgain("3.1", OUTLIER_S.to),
  ],
};

/** Of the record and of the flight, to this. */
const CLOCKS_AGREE_S = 0.1;
const TILT_RATE_HZ = 10;
const TILT_DEG = 20;

/** Tenths of a second of the flight without GPS in which it is banked to that side. */
function banked(truth: Parameters<Check["measure"]>[0]["truth"], side: number): number[] {
  const tenths = Array.from({ length: 48 * TILT_RATE_HZ }, (_, i) => 12 * TILT_RATE_HZ + i);
  return tenths.filter((tenth) => side * truth.at(tenth / TILT_RATE_HZ).rollDeg > TILT_DEG);
}

/** The flight turns by 86° then. */
const TURN_S = { from: 65, to: 73 };
/** Of the simulated camera, 130 m above ground. */
const PICTURE = { widthM: 150, heightM: 112.6 };

const SHARP_TURN: Scenario = {
  name: "sharp turn",
  controller: [...GPS_LOST, "--camera-off", `${TURN_S.from}..${TURN_S.to}`],
  durationS: 88,
  checks: [
    ...ALWAYS,
    {
      criterion: "3.2",
      what: "turn between the pictures",
      bar: "≥ 70°",
      measure: ({ truth }) => atLeast(truth.turnDeg(TURN_S.from, TURN_S.to), 70, "°"),
    },
    {
      criterion: "3.2",
      what: "their overlap",
      bar: "≤ 5 %",
      measure: ({ truth }) => atMost(100 * truth.overlap(TURN_S.from, TURN_S.to, PICTURE), 5, "%"),
    },
    anchoredAgain("3.2", TURN_S.to),
    errorAtMost("3.2", TURN_S.to + 5, Infinity, 50),
  ],
};

const GAPS = [{ fromS: 15, toS: 20 }, { fromS: 30, toS: 38 }, { fromS: 48, toS: 53 }];

const SEGMENTS: Scenario = {
  name: "four segments",
  controller: [
    ...GPS_LOST,
    ...GAPS.flatMap(({ fromS, toS }, i) => [
      i === 1 ? "--camera-off" : "--camera-blind",
      `${fromS}..${toS}`,
    ]),
  ],
  durationS: 68,
  checks: [
    ...ALWAYS,
    ...GAPS.map(({ toS }) => anchoredAgain("3.3", toS)),
    ...GAPS.map(({ toS }, i) => errorAtMost("3.3", toS + 8, GAPS[i + 1]?.fromS ?? Infinity, 50)),
    ...GAPS.map(({ fromS, toS }) => neverSurer("3.3", fromS + 2, toS)),
    ownErrorAtMost("3.3", 15, 68, 60),
  ],
};

export const SIGHT: readonly Scenario[] = [NOTHING, OUTLIER, SHARP_TURN, SEGMENTS];
