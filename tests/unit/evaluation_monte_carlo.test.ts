import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import { UsageError } from "../../src/core/mod.ts";
import { SPECIAL_GROUNDS } from "../../src/workstation/simulation/mod.ts";
import { evaluateCommand } from "../../tasks/evaluate.ts";
import { drawFlights } from "../../tasks/evaluate/monte_carlo/draw.ts";
import { evaluateOptions } from "../../tasks/evaluate/options.ts";

const FROM = { grounds: "ordinary", picturesFolder: "data", work: "w" } as const;
const options = (...args: string[]) => evaluateOptions(evaluateCommand.parse(args));

Deno.test("drawFlights() states the sigma of what it draws and of what the maps are off by anyhow", () => {
  const drawn = drawFlights(2000, 4, FROM);
  const ratios = drawn.flatMap(({ ground, mapOffsetM, case: { registration } }) => {
    const ownM = ground.kind === "pictures" ? 1.25 : 1;
    const drawnM = Math.sqrt((registration?.sigmaM ?? NaN) ** 2 - ownM ** 2);
    return mapOffsetM.map((offsetM) => offsetM / drawnM);
  });
  const variance = ratios.reduce((sum, ratio) => sum + ratio * ratio, 0) / ratios.length;
  ok(Math.abs(variance - 1) < 0.1, `${variance}`);
  ok(new Set(drawn.map((flight) => JSON.stringify(flight.ground))).size >= 18);
  ok(drawn.every(({ case: { ground, registration } }) => ground.centre !== registration?.centre));
});

Deno.test("drawFlights() gives the same flights for the same seed, however many are asked for", () => {
  deepStrictEqual(drawFlights(30, 4, FROM).slice(0, 7), drawFlights(7, 4, FROM));
  const [a, b] = [4, 5].map((seed) => drawFlights(1, seed, FROM)[0].case.flight.seed);
  ok(a !== b);
});

Deno.test("drawFlights() takes each kind of special ground in turn, and none of two dates without data", () => {
  const special = drawFlights(SPECIAL_GROUNDS.length, 1, { ...FROM, grounds: "special" });
  deepStrictEqual(
    special.map(({ ground }) => ground.kind === "procedural" && String(ground.seed).split(":")[0]),
    [...SPECIAL_GROUNDS],
  );
  const without = drawFlights(20, 1, { ...FROM, picturesFolder: null });
  ok(without.every(({ ground }) => ground.kind === "procedural"));
});

Deno.test("--monte-carlo takes a seed, and what belongs to it is refused without it", () => {
  const { monteCarlo, flight } = options("--monte-carlo", "3", "--seed", "8", "--special");
  deepStrictEqual(monteCarlo, { flights: 3, grounds: "special", work: null });
  strictEqual(flight.seed, 8);
  for (const args of [["--work", "w"], ["--special"], ["--monte-carlo", "3", "--matcher", "x"]]) {
    throws(() => options(...args), UsageError);
  }
});
