import assert from "node:assert/strict";
import { seededRandom } from "../../src/core/mod.ts";
import { searchArea } from "../../src/navigation/place_recognition/exhaustive.ts";
import { PlaceRecognitionConfigSchema } from "../../src/navigation/place_recognition/mod.ts";

Deno.test("searchArea(): a map that is coarsened to the limit is within it, whatever its size", () => {
  const config = PlaceRecognitionConfigSchema.parse({});
  const random = seededRandom("search area");
  const camera = { widthPx: 1280, heightPx: 480, fxPx: 1109 };
  const prior = (heightM: number) => ({
    positionLocalM: [0, 0, heightM] as const,
    localFromCamera: [1, 0, 0, 0, 1, 0, 0, 0, 1] as const,
    sigmaHorizontalM: 1e6,
    sigmaHeadingRad: 0.1,
    sigmaHeightM: 2,
  });
  const heightM = 130, footprintM = heightM * camera.widthPx / camera.fxPx;
  const largestM = footprintM / config.exhaustiveWidthMinPx * Math.sqrt(config.exhaustivePixelsMax);
  const smallestM = footprintM / config.exhaustiveWidthPx * Math.sqrt(config.exhaustivePixelsMax);
  for (let i = 0; i < 1000; i++) {
    const half = (smallestM + (largestM - smallestM) * random.uniform()) / 2;
    const bounds = { eastMinM: -half, eastMaxM: half, northMinM: -half, northMaxM: half };
    const { pixels } = searchArea(prior(heightM), bounds, camera, config, 0.4);
    assert.ok(pixels <= config.exhaustivePixelsMax, `${2 * half} m: ${pixels} pixels`);
  }
});

Deno.test("searchArea(): a long strip of map costs what it covers", () => {
  const config = PlaceRecognitionConfigSchema.parse({});
  const camera = { widthPx: 1280, heightPx: 480, fxPx: 1109 };
  const prior = {
    positionLocalM: [0, 0, 500] as const,
    localFromCamera: [1, 0, 0, 0, 1, 0, 0, 0, 1] as const,
    sigmaHorizontalM: 1e6,
    sigmaHeadingRad: 0.1,
    sigmaHeightM: 2,
  };
  const bounds = { eastMinM: 0, eastMaxM: 20_000, northMinM: -1000, northMaxM: 1000 };
  const area = searchArea(prior, bounds, camera, config, 0.4);
  assert.deepEqual([area.eastM, area.northM], [10_000, 0]);
  assert.deepEqual([area.reachEastM, area.reachNorthM], [10_000, 1000]);
  assert.ok(area.pixels <= 40e6 / area.gsdM ** 2 + 1, `${area.pixels} pixels`);
});
