import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { FlightFolder } from "../../src/workstation/simulation/flight_folder.ts";
import { OutputWriteError } from "../../src/core/mod.ts";

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
