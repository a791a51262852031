import assert from "node:assert/strict";
import {
  BODY_FROM_NADIR_CAMERA,
  localFromBody,
  type Matrix3,
  matrixFromQuaternion,
  matrixTranspose,
  matrixVector,
  quaternionMultiply,
  radiansFromDegrees,
  seededRandom,
  type Vector3,
} from "../../src/core/mod.ts";
import {
  type CameraModel,
  openVision,
  type Picture,
  pixelsFromRays,
  RenderCamera,
  RenderGround,
  type RenderLook,
} from "../../src/native/vision/mod.ts";

const INTRINSICS: CameraModel = {
  widthPx: 640,
  heightPx: 480,
  fxPx: 560,
  fyPx: 556,
  cxPx: 315.2,
  cyPx: 243.7,
  distortion: [-0.12, 0.03, 6e-4, -4e-4, 0.001],
};
const PLAIN: RenderLook = {
  gain: 1,
  vignetting: 0,
  noise: 0,
  noisePerLevel: 0,
  noiseSeed: 1n,
};
const GSD_M = 0.25;

/** Dark ground of 200 m × 200 m about the origin, with one round spot of 0.8 m. */
function groundWithSpot(eastM: number, northM: number): Picture {
  const size = 800, pixels = new Uint8Array(size * size).fill(20);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const east = (x + 0.5) * GSD_M - 100, north = 100 - (y + 0.5) * GSD_M;
      const d2 = (east - eastM) ** 2 + (north - northM) ** 2;
      if (d2 < 25) pixels[y * size + x] = 20 + Math.round(200 * Math.exp(-d2 / (2 * 0.8 ** 2)));
    }
  }
  return { widthPx: size, heightPx: size, channels: 1, pixels };
}

const CORNER = { westM: -100, northM: 100, gsdM: GSD_M };

function centroid(picture: Picture): [number, number] {
  let [sum, sx, sy] = [0, 0, 0];
  for (let y = 0, i = 0; y < picture.heightPx; y++) {
    for (let x = 0; x < picture.widthPx; x++, i++) {
      const weight = Math.max(0, picture.pixels[i] - 22);
      sum += weight;
      sx += weight * x;
      sy += weight * y;
    }
  }
  return [sx / sum, sy / sum];
}

function cameraRotation(rollDeg: number, pitchDeg: number, yawDeg: number): Matrix3 {
  const body = localFromBody({
    rollRad: radiansFromDegrees(rollDeg),
    pitchRad: radiansFromDegrees(pitchDeg),
    yawRad: radiansFromDegrees(yawDeg),
  });
  return matrixFromQuaternion(quaternionMultiply(body, BODY_FROM_NADIR_CAMERA));
}

Deno.test("view() shows a spot at the pixel of the camera model under tilt and heading", async () => {
  const seed = "render spots", random = seededRandom(seed);
  using vision = openVision();
  using camera = new RenderCamera(vision, INTRINSICS);
  for (let trial = 0; trial < 12; trial++) {
    const spread = (width: number) => width * (2 * random.uniform() - 1);
    const positionLocalM: Vector3 = [spread(20), spread(20), 60 + spread(15)];
    const localFromCamera = cameraRotation(spread(18), spread(15), spread(180));
    const wanted: [number, number] = [320 + spread(240), 240 + spread(170)];
    // Shoot a ray near the wanted pixel, put the spot where it hits, and ask where it is seen.
    const wantedRay = matrixVector(localFromCamera, [
      (wanted[0] - INTRINSICS.cxPx) / INTRINSICS.fxPx,
      (wanted[1] - INTRINSICS.cyPx) / INTRINSICS.fyPx,
      1,
    ]);
    const t = positionLocalM[2] / -wantedRay[2];
    const [east, north] = [
      positionLocalM[0] + t * wantedRay[0],
      positionLocalM[1] + t * wantedRay[1],
    ];
    if (Math.abs(east) > 90 || Math.abs(north) > 90) continue;
    using ground = new RenderGround(vision, groundWithSpot(east, north), CORNER);
    const picture = await camera.view(ground, [{ positionLocalM, localFromCamera }], PLAIN);
    const inCamera = matrixVector(matrixTranspose(localFromCamera), [
      east - positionLocalM[0],
      north - positionLocalM[1],
      -positionLocalM[2],
    ]);
    const ray = Float64Array.of(inCamera[0] / inCamera[2], inCamera[1] / inCamera[2]);
    const expected = pixelsFromRays(vision, INTRINSICS, ray);
    const seen = centroid(picture);
    const missPx = Math.hypot(seen[0] - expected[0], seen[1] - expected[1]);
    assert.ok(missPx < 0.2, `trial ${trial} of seed "${seed}": ${missPx.toFixed(3)} px off`);
  }
});

Deno.test("view() has the nose at the top of the picture when the aircraft looks north", async () => {
  using vision = openVision();
  using camera = new RenderCamera(vision, INTRINSICS);
  using ground = new RenderGround(vision, groundWithSpot(0, 15), CORNER);
  const pose = { positionLocalM: [0, 0, 60] as Vector3, localFromCamera: cameraRotation(0, 0, 0) };
  const [x, y] = centroid(await camera.view(ground, [pose], PLAIN));
  assert.ok(Math.abs(x - INTRINSICS.cxPx) < 1 && y < INTRINSICS.cyPx - 100, `(${x}, ${y})`);
});

