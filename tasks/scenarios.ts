/**
 * `deno task scenarios`: what must hold in a live flight, each flown by the shipped `airborne fly` against
 * `operator simulate controller`.
 *
 * @module
 */
import {
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  messageOf,
  option,
  Refused,
  runCommand,
} from "../src/core/mod.ts";
import type { Row, Scenario } from "./scenarios/contract.ts";
import { CRITERIA } from "./scenarios/criteria.ts";
import { flyScenario } from "./scenarios/fly_scenario.ts";
import { LANDINGS } from "./scenarios/landings.ts";
import { LINKS } from "./scenarios/links.ts";
import { longFlight } from "./scenarios/long_flight.ts";
import { type Ground, prepareGround, scenarioFolder } from "./scenarios/prepare.ts";
import { SIGHT } from "./scenarios/sight.ts";
import { SPOOFING } from "./scenarios/spoofing.ts";
import { STARTS } from "./scenarios/starts.ts";
import { tableLines } from "./scenarios/table.ts";

const SCENARIOS: readonly Scenario[] = [
  ...CRITERIA,
  ...SIGHT,
  ...STARTS,
  ...SPOOFING,
  ...LINKS,
  ...LANDINGS,
];
/** Start, climb and end of a flight, a landing, on the average. */
const AROUND_S = 10;

const OPTIONS = {
  only: option.custom({ form: "a regular expression", read: readPattern }, {
    placeholder: "REGEXP",
    help: "only the scenarios whose name matches",
    example: "drift|jump",
  }),
  atOnce: option.count({
    minimum: 1,
    maximum: 8,
    default: 1,
    help: "scenarios side by side; figures of time are worth less then",
  }),
  minutes: option.count({
    minimum: 1,
    maximum: 600,
    help: "a flight of so many minutes instead: nothing may grow, and nothing be lost",
  }),
  clean: option.flag({ help: "with --minutes: GPS stays, and must never be called wrong" }),
  built: option.flag({ help: "dist/airborne, as deno task compile made it" }),
} as const;

export const scenariosCommand = defineCommand({
  name: "scenarios",
  summary: "what must hold in a live flight, flown with the shipped programs",
  about: `
Flies each scenario in real time: \`operator simulate controller\` and \`airborne fly\` as two processes,
over TCP. What they leave (report.jsonl, the flight record, what was printed) stays in
build/scratch/scenarios/runs. Flights and packages are made the first time, and kept. All of them
take ${
    Math.ceil(SCENARIOS.reduce((sum, one) => sum + one.durationS + AROUND_S, 0) / 60)
  } minutes one after the other.

Scenarios: ${SCENARIOS.map(({ name }) => name).join(", ")}.`,
  options: OPTIONS,
  json: "one JSON object a row, then a summary, instead of the table",
  examples: [
    "deno task scenarios",
    "deno task scenarios --only 'drift|jump' --at-once 2",
    "deno task scenarios --minutes 30",
    "deno task scenarios --minutes 60 --clean",
  ],
  exitCodes: { [EXIT.failure]: "at least one check does not hold" },
  run: scenarios,
});

/** Ports of this run's own: two runs side by side do not meet. */
const FIRST_PORT = 20_000 + Deno.pid % 300 * 100;

if (import.meta.main) {
  Deno.exit(
    await runCommand({
      title: "deno task scenarios",
      command: scenariosCommand,
      args: Deno.args,
      permissionSet: "tasks",
    }),
  );
}

interface Values {
  readonly only: RegExp | undefined;
  readonly atOnce: number;
  readonly minutes: number | undefined;
  readonly clean: boolean;
  readonly built: boolean;
  readonly json: boolean;
}

async function scenarios(values: Values, io: CommandIo): Promise<ExitCode> {
  const { minutes } = values;
  const chosen = minutes === undefined
    ? SCENARIOS.filter(({ name }) => values.only?.test(name) ?? true)
    : [longFlight(minutes, { isClean: values.clean })];
  const host = { signal: io.signal, onStep: (what: string) => io.note(what) };
  // One after the other, before anything is measured.
  for (const scenario of chosen) await prepareGround(groundOf(scenario), host);
  const rows: Row[] = [];
  const left = [...chosen.entries()];
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, scenario] = next;
      io.signal.throwIfAborted();
      const ground = await prepareGround(groundOf(scenario), host);
      const flown = await rowsOf(scenario, { ground, index, isBuilt: values.built }, io);
      rows.push(...flown);
      if (values.json) { for (const row of flown) io.out(JSON.stringify({ type: "row", ...row })); }
    }
  };
  await Promise.all(Array.from({ length: values.atOnce }, work));
  const failed = rows.filter(({ passes }) => !passes).length;
  if (values.json) {
    io.out(
      JSON.stringify({ type: "summary", scenarios: chosen.length, rows: rows.length, failed }),
    );
  } else {
    for (const line of tableLines(rows)) io.out(line);
    io.out(`${rows.length - failed} of ${rows.length} checks hold, in ${chosen.length} scenarios`);
  }
  return failed === 0 && rows.length > 0 ? EXIT.ok : EXIT.failure;
}

async function rowsOf(
  scenario: Scenario,
  { ground, index, isBuilt }: { ground: Ground; index: number; isBuilt: boolean },
  io: CommandIo,
): Promise<Row[]> {
  io.note(`${scenario.name} …`);
  const { name } = scenario;
  try {
    const folder = await scenarioFolder(name);
    const port = FIRST_PORT + 2 * index;
    const evidence = await flyScenario(scenario, {
      ground,
      folder,
      port,
      isBuilt,
      signal: io.signal,
    });
    return scenario.checks.map(({ criterion, what, bar, measure }) => {
      const { text, value, passes } = measure(evidence);
      const finite = value !== null && Number.isFinite(value) ? value : null;
      return { name, criterion, what, bar, figure: text, value: finite, passes };
    });
  } catch (error) {
    io.signal.throwIfAborted();
    const figure = messageOf(error);
    return [{
      name,
      criterion: "exit",
      what: "flown",
      bar: "",
      figure,
      value: null,
      passes: false,
    }];
  }
}

function groundOf({ flight = "cruise", map = "corridor" }: Scenario) {
  return { flight, map };
}

function readPattern(text: string): RegExp | Refused {
  try {
    return new RegExp(text, "i");
  } catch (error) {
    return new Refused(messageOf(error));
  }
}
