/** What is searched for a photograph, by what is known of its flight: held against a ground that answers what it is asked. */
import assert from "node:assert/strict";
import sharp from "sharp";
import type { CameraPrior } from "../../src/airborne/camera_prior.ts";
import type { Airborne } from "../../src/airborne/contract.ts";
import { type Location, NO_LOCATION } from "../../src/airborne/locator.ts";
import { FlightKnowledge } from "../../src/airborne/photographs/flight_knowledge.ts";
import { PhotographLocator } from "../../src/airborne/photographs/locate_photograph.ts";
import { StageClock } from "../../src/airborne/stage_clock.ts";
import {
  BODY_FROM_NADIR_CAMERA,
  matrixFromQuaternion,
  monotonicNs,
  quaternionConjugate,
  quaternionMultiply,
} from "../../src/core/mod.ts";
import { localFromCamera } from "../../src/flight/photographs/mod.ts";
import type { PhotographEvent } from "../../src/flight/replay/mod.ts";
import { openVision } from "../../src/native/vision/mod.ts";

const WIDTH_PX = 64, HEIGHT_PX = 48, TAGGED_HEIGHT_M = 100;
const DOWN = localFromCamera({ yawDeg: 0, pitchDeg: -90, rollDeg: 0 });

/** Every 5 s, with a barometer's height. */
async function event(sequence: number): Promise<PhotographEvent> {
  const jpeg = await sharp({
    create: { width: WIDTH_PX, height: HEIGHT_PX, channels: 3, background: "grey" },
  }).jpeg().toBuffer();
  return {
    kind: "photograph",
    name: `${sequence}.jpg`,
    receivedNs: monotonicNs(5e9 * sequence),
    flight: 0,
    capturedAt: null,
    frame: {
      sequence,
      exposureMidNs: monotonicNs(5e9 * sequence),
      jpeg: new Uint8Array(jpeg),
      calibration: {
        id: "made",
        widthPx: WIDTH_PX,
        heightPx: HEIGHT_PX,
        fxPx: 60,
        fyPx: 60,
        cxPx: (WIDTH_PX - 1) / 2,
        cyPx: (HEIGHT_PX - 1) / 2,
        distortion: [0, 0, 0, 0, 0],
        bodyFromCamera: [...BODY_FROM_NADIR_CAMERA],
        mountingSigmaDeg: 0.5,
      },
    },
    heightAboveGroundM: TAGGED_HEIGHT_M,
    heightSource: "barometer",
    middleWithinPx: [0, 0],
    attitude: { localFromCamera: DOWN, source: "airframe", tiltDeg: 0, isTurned: false },
  };
}

/** 50 m further north each, from a height that the search must reach. */
function groundAt(heightM: number) {
  const asked: CameraPrior[] = [];
  const locate = (_frame: unknown, timeNs: number, prior: CameraPrior): Promise<Location> => {
    asked.push(prior);
    const isReached = Math.abs(prior.heightM - heightM) <= 2.2 * prior.sigmaHeightM;
    if (!isReached) return Promise.resolve({ ...NO_LOCATION, reason: "no_candidate" });
    const pose = {
      positionLocalM: [0, timeNs / 1e8, heightM] as const,
      localFromBody: quaternionMultiply(DOWN, quaternionConjugate(BODY_FROM_NADIR_CAMERA)),
      covariance: new Float64Array(36),
    };
    return Promise.resolve({
      fix: {
        status: "fix",
        timeNs: monotonicNs(timeNs),
        posterior: pose,
        measurementOnly: pose,
        localFromCamera: matrixFromQuaternion(DOWN),
        inliers: 20,
        points: 20,
        residualM: 0,
      },
      reason: "",
      score: prior.localFromCamera[0] > 0 ? 0.5 : 0.2,
      margin: 0.3,
      inliers: 20,
      method: "exhaustive",
    });
  };
  return { asked, locate };
}

Deno.test("heights that are all tagged too large are found by a thorough look, and then by what it told", async () => {
  using vision = openVision();
  const { asked, locate } = groundAt(TAGGED_HEIGHT_M / 1.13);
  const airborne = { vision, locator: { stages: new StageClock(), locate } };
  const locator = new PhotographLocator(
    airborne as unknown as Airborne,
    { eastM: 0, northM: 0, radiusM: 700 },
  );
  const flight = new FlightKnowledge();
  const look = async (sequence: number, isThorough: boolean) => {
    asked.length = 0;
    const options = { onlyNearby: false, isThorough };
    const { located } = await locator.locate(await event(sequence), flight, options);
    if (located !== null) flight.add(located);
    return located?.sequence ?? null;
  };
  assert.equal(await look(0, false), null);
  assert.equal(asked.length, 2, "the tagged height, both ways");
  assert.equal(await look(1, true), 1);
  assert.equal(await look(2, false), 2);
  assert.equal(asked.length, 1, "the height and the heading of the other");
  assert.equal(flight.isEstablished, true);
  // Its second look is where its neighbours put it.
  assert.equal(await look(0, false), 0);
  assert.ok(asked.length === 1 && asked[0].sigmaHorizontalM < 150);
});
