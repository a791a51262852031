/** From imagery to a replayed flight, with the built executables alone. */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { type ProgramName, runBuilt } from "./built.ts";

const PLACE = ["--procedural", "7", "--centre", "48.5,35.0"];

Deno.test("the built executables simulate, import, provision and replay a flight in an empty environment", () =>
  inScratch(async (folder) => {
    const run = async (program: ProgramName, ...args: string[]) => {
      const outcome = await runBuilt(program, [...args, "--quiet"], { cwd: folder });
      assert.equal(outcome.code, 0, `${program} ${args.join(" ")}: ${outcome.err}`);
      return outcome.out;
    };
    const flight = ["--aircraft", "multirotor", "--agl", "130", "--distance", "100"];
    await run("operator", "simulate", "flight", "--out", "flight", ...PLACE, ...flight);
    await run("operator", "simulate", "map", "--out", "map", ...PLACE, "--corridor-of", "flight");
    await run("operator", "tiles", "import", "map", "--captured-at", "2020-01-01");
    await run("operator", "provision", "--out", "package", "--agl", "130");
    const outputs = ["--recorder", "home", "--make-tiles", "home", "--json"];
    const lines = (await run("airborne", "replay", "flight", "--package", "package", ...outputs))
      .trim().split("\n").map((line) => JSON.parse(line));
    const summary = lines.at(-1);
    assert.equal(summary.completed, true);
    assert.equal(summary.recorderLost, 0);
    assert.ok(summary.fixes > 10, `${summary.fixes} fixes of ${summary.frames} frames`);
    await run("operator", "collect", "home");
    const [mission] = [...Deno.readDirSync(`${folder}/home`)].map(({ name }) => name)
      .filter((name) => /^[0-9a-f-]{36}$/.test(name));
    assert.match(await run("operator", "fdr", "info", `home/${mission}`), /records/);
    await run(
      "operator",
      "fdr",
      "report",
      `home/${mission}`,
      "--out",
      "a.html",
      "--package",
      "package",
    );
  }));
