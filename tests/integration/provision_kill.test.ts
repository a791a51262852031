/**
 * `operator provision` killed at random moments (GDN_PROVISION_KILLS; `deno task campaign --only provision`): the
 * finished package is that of a run without a kill, byte by byte, and no place is described twice.
 */
import assert from "node:assert/strict";
import { seededRandom, sha256Hex } from "../../src/core/mod.ts";
import { operatorCommand } from "../../tasks/executables.ts";
import { worldForFile } from "../faults/fixture.ts";
import { copyFolder, filesBelow, run } from "../faults/programs.ts";
import { inScratch } from "../support/scratch.ts";

const KILLS = Number(Deno.env.get("GDN_PROVISION_KILLS") ?? 0);
const world = worldForFile();
/** Places of 40 m, 13 m apart: about a thousand in a world of 450 m. */
const ARGUMENTS = ["provision", "--footprint", "40", "--name", "killed"];

async function contentOf(folder: string): Promise<string[]> {
  const files = (await filesBelow(folder)).filter((line) => !line.endsWith("/"));
  return await Promise.all(files.map(async (line) => {
    const path = line.slice(0, line.lastIndexOf(" "));
    return `${path} ${sha256Hex(await Deno.readFile(`${folder}/${path}`))}`;
  }));
}

/** Records in the journal of places, each with its place. */
async function describedIn(data: string, dimension: number): Promise<number[]> {
  const folder = `${data}/provisioning`;
  const names = (await filesBelow(folder)).map((line) => line.slice(0, line.lastIndexOf(" ")));
  const name = names.find((each) => each.endsWith(".places"));
  if (name === undefined) return [];
  const bytes = await Deno.readFile(`${folder}/${name}`);
  const recordBytes = 8 + 4 * dimension + 4;
  const count = Math.floor((bytes.length - 40) / recordBytes);
  const view = new DataView(bytes.buffer);
  return Array.from(
    { length: Math.max(0, count) },
    (_, i) => view.getUint32(40 + i * recordBytes, true),
  );
}

Deno.test({
  name:
    "provision, killed again and again, makes the package of an uninterrupted run, each place once",
  ignore: KILLS === 0,
  fn: () =>
    inScratch(async (scratch) => {
      const data = `${scratch}/data`, whole = `${scratch}/whole`, killed = `${scratch}/killed`;
      await copyFolder(world().data, data);
      const grants = { write: [scratch] };
      const made = await run(
        "operator",
        [...ARGUMENTS, "--out", whole, "--data", data, "--json"],
        grants,
      );
      assert.equal(made.code, 0, made.err);
      const { places, descriptorDimension: dimension } = JSON.parse(made.out);
      assert.deepEqual(await describedIn(data, dimension), [], "a finished run leaves no journal");
      assert.ok(places > 800, `${places} places`);

      const seed = Deno.env.get("GDN_TEST_SEED") ?? Date.now() % 100_000;
      const random = seededRandom(`kills of provision ${seed}`);
      const args = [...ARGUMENTS, "--out", killed, "--data", data];
      let before: number[] = [];
      for (let round = 0; round < KILLS; round++) {
        const { command, args: all } = operatorCommand(["--quiet", ...args], grants);
        const child = new Deno.Command(command, { args: all, stdout: "null", stderr: "null" })
          .spawn();
        await new Promise((resolve) => setTimeout(resolve, 1000 + 9000 * random.uniform()));
        try {
          child.kill("SIGKILL");
        } catch {
          // It had ended.
        }
        const { success } = await child.status;
        if (success) break;
        const described = await describedIn(data, dimension);
        assert.deepEqual(
          described.slice(0, before.length),
          before,
          `seed ${seed}: nothing is lost`,
        );
        assert.equal(new Set(described).size, described.length, `seed ${seed}: each place once`);
        before = described;
        console.log(`seed ${seed}, kill ${round + 1}: ${described.length} places`);
      }
      const last = await run("operator", [...args, "--json"], grants);
      assert.equal(last.code, 0, `seed ${seed}: ${last.err}`);
      assert.ok(JSON.parse(last.out).placesResumed >= before.length || before.length === 0);
      assert.deepEqual(await contentOf(killed), await contentOf(whole), `seed ${seed}`);
      assert.deepEqual(await describedIn(data, dimension), []);
    }),
});
