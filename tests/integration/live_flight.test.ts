/**
 * One flight of `airborne fly` with the simulated flight controller and camera, as processes: the shortest
 * of what `deno task scenarios` flies. No figure of time is asked for: other tests run beside it.
 */
import assert from "node:assert/strict";
import { ALWAYS } from "../../tasks/scenarios/checks.ts";
import { flyScenario } from "../../tasks/scenarios/fly_scenario.ts";
import { worldForFile } from "../faults/fixture.ts";

const world = worldForFile();

/** Of 32 000 to 60 000, below those that are given out to clients. */
const PORT = 30_000 + Deno.pid % 1000 * 2;

Deno.test("airborne fly flies with the simulated controller: positions with a fix, a whole record, both end with 0", async () => {
  const { flight, package: flightPackage, folder: root } = world();
  const folder = `${root}/live`;
  await Deno.mkdir(folder);
  const scenario = {
    name: "short",
    controller: ["--start-in-air", "--gps-off", "6.."],
    durationS: 9,
    checks: ALWAYS,
  };
  const evidence = await flyScenario(scenario, {
    ground: { flight, flightPackage, mapTiles: "" },
    folder,
    port: PORT,
    isBuilt: false,
    signal: new AbortController().signal,
  });
  for (const { what, criterion, measure } of scenario.checks) {
    // A matter of speed.
    if (criterion === "simulation") continue;
    const { passes, text } = measure(evidence);
    assert.ok(passes, `${what}: ${text}\n${evidence.flyText}`);
  }
  const fixes = evidence.positions.filter(({ fixType }) => fixType === 3);
  assert.ok(fixes.length > 10, `${fixes.length} positions with a fix\n${evidence.flyText}`);
  const errors = fixes.flatMap(({ errorM }) => errorM === null ? [] : [errorM]);
  assert.ok(Math.max(...errors) < 50, `${Math.max(...errors)} m`);
});
