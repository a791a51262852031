/**
 * Scenarios of a landing: the flight ends where the aircraft stands, by itself, and knows where that is.
 *
 * @module
 */
import { ALWAYS, errorAtMost } from "./checks.ts";
import type { Check, Scenario } from "./contract.ts";
import { atMost, isTrue, recordsOf, texts } from "./measures.ts";

const BY_ITSELF: readonly Check[] = [
  {
    criterion: "landing",
    what: "airborne ends by itself, after the aircraft came to rest",
    bar: "5 to 12 s",
    measure: ({ lines, positions, flyText }) => {
      const start = lines.find(({ type }) => type === "start");
      const landing = start?.landing as { readonly atRestS: number } | null | undefined;
      const last = positions.at(-1);
      if (!landing || last === undefined || !flyText.includes("landed: the flight ends")) {
        return isTrue(false, "not by itself");
      }
      const afterS = last.timeS - landing.atRestS;
      return { ...atMost(afterS, 12, "s"), passes: afterS >= 5 && afterS <= 12 };
    },
  },
  {
    criterion: "landing",
    what: "flight states told: landing, then on the ground",
    bar: "both",
    measure: (evidence) => {
      const told = recordsOf(evidence, "c8.link").map(({ payload }) => String(payload.reason));
      const landing = told.findIndex((text) => text.endsWith("landing"));
      const ground = told.findLastIndex((text) => text.endsWith("on_ground"));
      return isTrue(landing >= 0 && ground > landing, landing < 0 ? "no landing" : "both");
    },
  },
  {
    criterion: "landing",
    what: "error of the last position, standing",
    bar: "≤ 30 m",
    measure: ({ positions }) => {
      const last = positions.at(-1);
      return atMost(last !== undefined && last.fixType >= 2 ? last.errorM : null, 30, "m");
    },
  },
  {
    criterion: "landing",
    what: "POSITION LOST told during it",
    bar: "never",
    measure: (evidence) => atMost(texts(evidence, /POSITION LOST/).length, 0, "times"),
  },
];

export const LANDINGS: readonly Scenario[] = [
  {
    name: "whole flight of a fixed wing",
    controller: ["--ground", "8", "--climb", "15", "--gps-off", "5.."],
    flight: "wing",
    map: "square",
    durationS: 25,
    lands: true,
    checks: [...ALWAYS, ...BY_ITSELF, errorAtMost("1.1", 2, Infinity, 30)],
  },
  {
    name: "landing of a multirotor",
    controller: ["--start-in-air", "--gps-off", "8.."],
    flight: "rotor",
    map: "square",
    durationS: 25,
    lands: true,
    checks: [...ALWAYS, ...BY_ITSELF, errorAtMost("1.1", 10, Infinity, 30)],
  },
  {
    name: "landing with GPS, no pictures of it",
    controller: ["--start-in-air"],
    flight: "cruise",
    durationS: 90,
    lands: true,
    checks: [...ALWAYS, ...BY_ITSELF, errorAtMost("1.1", 5, Infinity, 15)],
  },
];
