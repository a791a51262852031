/**
 * Every hostile input of the sensors, start and map against the state estimator alone: a first look
 * at what `deno task evaluate --hostile` flies with pictures.
 *
 * usage: deno run -A tests/bench/hostile_inputs.ts [--seeds N] [--only PATTERN] [--all] [--fixes-from S]
 *        (without --all only the flights that are confidently wrong, or whose height is over 3 sigma off, for
 *        over a second, or that fail)
 *
 * @module
 */
import { parseArgs } from "node:util";
import { HOSTILE_INPUTS } from "../../tasks/evaluate/hostile/inputs.ts";
import { flyHostileEstimator } from "../support/hostile_estimator.ts";

const { values: given } = parseArgs({
  options: {
    seeds: { type: "string", default: "1" },
    only: { type: "string", default: "" },
    "fixes-from": { type: "string", default: "0" },
    all: { type: "boolean", default: false },
  },
});

const WITHOUT_PICTURES =
  /^(?!pictures\.|camera\.|drawn\.|(bursts|first|clock)\.pictures|map\.(tiles|half|rows)|together.*(black|camera|focal|frozen|late))/;
const fixesFromS = Number(given["fixes-from"]);
const only = new RegExp(given.only);
const number = (value: number | null) => value === null ? "-" : value.toFixed(1);
let flights = 0, bad = 0, heightsBad = 0;
for (const input of HOSTILE_INPUTS) {
  if (!WITHOUT_PICTURES.test(input.name) || !only.test(input.name)) continue;
  for (const durationS of input.durationsS) {
    for (const aircraft of ["fixed_wing", "multirotor"] as const) {
      for (let seed = 1; seed <= Number(given.seeds); seed++) {
        const r = await flyHostileEstimator({ input, durationS, aircraft, seed, fixesFromS });
        flights++;
        const failed = r.confidentlyWrongS > 1 || r.fault !== "";
        if (failed) bad++;
        if (r.heightWrongS > 1) heightsBad++;
        if (!failed && r.heightWrongS <= 1 && !given.all) continue;
        console.log(
          [
            input.name.padEnd(28),
            String(durationS).padStart(8),
            aircraft.padEnd(10),
            `worst ${number(r.worstErrorM)} (r95 ${number(r.r95ThenM)})`.padEnd(30),
            `wrong ${r.confidentlyWrongS.toFixed(1)} s`,
            `height ${number(r.worstHeightM)} (${number(r.heightSigmaThenM)})`.padEnd(24),
            `wrong ${r.heightWrongS.toFixed(1)} s`,
            `right again ${number(r.rightAgainS)}`,
            r.labelThen,
            r.gps,
            r.fault,
          ].join(" "),
        );
      }
    }
  }
}
console.log(
  `${flights} flights, ${bad} confidently wrong for over a second or failed; ${heightsBad} heights over 3 sigma off so long`,
);
