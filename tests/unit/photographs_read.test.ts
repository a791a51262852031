import assert from "node:assert/strict";
import { DataError, rotate } from "../../src/core/mod.ts";
import { withOrientation } from "../support/exif_bytes.ts";
import {
  calibrationFromTags,
  heightAboveGroundM,
  localFromCamera,
  readPhotograph,
  readPhotographFolder,
} from "../../src/flight/photographs/mod.ts";

const BRIGHTON = "../shared/data/brighton_beach";
const present = await Deno.stat(BRIGHTON).then(() => true, () => false);
if (!present) console.log(`skipping real photographs: ${BRIGHTON} is absent`);

Deno.test({
  name: "readPhotographFolder() reads pose and calibration of real photographs in order of time",
  ignore: !present,
  async fn() {
    const files = await readPhotographFolder(BRIGHTON);
    assert.equal(files.length, 18);
    assert.match(files[0].photograph.name, /DJI_0018/);
    assert.match(files[17].photograph.name, /DJI_0035/);
    const { photograph } = files[0];
    assert.ok(Math.abs(photograph.positionTag!.latitudeDeg - 46.842607) < 1e-6);
    assert.ok(Math.abs(photograph.positionTag!.longitudeDeg + 91.99456) < 1e-6);
    assert.equal(photograph.heightAboveTakeoffM, 39.8);
    assert.deepEqual(photograph.gimbal, {
      yawDeg: 45,
      pitchDeg: -89.9,
      rollDeg: 0,
      source: "gimbal",
    });
    assert.equal(photograph.airframeYawDeg, 46);
    assert.equal(photograph.capturedAt?.toISOString(), "2016-06-23T16:31:59.000Z");
    assert.equal(photograph.calibrationSource, "table");
    const gsdM = heightAboveGroundM(photograph) / photograph.calibration.fxPx;
    assert.ok(gsdM > 0.0165 && gsdM < 0.0175, `${gsdM} m per pixel`);
  },
});

Deno.test("readPhotograph() refuses what is no JPEG and what has no tags", async () => {
  await assert.rejects(readPhotograph(new Uint8Array(0), "empty.jpg"), /empty\.jpg.*not a JPEG/s);
  const text = new TextEncoder().encode("hello, this is text and no picture");
  await assert.rejects(readPhotograph(text, "text.jpg"), DataError);
  // A frame header and nothing else.
  const bare = new Uint8Array([
    ...[0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 1, 0, 1, 0, 1, 1, 0x11, 0, 0xff, 0xd9],
  ]);
  await assert.rejects(readPhotograph(bare, "bare.jpg"), /bare\.jpg: no focal length/);
});

Deno.test("calibrationFromTags() tells where the middle of a part that was cut out may be, and keeps the whole's focal length", () => {
  const writtenPx = { widthPx: 4000, heightPx: 3000 };
  const of = (widthPx: number, heightPx: number) =>
    calibrationFromTags({
      model: null,
      focalLengthMm: null,
      focalLength35Mm: 24,
      focalPlanePxPerMm: null,
      writtenPx,
      widthPx,
      heightPx,
    }, "a.jpg");
  const sizes = [[4000, 3000], [2000, 1500], [1000, 749], [3000, 4000], [3600, 3000], [4000, 2000]];
  const found = sizes.map(([widthPx, heightPx]) => of(widthPx, heightPx));
  assert.deepEqual(
    found.map(({ middleWithinPx }) => middleWithinPx.map(Math.round)),
    [[0, 0], [0, 0], [0, 0], [0, 0], [200, 0], [0, 500]],
  );
  assert.deepEqual(
    found.map(({ notes }) => notes.some((note) => note.includes("a part of the 4000x3000"))),
    [false, false, false, false, true, true],
  );
  const wholePx = found[0].calibration.fxPx;
  assert.deepEqual(
    found.map(({ calibration }) => Math.round(1000 * calibration.fxPx / wholePx)),
    [1000, 500, 250, 1000, 1000, 1000],
  );
  // A part of both sides: it may have been made smaller by up to a tenth before, or not at all.
  const both = of(3600, 2800);
  assert.deepEqual(both.middleWithinPx.map(Math.round), [200, 100]);
  // Of a picture that had not all of the sensor.
  const table = { model: "FC300S", focalLengthMm: 3.61, focalLength35Mm: 20, focalPlanePxPerMm: 0 };
  const cut = calibrationFromTags({
    ...table,
    writtenPx: { widthPx: 4000, heightPx: 2250 },
    widthPx: 3600,
    heightPx: 2250,
  }, "a.jpg");
  assert.equal(Math.round(cut.calibration.fxPx), 2340);
  assert.deepEqual(cut.middleWithinPx, [200, 0]);
});

