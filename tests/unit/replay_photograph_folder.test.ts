import assert from "node:assert/strict";
import { DataError, GdnError } from "../../src/core/mod.ts";
import { openPhotographFolder } from "../../src/flight/replay/mod.ts";

const BRIGHTON = "../shared/data/brighton_beach";

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

Deno.test({
  name: "openPhotographFolder() gives the photographs of a real flight in order",
  ignore: !isThere(BRIGHTON),
  async fn() {
    const flight = await openPhotographFolder(BRIGHTON);
    assert.equal(flight.names.length, 18);
    assert.deepEqual(flight.names, flight.names.toSorted());
    let previousNs = -1;
    for await (const event of flight.events()) {
      assert.ok(event.receivedNs > previousNs);
      previousNs = event.receivedNs;
      assert.ok(Math.abs(event.heightAboveGroundM - 40) < 5);
      assert.equal(event.gimbal?.headingTrusted, false);
      assert.ok(!("latitudeDeg" in event));
      if (event.frame.sequence === 2) break;
    }
    assert.ok(
      Math.abs(flight.positionTag(0).latitudeDeg - flight.positionTag(17).latitudeDeg) < 0.01,
    );
  },
});

Deno.test("openPhotographFolder() names what is wrong with a folder", async () => {
  await assert.rejects(openPhotographFolder("build/no-such-folder"), (error) => {
    assert.ok(error instanceof GdnError);
    assert.equal(error.exitCode, 66);
    return true;
  });
  const folder = await Deno.makeTempDir({ prefix: "gdn-photographs-" });
  try {
    await assert.rejects(openPhotographFolder(folder), DataError);
    await Deno.writeTextFile(`${folder}/a.jpg`, "no picture");
    await assert.rejects(openPhotographFolder(folder), /a\.jpg/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
