import assert from "node:assert/strict";
import { DataError, seededRandom } from "../../src/core/mod.ts";
import { openVision, VisionFrame } from "../../src/native/vision/mod.ts";
import {
  CALIBRATION,
  cameraRotation,
  centroid,
  groundOf,
  LEVEL_NORTH,
  Scene,
} from "./vision_scene.ts";

const SPOT_SIGMA_M = 1.2;

/** Dark ground with one round spot. */
function spotAt(eastM: number, northM: number) {
  return groundOf(240, (e, n) => {
    const d2 = (e - eastM) ** 2 + (n - northM) ** 2;
    return 25 + 200 * Math.exp(-d2 / (2 * SPOT_SIGMA_M ** 2));
  });
}

Deno.test("rectify() puts a spot at its place on the ground under tilt, heading and distortion", async () => {
  const seed = "rectify spots", random = seededRandom(seed);
  const spread = (width: number) => width * (2 * random.uniform() - 1);
  using vision = openVision();
  for (let trial = 0; trial < 10; trial++) {
    const attitude = {
      rollDeg: spread(15),
      pitchDeg: spread(15),
      headingDeg: spread(180),
    };
    const stand = {
      positionLocalM: [spread(15), spread(15), 70 + spread(10)] as const,
      attitude,
    };
    const [eastM, northM, heightM] = stand.positionLocalM;
    const localFromCamera = cameraRotation(attitude);
    const down = -localFromCamera[8];
    // Somewhere near the middle of what is seen.
    const spotEastM = eastM + localFromCamera[2] / down * heightM + spread(18);
    const spotNorthM = northM + localFromCamera[5] / down * heightM + spread(18);
    using scene = new Scene(vision, spotAt(spotEastM, spotNorthM));
    await using frame = await scene.frame(stand);
    // The last patch is coarse enough for the frame's pyramid.
    for (const gsdM of [0.2, 0.4, 0.9]) {
      const widthPx = Math.round(24 / gsdM), heightPx = Math.round(20 / gsdM);
      const centreEastM = spotEastM - eastM + spread(2);
      const centreNorthM = spotNorthM - northM + spread(2);
      const patch = await frame.rectify({
        localFromCamera,
        heightM,
        centreEastM,
        centreNorthM,
        gsdM,
        widthPx,
        heightPx,
      });
      const [x, y] = centroid(patch, 60);
      const expectedX = (spotEastM - eastM - centreEastM) / gsdM + widthPx / 2 - 0.5;
      const expectedY = heightPx / 2 - 0.5 - (spotNorthM - northM - centreNorthM) / gsdM;
      const missPx = Math.hypot(x - expectedX, y - expectedY);
      assert.ok(
        missPx < 0.3,
        `seed "${seed}", trial ${trial}, ${gsdM} m: ${missPx.toFixed(3)} px off`,
      );
    }
  }
  assert.equal(vision.liveHandles(), 0);
});

Deno.test("rectify() masks what the camera did not see and what lies behind its horizon", async () => {
  using vision = openVision();
  using scene = new Scene(vision, groundOf(240, () => 120));
  await using frame = await scene.frame({ positionLocalM: [0, 0, 60], attitude: LEVEL_NORTH });
  const widthPx = 200, heightPx = 200, gsdM = 1;
  const view = { heightM: 60, centreEastM: 0, centreNorthM: 0, gsdM, widthPx, heightPx };
  const nadir = await frame.rectify({ ...view, localFromCamera: cameraRotation(LEVEL_NORTH) });
  const at = (mask: Uint8Array, eastM: number, northM: number) =>
    mask[Math.round(heightPx / 2 - 0.5 - northM) * widthPx + Math.round(widthPx / 2 - 0.5 + eastM)];
  assert.equal(at(nadir.mask, 0, 0), 255);
  assert.equal(at(nadir.mask, 30, 20), 255, "inside of the picture");
  assert.equal(at(nadir.mask, 40, 0), 0, "east of the picture");
  assert.equal(at(nadir.mask, 0, -32), 0, "south of the picture");
  const upwards = { ...LEVEL_NORTH, pitchDeg: 180 };
  const sky = await frame.rectify({ ...view, localFromCamera: cameraRotation(upwards) });
  assert.ok(sky.mask.every((value) => value === 0), "a camera that looks up sees no ground");
});

Deno.test("decode() refuses what is no JPEG of the camera's size, and keeps nothing of it", async () => {
  using vision = openVision();
  using scene = new Scene(vision, groundOf(120, () => 120));
  const jpeg = await scene.jpeg({ positionLocalM: [0, 0, 60], attitude: LEVEL_NORTH });
  const before = vision.liveHandles();
  const wrongSize = { ...CALIBRATION, widthPx: 320, heightPx: 240 };
  const cases = [
    [jpeg, wrongSize, /640x480.*320x240/],
    [new Uint8Array(0), CALIBRATION, /frame 7/],
    [new TextEncoder().encode("no picture at all"), CALIBRATION, /frame 7/],
    [jpeg.slice(0, 40), CALIBRATION, /frame 7/],
  ] as const;
  for (const [bytes, camera, message] of cases) {
    await assert.rejects(
      VisionFrame.decode(vision, bytes, camera, "frame 7"),
      (error) => error instanceof DataError && message.test(error.message),
    );
  }
  assert.equal(vision.liveHandles(), before);
});

Deno.test("close() waits for the calls in flight, may be called twice, and refuses new ones", async () => {
  using vision = openVision();
  using scene = new Scene(vision, groundOf(120, () => 120));
  const before = vision.liveHandles();
  const frame = await scene.frame({ positionLocalM: [0, 0, 60], attitude: LEVEL_NORTH });
  assert.equal(vision.liveHandles(), before + 1);
  const options = {
    localFromCamera: cameraRotation(LEVEL_NORTH),
    heightM: 60,
    centreEastM: 0,
    centreNorthM: 0,
    gsdM: 0.1,
    widthPx: 800,
    heightPx: 600,
  };
  const running = [frame.rectify(options), frame.rectify(options)];
  const closing = [frame.close(), frame.close()];
  // A call begun now would outlive the memory that it reads.
  await assert.rejects(async () => await frame.rectify(options), ReferenceError);
  await Promise.all(closing);
  assert.equal(vision.liveHandles(), before);
  for (const patch of await Promise.all(running)) {
    assert.ok(patch.mask.some((value) => value === 255));
  }
  assert.throws(() => frame.quality(), ReferenceError);
});
