/**
 * Lying GPS that nobody reports, against the estimator alone: when it is found, what it was off by
 * then, and what the estimate made of it. No pictures: fixes and odometry have the errors that were
 * measured on them.
 *
 * usage: deno run -A tests/bench/spoofing.ts [--json] [--seeds N] [--clean HOURS]
 *            [--only clean | part of a kind's name]
 *
 * @module
 */
import { parseArgs } from "node:util";
import type { GpsWindow } from "../../src/workstation/simulation/mod.ts";
import { flySpoofed, type SpoofedFlightOptions } from "../support/spoofed_flight.ts";

const FROM_S = 60;
const DURATION_S = 180;

/** The map as the filter expects it, and one that is better. */
const GROUNDS = {
  expected: { offsetSigmaM: 1.3, localSigmaM: 0.7 },
  good: { offsetSigmaM: 0.3, localSigmaM: 0.4 },
} as const;

const lie = (kind: GpsWindow["kind"], amount?: number, fromS = FROM_S) => ({
  gps: [{ kind, fromS, toS: DURATION_S, ...(amount === undefined ? {} : { amount }) }],
});

type Kind = Pick<SpoofedFlightOptions, "gps" | "mapShiftM" | "origin" | "blackouts" | "change">;

const KINDS: Readonly<Record<string, Kind>> = {
  "drifts at 0.2 m/s": lie("spoofed_silently", 0.2),
  "drifts at 0.5 m/s": lie("spoofed_silently", 0.5),
  "drifts at 1 m/s": lie("spoofed_silently", 1),
  "drifts at 2 m/s": lie("spoofed_silently", 2),
  "drifts at 5 m/s": lie("spoofed_silently", 5),
  "jumps by 15 m": lie("offset", 15),
  "jumps by 100 m": lie("offset", 100),
  "30 m off from the start": lie("offset", 30, 0),
  "30 m off, start unknown": { ...lie("offset", 30, 0), origin: false },
  "15 m off, start unknown": { ...lie("offset", 15, 0), origin: false },
  "repeats one fix": lie("frozen"),
  "its time stands still": {
    gps: [],
    change: (sample, timeS) => {
      const repeatedNs = sample.timeNs - Math.max(0, timeS - FROM_S) * 1e9;
      return { ...sample, timeNs: Math.round(repeatedNs) as typeof sample.timeNs };
    },
  },
  "plays the track of 20 s ago": lie("replayed", 20),
  "plays the track of 2 s ago": lie("replayed", 2),
  "drifts at 1 m/s without fixes": { ...lie("spoofed_silently", 1), blackouts: [[50, 999]] },
  "drifts at 5 m/s without fixes": { ...lie("spoofed_silently", 5), blackouts: [[50, 999]] },
  "drifts at 0.3 m/s while fixes are gone for 50 s": {
    ...lie("spoofed_silently", 0.3),
    blackouts: [[FROM_S - 10, FROM_S + 40]],
  },
  "reported after 1.5 s, 4 m/s": lie("spoofed"),
  "honest, over a map that is 40 m off": { gps: [], mapShiftM: [32, 24] },
  "honest, lost before the fixes 40 m off": {
    gps: [{ kind: "absent", fromS: 8, toS: DURATION_S }],
    mapShiftM: [32, 24],
    blackouts: [[0, 12]],
  },
};

const { values: given } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    seeds: { type: "string", default: "1" },
    clean: { type: "string", default: "1" },
    only: { type: "string", default: "" },
  },
});

const columns = ["kind", "aircraft", "map", "seed", "found after s", "off by then m"];
const rest = ["worst m", "r95 then", "30 s later m", "r95 then", "wrong s", "reason"];
if (!given.json) console.log([...columns, ...rest].join(" | "));
for (const [kind, lies] of Object.entries(KINDS)) {
  if (!kind.includes(given.only)) continue;
  for (const aircraft of ["fixed_wing", "multirotor"] as const) {
    for (const [ground, map] of Object.entries(GROUNDS)) {
      for (let seed = 1; seed <= Number(given.seeds); seed++) {
        row(kind, lies, aircraft, ground, map, seed);
      }
    }
  }
}
if (given.only === "" || given.only === "clean") cleanHours(Number(given.clean));

function row(
  kind: string,
  lies: Kind,
  aircraft: SpoofedFlightOptions["aircraft"],
  ground: string,
  map: SpoofedFlightOptions["map"],
  seed: number,
): void {
  const durationS = DURATION_S;
  const one = flySpoofed({ seed: `${ground} ${seed}`, aircraft, durationS, map, ...lies }, 10);
  const fromS = lies.gps[0]?.fromS ?? (lies.change === undefined ? 0 : FROM_S);
  const foundS = one.demotedS === undefined ? null : one.demotedS - fromS;
  const { offsetM, worstM, worst95M, laterM, later95M, confidentlyWrongS, reason } = one;
  if (given.json) {
    const figures = { foundS, offsetM, worstM, worst95M, laterM, later95M, confidentlyWrongS };
    console.log(JSON.stringify({ kind, aircraft, ground, seed, ...figures, reason }));
    return;
  }
  const metres = [offsetM, worstM, worst95M, laterM, later95M, confidentlyWrongS];
  const numbers = [foundS ?? NaN, ...metres].map((value) => value.toFixed(1));
  console.log([kind, aircraft, ground, seed, ...numbers, reason].join(" | "));
}

/** False alarms. */
function cleanHours(hours: number): void {
  let demotions = 0, doubts = 0;
  const aircraft = ["fixed_wing", "multirotor"] as const, maps = Object.values(GROUNDS);
  const flights = Math.round(hours * 4);
  for (let seed = 0; seed < flights; seed++) {
    const one = flySpoofed({
      seed: `clean ${seed}`,
      aircraft: aircraft[seed % 2],
      durationS: 900,
      gps: [],
      map: maps[Math.floor(seed / 2) % maps.length],
      blackouts: [[200, 230], [400, 520]],
    });
    demotions += one.events.filter((event) => event.type === "gps.demoted").length;
    doubts += Number(one.finalGps !== "trusted");
    if (one.demotedS !== undefined) console.log(`clean ${seed}: ${one.demotedS} s: ${one.reason}`);
  }
  const figures = { hours: flights / 4, demotions, untrustedAtEnd: doubts };
  console.log(given.json ? JSON.stringify(figures) : `clean flight: ${JSON.stringify(figures)}`);
}