Deno.test("calibrationFromTags() sees that a picture was turned by a quarter", () => {
  const of = (
    widthPx: number,
    heightPx: number,
    written: readonly [number, number] | null,
    model: string | null = null,
  ) =>
    calibrationFromTags({
      model,
      focalLengthMm: 3.61,
      focalLength35Mm: 20,
      focalPlanePxPerMm: null,
      writtenPx: written && { widthPx: written[0], heightPx: written[1] },
      widthPx,
      heightPx,
      ownCalibration: {
        fxPx: 2300,
        fyPx: 2310,
        distortion: [0.1, 0.2, 0.3, 0.4, 0.5],
        offsetPx: [20, 10],
      },
    }, "a.jpg");
  const { isTurned, calibration, notes, middleWithinPx } = of(3000, 4000, [4000, 3000]);
  assert.equal(isTurned, true);
  assert.deepEqual([calibration.widthPx, calibration.heightPx, calibration.fxPx], [
    3000,
    4000,
    2300,
  ]);
  assert.deepEqual([calibration.cxPx, calibration.cyPx], [1499.5, 1999.5]);
  assert.deepEqual(calibration.distortion, [0.1, 0.2, 0, 0, 0.5]);
  assert.deepEqual(middleWithinPx, [0, 0]);
  assert.match(notes.join(), /camera 3000x4000 was turned by a quarter/);
  // Made smaller, too.
  const small = of(1500, 2000, [4000, 3000]);
  assert.deepEqual([small.isTurned, small.calibration.fxPx], [true, 1150]);
  // By a program that wrote the new size into the tags: this sensor lies.
  const anew = of(2250, 4000, [2250, 4000], "FC300S");
  assert.deepEqual([anew.isTurned, anew.calibration.fxPx], [true, 2300]);
  // Cameras that stand write so themselves; and what lies lies.
  assert.equal(of(3000, 4000, [3000, 4000]).isTurned, false);
  assert.equal(of(4000, 3000, [4000, 3000], "FC300S").isTurned, false);
  assert.equal(of(3000, 3000, [3000, 3000]).isTurned, false);
  assert.equal(of(3000, 4000, null).isTurned, false);
});

Deno.test({
  name:
    "readPhotograph() takes a real photograph for the same whatever way its orientation tag says is up",
  ignore: !present,
  async fn() {
    const bytes = await Deno.readFile(`${BRIGHTON}/DJI_0024.JPG`);
    const as = async (orientation: number) =>
      await readPhotograph(withOrientation(bytes, orientation), "a.jpg");
    const plain = await as(1);
    for (const orientation of [3, 6, 8]) assert.deepEqual(await as(orientation), plain);
  },
});

Deno.test("calibrationFromTags() takes table, focal plane and 35 mm in that order", () => {
  const tags = {
    model: "FC300S",
    focalLengthMm: 3.61,
    focalLength35Mm: 20,
    focalPlanePxPerMm: 600,
    widthPx: 4000,
    heightPx: 2250,
  };
  const focal = (change: Partial<typeof tags> | { model: null } | { focalPlanePxPerMm: null }) => {
    const { calibration, source } = calibrationFromTags({ ...tags, ...change }, "a.jpg");
    return [source, Math.round(calibration.fxPx)];
  };
  assert.deepEqual(focal({}), ["table", 2340]);
  assert.deepEqual(focal({ model: null }), ["focal_plane", 2166]);
  assert.deepEqual(
    calibrationFromTags({ ...tags, model: null, focalPlanePxPerMm: null }, "a.jpg").source,
    "35_mm",
  );
  assert.throws(
    () =>
      calibrationFromTags(
        { ...tags, model: null, focalPlanePxPerMm: null, focalLength35Mm: null },
        "a.jpg",
      ),
    /a\.jpg.*no focal length/s,
  );
  assert.throws(() => calibrationFromTags({ ...tags, focalLengthMm: 900 }, "a.jpg"), DataError);
});

Deno.test("localFromCamera() points the picture's top along the yaw when the camera looks down", () => {
  const rotation = localFromCamera({ yawDeg: 90, pitchDeg: -90, rollDeg: 0 });
  const near = (a: readonly number[], b: readonly number[]) =>
    a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < 1e-12, `${a} is not ${b}`));
  near(rotate(rotation, [0, 0, 1]), [0, 0, -1]);
  near(rotate(rotation, [0, -1, 0]), [1, 0, 0]);
  near(rotate(localFromCamera({ yawDeg: 90, pitchDeg: -90, rollDeg: 0 }, 180), [0, -1, 0]), [
    -1,
    0,
    0,
  ]);
});
