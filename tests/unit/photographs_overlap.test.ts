/** A photograph located by what it shares with another one. */
import assert from "node:assert/strict";
import { composeOverlapLocator } from "../../src/airborne/compose_overlap.ts";
import { AirborneConfigSchema } from "../../src/airborne/config.ts";
import { PhotographGround } from "../../src/airborne/photographs/overlap.ts";
import { StageClock } from "../../src/airborne/stage_clock.ts";
import {
  BODY_FROM_NADIR_CAMERA,
  matrixFromQuaternion,
  monotonicNs,
  quaternionConjugate,
  quaternionMultiply,
  radiansFromDegrees,
  seededRandom,
  type Vector3,
} from "../../src/core/mod.ts";
import { localFromCamera } from "../../src/flight/photographs/mod.ts";
import { openVision, VisionFrame, type VisionLibrary } from "../../src/native/vision/mod.ts";
import { PlanarPoseSolver, type PoseFix } from "../../src/navigation/pose/mod.ts";

const WIDTH_PX = 480, HEIGHT_PX = 360, FOCAL_PX = 400, HEIGHT_M = 80;
const GROUND_PX = 1000, GSD_M = 0.25;
const CAMERA = {
  id: "made",
  widthPx: WIDTH_PX,
  heightPx: HEIGHT_PX,
  fxPx: FOCAL_PX,
  fyPx: FOCAL_PX,
  cxPx: (WIDTH_PX - 1) / 2,
  cyPx: (HEIGHT_PX - 1) / 2,
  distortion: [0, 0, 0, 0, 0] as [number, number, number, number, number],
};

function ground(seed: string): Uint8Array {
  const random = seededRandom(seed);
  const pixels = new Uint8Array(GROUND_PX * GROUND_PX).fill(110);
  for (let i = 0; i < 4000; i++) {
    const width = 4 + random.integer(20), height = 4 + random.integer(20);
    const left = random.integer(GROUND_PX), top = random.integer(GROUND_PX);
    const grey = random.integer(256);
    for (let y = top; y < Math.min(GROUND_PX, top + height); y++) {
      pixels.fill(grey, y * GROUND_PX + left, y * GROUND_PX + Math.min(GROUND_PX, left + width));
    }
  }
  return pixels;
}

/** Straight down, its top towards `yawDeg`. */
async function frameAt(
  vision: VisionLibrary,
  pixels: Uint8Array,
  [eastM, northM]: readonly [number, number],
  yawDeg: number,
): Promise<VisionFrame> {
  const picture = new Uint8Array(WIDTH_PX * HEIGHT_PX);
  const yaw = radiansFromDegrees(yawDeg), c = Math.cos(yaw), s = Math.sin(yaw);
  for (let y = 0; y < HEIGHT_PX; y++) {
    for (let x = 0; x < WIDTH_PX; x++) {
      const right = (x - CAMERA.cxPx) * HEIGHT_M / FOCAL_PX;
      const up = (CAMERA.cyPx - y) * HEIGHT_M / FOCAL_PX;
      const east = eastM + c * right + s * up, north = northM - s * right + c * up;
      const column = Math.round(GROUND_PX / 2 + east / GSD_M);
      const row = Math.round(GROUND_PX / 2 - north / GSD_M);
      picture[y * WIDTH_PX + x] = pixels[row * GROUND_PX + column] ?? 0;
    }
  }
  return await VisionFrame.fromGrey(vision, picture, CAMERA, "made");
}

Deno.test("a photograph is located on the ground of one that it overlaps, and of other ground it is not", async () => {
  using vision = openVision();
  const config = AirborneConfigSchema.parse({});
  const pixels = ground("shared ground");
  const rotation = localFromCamera({ yawDeg: 20, pitchDeg: -90, rollDeg: 0 });
  const pose = {
    positionLocalM: [-20, 5, HEIGHT_M] as Vector3,
    localFromBody: quaternionMultiply(rotation, quaternionConjugate(BODY_FROM_NADIR_CAMERA)),
    covariance: new Float64Array(36),
  };
  const base: PoseFix = {
    status: "fix",
    timeNs: monotonicNs(0),
    posterior: pose,
    measurementOnly: pose,
    localFromCamera: matrixFromQuaternion(rotation),
    inliers: 20,
    points: 20,
    residualM: 0,
  };
  await using first = await frameAt(vision, pixels, [-20, 5], 20);
  const locator = composeOverlapLocator(
    {
      vision,
      solver: new PlanarPoseSolver(vision, config.pose),
      config,
      stages: new StageClock(),
    },
    await PhotographGround.of(first, base),
  );
  const look = async (seen: Uint8Array) => {
    await using frame = await frameAt(vision, seen, [22, 18], 24);
    return await locator.locate(frame, monotonicNs(0), {
      positionLocalM: [28, 12, HEIGHT_M * 1.02],
      heightM: HEIGHT_M * 1.02,
      localFromCamera: matrixFromQuaternion(
        localFromCamera({ yawDeg: 22, pitchDeg: -90, rollDeg: 0 }),
      ),
      sigmaHorizontalM: 10,
      sigmaHeightM: 2,
      sigmaTiltRad: radiansFromDegrees(1.5),
      sigmaHeadingRad: radiansFromDegrees(4),
    }, BODY_FROM_NADIR_CAMERA);
  };
  const { fix } = await look(pixels);
  assert.ok(fix !== null && fix.inliers >= 20);
  const [eastM, northM] = fix.posterior.positionLocalM;
  assert.ok(Math.hypot(eastM - 22, northM - 18) < 1.5, `${eastM}, ${northM}`);
  assert.equal((await look(ground("other ground"))).fix, null);
});
