import assert from "node:assert/strict";
import { EXIT, GdnError } from "../../src/core/mod.ts";
import { FlightFolder } from "../../src/workstation/simulation/flight_folder.ts";
import { OutputFolder, OutputWriteError } from "../../src/workstation/simulation/output_folder.ts";

async function inScratch(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "gdn_output_" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("OutputFolder is absent until it is committed, then whole", async () => {
  await inScratch(async (scratch) => {
    await using folder = await OutputFolder.create(`${scratch}/out/`);
    await folder.file("a/b.txt", new Uint8Array([1]));
    await assert.rejects(Deno.stat(`${scratch}/out`), Deno.errors.NotFound);
    await folder.commit();
    assert.deepEqual(await Deno.readFile(`${scratch}/out/a/b.txt`), new Uint8Array([1]));
  });
});

Deno.test("OutputFolder clears the leftovers of a killed run, and its own when not committed", async () => {
  await inScratch(async (scratch) => {
    await Deno.mkdir(`${scratch}/out.partial`);
    await Deno.writeTextFile(`${scratch}/out.partial/old`, "old");
    {
      await using folder = await OutputFolder.create(`${scratch}/out`);
      await folder.file("new", new Uint8Array(1));
      await assert.rejects(Deno.stat(`${scratch}/out.partial/old`), Deno.errors.NotFound);
    }
    assert.deepEqual([...Deno.readDirSync(scratch)], []);
  });
});

Deno.test("OutputFolder refuses a name that is taken, and says what cannot be written", async () => {
  await inScratch(async (scratch) => {
    await Deno.writeTextFile(`${scratch}/file`, "");
    await assert.rejects(
      OutputFolder.create(`${scratch}/file`),
      (error) => error instanceof GdnError && error.exitCode === EXIT.cannotCreate,
    );
    await assert.rejects(
      OutputFolder.create(`${scratch}/file/under`),
      (error) => error instanceof OutputWriteError && error.exitCode === EXIT.io,
    );
    assert.deepEqual([...Deno.readDirSync(scratch)].map((entry) => entry.name), ["file"]);
  });
});

Deno.test("FlightFolder leaves nothing when a write fails in the middle", async () => {
  await inScratch(async (scratch) => {
    const failing = async () => {
      await using folder = await FlightFolder.create(`${scratch}/flight`);
      await folder.row("baro.csv", [1, 2, 3]);
      // A file cannot take the place of the folder that holds the streams.
      await folder.file("imu.csv/picture.jpg", new Uint8Array(1));
    };
    await assert.rejects(failing(), OutputWriteError);
    assert.deepEqual([...Deno.readDirSync(scratch)], []);
  });
});
