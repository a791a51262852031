/** A package that is not of the flight: of another place, or not the one that was provisioned. */
import assert from "node:assert/strict";
import { sha256Hex } from "../../src/core/mod.ts";
import { inScratch } from "../support/scratch.ts";
import { GSD_M, worldForFile } from "./fixture.ts";
import { run } from "./programs.ts";

const world = worldForFile();

Deno.test("a flight 55 km outside of the map is told so, and no fix at all ends with 3", () =>
  inScratch(async (folder) => {
    const { ground, package: packagePath } = world();
    const flight = `${folder}/flight`;
    const flown = await run("operator", [
      ...["simulate", "flight", "--out", flight, "--image", ground, "--centre", "50.5,30"],
      ...["--gsd", GSD_M, "--aircraft", "multirotor", "--duration", "4", "--frame-rate", "1"],
      ...["--start", "2026-11-29T08:00Z"],
    ], { read: [ground], write: [folder] });
    assert.equal(flown.code, 0, flown.err);
    const description = JSON.parse(await Deno.readTextFile(`${flight}/flight.json`));
    assert.equal(Date.parse(description.startUtc), Date.parse("2026-11-29T08:00Z"));
    const args = ["replay", flight, "--package", packagePath];
    const { code, out, err } = await run("airborne", args, { read: [flight, packagePath] });
    assert.match(err, /the flight begins 5[56] km outside of the map of .*provision a package/);
    assert.match(err, /no picture gave a position/);
    assert.match(out, /fixes +0 /);
    assert.equal(code, 3, err);
  }));

Deno.test("--package-sha256 takes the package that provision printed it of, and no other", async () => {
  const { flight, package: packagePath } = world();
  const sha256 = sha256Hex(await Deno.readFile(`${packagePath}/manifest.json`));
  const fly = (expected: string) =>
    run("airborne", [
      ...["replay", flight, "--package", packagePath, "--package-sha256", expected],
    ], { read: [flight, packagePath] });
  const right = await fly(sha256.toUpperCase());
  assert.equal(right.code, 0, right.err);
  assert.doesNotMatch(right.err, /outside of the map/);
  const other = await fly(sha256.replace(/./g, "0"));
  assert.equal(other.code, 65, other.err);
  assert.match(
    other.err,
    new RegExp(`manifest.json: is of another package: its SHA-256 is ${sha256}`),
  );
  const mistyped = await fly("abc");
  assert.equal(mistyped.code, 64, mistyped.err);
});

Deno.test("a name with a line end and an escape forges no line of an error", () =>
  inScratch(async (folder) => {
    const name = `${folder}/a\u001b[31m\noperator: all is well.png`;
    await Deno.writeTextFile(name, "no picture");
    for (
      const args of [["tiles", "import", name], ["fdr", "info", name], ["package", "show", name]]
    ) {
      const { code, err } = await run("operator", args, { read: [folder] });
      assert.notEqual(code, 0);
      // deno-lint-ignore no-control-regex -- it must not be there
      assert.doesNotMatch(err, /\u001b|^operator: all is well/m);
      assert.match(err, /a\\u001b\[31m\\u000aoperator: all is well\.png/);
    }
  }));
