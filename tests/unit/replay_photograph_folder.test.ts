import assert from "node:assert/strict";
import { DataError, GdnError, rotate, type Vector3 } from "../../src/core/mod.ts";
import { localFromCamera } from "../../src/flight/photographs/mod.ts";
import { exposureTimes, openPhotographFolder } from "../../src/flight/replay/mod.ts";
import { inScratch } from "../support/scratch.ts";
import { writeTagged } from "../support/tagged_photograph.ts";

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
    for (let sequence = 0; sequence < 3; sequence++) {
      const event = await flight.event(sequence);
      assert.ok(event.receivedNs > previousNs);
      previousNs = event.receivedNs;
      assert.ok(Math.abs(event.heightAboveGroundM - 40) < 5);
      assert.equal(event.attitude?.source, "gimbal");
      assert.ok(event.attitude.tiltDeg < 0.5);
      assert.ok(!("latitudeDeg" in event) && !("positionTag" in event));
    }
    assert.ok(
      Math.abs(flight.positionTag(0)!.latitudeDeg - flight.positionTag(17)!.latitudeDeg) < 0.01,
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

Deno.test("exposureTimes() counts on over years between two flights and a clock that was set anew", () => {
  const at = (text: string) => new Date(`${text}Z`);
  const times = exposureTimes([[
    at("1970-01-01T00:00:10"),
    at("1970-01-01T00:00:10"),
    at("2016-06-23T16:31:59"),
    at("2016-06-23T16:32:04"),
    at("2024-05-31T10:00:00"),
    null,
  ]]);
  assert.deepEqual(times.map(({ flight }) => flight), [0, 0, 1, 1, 2, 2]);
  times.slice(1).forEach(({ timeNs }, i) => assert.ok(timeNs > times[i].timeNs));
  assert.equal(times[3].timeNs - times[2].timeNs, 5e9);
  // Each in a year of its own: still whole numbers that a clock can hold.
  const years = Array.from({ length: 30_000 }, (_, i) => new Date(31_557_600_000 * i));
  assert.ok(Number.isSafeInteger(exposureTimes([years]).at(-1)!.timeNs));
});

Deno.test("openPhotographFolder() takes one upright picture among others of its camera for one that was turned", () =>
  inScratch(async (folder) => {
    const write = (name: string, second: number, isUpright: boolean, rollDeg = 0) => {
      const [widthPx, heightPx] = isUpright ? [48, 64] : [64, 48];
      const pixels = new Uint8Array(3 * 64 * 48).fill(40 * second + 40);
      return writeTagged({ widthPx, heightPx, channels: 3, pixels }, {
        localFromCamera: localFromCamera({ yawDeg: 1, pitchDeg: -80, rollDeg }),
        heightM: 90,
        latitudeDeg: 50,
        longitudeDeg: 30,
        capturedAt: new Date(Date.UTC(2024, 4, 31, 10, 0, second)),
        focalPx: 60,
      }, `${folder}/${name}`);
    };
    await write("a.jpg", 0, false);
    await write("b.jpg", 1, true);
    await write("c.jpg", 2, false);
    const events = async () => {
      const { names, event } = await openPhotographFolder(folder);
      return await Promise.all(names.map((_, i) => event(i)));
    };
    const [a, b, c] = await events();
    assert.deepEqual([a, b, c].map(({ attitude }) => attitude!.isTurned), [false, true, false]);
    assert.deepEqual([a, b, c].map(({ flight }) => flight), [0, 0, 0]);
    // Its right side is where the others' lower side is; the axis points where it did.
    const side = (event: typeof a, axis: Vector3) => rotate(event.attitude!.localFromCamera, axis);
    const near = (u: Vector3, v: Vector3) =>
      u.forEach((x, i) => assert.ok(Math.abs(x - v[i]) < 1e-3));
    near(side(b, [1, 0, 0]), side(a, [0, 1, 0]));
    near(side(b, [0, 0, 1]), side(a, [0, 0, 1]));
    // A gimbal that holds its camera upright says so.
    await write("b.jpg", 1, true, 90);
    assert.equal((await events())[1].attitude!.isTurned, false);
  }));

Deno.test("openPhotographFolder() takes two cameras of one folder for two flights", () =>
  inScratch(async (folder) => {
    for (const [second, focalPx] of [60, 200, 60, 200].entries()) {
      const pixels = new Uint8Array(3 * 64 * 48).fill(40 * second + 40);
      await writeTagged({ widthPx: 64, heightPx: 48, channels: 3, pixels }, {
        localFromCamera: localFromCamera({ yawDeg: 1, pitchDeg: -90, rollDeg: 0 }),
        heightM: 90,
        latitudeDeg: 50,
        longitudeDeg: 30,
        capturedAt: new Date(Date.UTC(2024, 4, 31, 10, 0, second)),
        focalPx,
      }, `${folder}/${second}.JPG`);
    }
    const { names, notes, event } = await openPhotographFolder(folder);
    assert.deepEqual(
      names.map((name) => name.split("/").at(-1)),
      [0, 2, 1, 3].map((i) => `${i}.JPG`),
    );
    const events = await Promise.all([0, 1, 2, 3].map(event));
    assert.deepEqual(events.map(({ flight }) => flight), [0, 0, 1, 1]);
    assert.match(notes.join("\n"), /2 cameras, located one after the other/);
  }));
