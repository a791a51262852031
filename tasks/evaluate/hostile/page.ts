/**
 * Writes RESULTS.md: all that the results file holds, as it was flown last, one row per input.
 *
 *     deno run -q -P=tasks tasks/evaluate/hostile/page.ts [RESULTS.jsonl]
 *
 * @module
 */
import { DURATIONS_S } from "./input.ts";
import { HOSTILE_INPUTS } from "./inputs.ts";
import { type HostileResult, lastResults } from "./results_file.ts";
import { failed, worstOf } from "./table.ts";

const RESULTS = "build/evaluate/hostile/results.jsonl";
const PAGE = new URL("RESULTS.md", import.meta.url);

if (import.meta.main) {
  const results = lastResults(await Deno.readTextFile(Deno.args[0] ?? RESULTS));
  await Deno.writeTextFile(PAGE, resultsPage(results));
}

/** The whole of RESULTS.md. */
export function resultsPage(results: readonly HostileResult[]): string {
  const inputs = HOSTILE_INPUTS.filter(({ name }) => results.some(({ input }) => input === name));
  const failures = results.filter(failed);
  const flights = [...new Set(results.map(({ flight }) => flight))].map((name) => {
    const own = results.filter(({ flight }) => flight === name);
    return `| ${name} | ${own.length} | ${own.filter(failed).length} |`;
  });
  return [
    "# Inputs that lie, as measured",
    "",
    "Made from the results of `deno task evaluate --hostile` by `deno run -q -P=tasks tasks/evaluate/hostile/page.ts`; do not edit.",
    "",
    `${results.length} flights, each as it was flown last, ${inputs.length} inputs; confidently wrong for over a second: ${failures.length}. Worst of the flights over these grounds:`,
    "",
    "| ground and aircraft | flights | over a second |",
    "| --- | --- | --- |",
    ...flights,
    "",
    ...(failures.length === 0 ? [] : [
      "| over a second | flight | worst m | r95 then m | label then | seconds |",
      "| --- | --- | --- | --- | --- | --- |",
      ...failures.map(failureRow),
      "",
    ]),
    "Worst error (radius of 95 % then) in metres; behind it for how long it was confidently wrong, where it was; N: how many flights, where not all.",
    "",
    "| input | what | 0.1 s | 2 s | stays |",
    "| --- | --- | --- | --- | --- |",
    ...inputs.map(({ name, about }) => {
      const cells = DURATIONS_S.map((durationS) =>
        cell(
          results.filter((each) => each.input === name && isLasting(each, durationS)),
          flights.length,
        )
      );
      return `| ${[name, about, ...cells].join(" | ")} |`;
    }),
    "",
  ].join("\n");
}

/** The few that last otherwise stand under "for a while". */
function isLasting({ durationS }: HostileResult, columnS: number): boolean {
  if (durationS === null) return columnS === Infinity;
  return durationS < 1 ? columnS === 0.1 : columnS === 2;
}

function cell(results: readonly HostileResult[], of: number): string {
  if (results.length === 0) return "";
  const { worstErrorM, r95ThenM, confidentlyWrongS } = worstOf(results);
  const wrong = confidentlyWrongS === 0 ? "" : `, ${confidentlyWrongS.toFixed(1)} s`;
  const count = results.length === of ? "" : `; ${results.length}`;
  return `${metres(worstErrorM)} (${metres(r95ThenM)})${wrong}${count}`;
}

function failureRow(result: HostileResult): string {
  const { input, durationS, flight, worstErrorM, r95ThenM, labelThen, confidentlyWrongS } = result;
  return `| ${
    [
      `${input}, ${durationS === null ? "stays" : `${durationS} s`}`,
      flight,
      metres(worstErrorM),
      metres(r95ThenM),
      labelThen ?? "–",
      result.error ?? confidentlyWrongS.toFixed(1),
    ].join(" | ")
  } |`;
}

function metres(value: number | null): string {
  return value === null ? "–" : value.toFixed(1);
}