Deno.test("view() shows the mirror image of the ground beyond its edge", async () => {
  using vision = openVision();
  using camera = new RenderCamera(vision, { ...INTRINSICS, distortion: [0, 0, 0, 0, 0] });
  using ground = new RenderGround(vision, groundWithSpot(90, 0), CORNER);
  const localFromCamera = cameraRotation(0, 0, 0);
  // The image of the spot stands 10 m beyond the eastern edge at 100 m.
  const pose = { positionLocalM: [118, 0, 20] as Vector3, localFromCamera };
  const seen = centroid(await camera.view(ground, [pose], PLAIN));
  const expected = INTRINSICS.cxPx + INTRINSICS.fxPx * (110 - 118) / 20;
  assert.ok(Math.abs(seen[0] - expected) < 0.3, `${seen[0]} instead of ${expected}`);
});

Deno.test("view() averages fine detail when the camera is far away", async () => {
  using vision = openVision();
  using camera = new RenderCamera(vision, INTRINSICS);
  const size = 1600, pixels = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) pixels[y * size + x] = (x + y) % 2 === 0 ? 40 : 200;
  }
  const picture: Picture = { widthPx: size, heightPx: size, channels: 1, pixels };
  using ground = new RenderGround(vision, picture, { westM: -200, northM: 200, gsdM: GSD_M });
  const pose = {
    positionLocalM: [0, 0, 300] as Vector3,
    localFromCamera: cameraRotation(0, 0, 30),
  };
  const seen = await camera.view(ground, [pose], PLAIN);
  const far = seen.pixels.filter((level) => Math.abs(level - 120) > 3).length;
  assert.equal(far, 0, `${far} pixels show the chequers`);
});

Deno.test("view() smears what moves during the exposure", async () => {
  using vision = openVision();
  using camera = new RenderCamera(vision, INTRINSICS);
  using ground = new RenderGround(vision, groundWithSpot(0, 0), CORNER);
  const localFromCamera = cameraRotation(0, 0, 0);
  const pose = (eastM: number) => ({
    positionLocalM: [eastM, 0, 60] as Vector3,
    localFromCamera,
  });
  const peak = (picture: Picture) => picture.pixels.reduce((a, b) => Math.max(a, b), 0);
  const sharp = await camera.view(ground, [pose(0)], PLAIN);
  const smeared = await camera.view(ground, [pose(-2), pose(0), pose(2)], PLAIN);
  assert.ok(peak(smeared) < 0.5 * peak(sharp));
  assert.ok(Math.abs(centroid(smeared)[0] - centroid(sharp)[0]) < 0.2);
});

Deno.test("view() adds noise of the asked strength, the same for the same seed", async () => {
  using vision = openVision();
  using camera = new RenderCamera(vision, INTRINSICS);
  const flat: Picture = {
    widthPx: 64,
    heightPx: 64,
    channels: 1,
    pixels: new Uint8Array(64 * 64).fill(100),
  };
  using ground = new RenderGround(vision, flat, { westM: -8, northM: 8, gsdM: 0.25 });
  const pose = { positionLocalM: [0, 0, 60] as Vector3, localFromCamera: cameraRotation(0, 0, 0) };
  const look = { ...PLAIN, noise: 3, noisePerLevel: 0.02 };
  const [a, b, c] = [
    await camera.view(ground, [pose], look),
    await camera.view(ground, [pose], look),
    await camera.view(ground, [pose], { ...look, noiseSeed: 2n }),
  ];
  assert.deepEqual(a.pixels, b.pixels);
  assert.notDeepEqual(a.pixels, c.pixels);
  const count = a.pixels.length;
  const mean = a.pixels.reduce((sum, level) => sum + level, 0) / count;
  const sigma = Math.sqrt(a.pixels.reduce((sum, level) => sum + (level - mean) ** 2, 0) / count);
  assert.ok(Math.abs(mean - 100) < 0.2, `mean ${mean}`);
  assert.ok(Math.abs(sigma - 5) < 0.2, `sigma ${sigma}`);
});

Deno.test("render handles are counted, freed once, and refuse nonsense", async () => {
  using vision = openVision();
  const before = vision.liveHandles();
  const camera = new RenderCamera(vision, INTRINSICS);
  const ground = new RenderGround(vision, groundWithSpot(0, 0), CORNER);
  assert.equal(vision.liveHandles(), before + 2);
  const localFromCamera = cameraRotation(0, 0, 0);
  await assert.rejects(
    camera.view(ground, [{ positionLocalM: [0, 0, -1], localFromCamera }], PLAIN),
    /not above the ground/,
  );
  await assert.rejects(
    camera.view(ground, [{ positionLocalM: [0, NaN, 10], localFromCamera }], PLAIN),
    /not finite/,
  );
  ground.close();
  ground.close();
  await assert.rejects(
    camera.view(ground, [{ positionLocalM: [0, 0, 10], localFromCamera }], PLAIN),
    /closed/,
  );
  camera.close();
  assert.equal(vision.liveHandles(), before);
});
