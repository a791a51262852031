import assert from "node:assert/strict";
import {
  DataError,
  LocalFrame,
  type MonotonicNs,
  radiansFromDegrees,
  seededRandom,
  type Vector3,
} from "../../src/core/mod.ts";
import type { CameraFrame } from "../../src/navigation/camera/mod.ts";
import { AirborneConfigSchema } from "../../src/airborne/config.ts";
import { Locator } from "../../src/airborne/locator.ts";
import { type FrameOutcome, Navigator } from "../../src/airborne/navigator.ts";
import { TileMap } from "../../src/navigation/map/mod.ts";
import { StructuralMatcher } from "../../src/navigation/matcher/mod.ts";
import {
  AdaptiveRecogniser,
  ExhaustiveSearch,
} from "../../src/navigation/place_recognition/mod.ts";
import { PlanarPoseSolver } from "../../src/navigation/pose/mod.ts";
import { Eskf, type StateEstimator } from "../../src/navigation/state_estimator/mod.ts";
import { PlanarKlt } from "../../src/navigation/vio/mod.ts";
import { openVision, type VisionLibrary } from "../../src/native/vision/mod.ts";
import {
  bodyRotation,
  CALIBRATION,
  type CameraStand,
  MemoryTiles,
  ORIGIN,
  paintedGround,
  Scene,
} from "./vision_scene.ts";

const SEED = "navigator";
const SPEED_MPS = 14, HEIGHT_M = 100, HEADING_DEG = 60, FRAME_HZ = 2, IMU_HZ = 100;
const GRAVITY = 9.80665;

/** Straight and level, so that the truth is a formula. */
function standAt(timeS: number): CameraStand {
  const heading = radiansFromDegrees(HEADING_DEG), along = SPEED_MPS * (timeS - 5);
  return {
    positionLocalM: [along * Math.sin(heading), along * Math.cos(heading), HEIGHT_M],
    attitude: { rollDeg: 0, pitchDeg: 0, headingDeg: HEADING_DEG },
  };
}

class Rig implements AsyncDisposable {
  readonly estimator: StateEstimator;
  readonly navigator: Navigator;
  readonly scene: Scene;
  readonly idle: number;
  readonly #vision: VisionLibrary;
  readonly #random = seededRandom(SEED);
  #timeS = 0;
  #sequence = 0;

  private constructor(vision: VisionLibrary, scene: Scene, tiles: MemoryTiles) {
    this.#vision = vision;
    this.scene = scene;
    const config = AirborneConfigSchema.parse({});
    const frame = new LocalFrame(ORIGIN);
    const map = new TileMap(vision, tiles, frame);
    const search = new ExhaustiveSearch(vision, map, config.placeRecognition);
    this.estimator = new Eskf({ config: config.eskf, localFrame: frame });
    const locator = new Locator({
      recogniser: new AdaptiveRecogniser(map, search, null, config.placeRecognition),
      matcher: new StructuralMatcher(vision, map, config.structural),
      solver: new PlanarPoseSolver(vision, config.pose),
    }, {
      rerank: config.placeRecognition.rerank,
      refineResidualPx: config.navigator.refineResidualPx,
    });
    this.navigator = new Navigator({
      vision,
      estimator: this.estimator,
      vio: new PlanarKlt(vision, config.planarKlt),
      locator,
      localFrame: frame,
      mapBounds: map.bounds,
      terrain: null,
      config: config.navigator,
      priorSigmaMaxM: config.placeRecognition.priorSigmaMaxM,
    });
    this.idle = vision.liveHandles();
  }

  static async over(vision: VisionLibrary): Promise<Rig> {
    const ground = paintedGround(SEED);
    const tiles = await MemoryTiles.of(vision, ground);
    return new Rig(vision, new Scene(vision, ground), tiles);
  }

  /** Where the aircraft believes it starts, `offM` from the truth. */
  start(offM: Vector3, sigmaHorizontalM: number): void {
    const [east, north] = standAt(0).positionLocalM;
    this.estimator.setTakeoffOrigin(
      { positionLocalM: [east + offM[0], north + offM[1], HEIGHT_M + offM[2]] },
      sigmaHorizontalM,
      3,
    );
  }

  /** Sensors up to just after `timeS`. */
  fly(timeS: number): void {
    const until = timeS + 0.05;
    for (; this.#timeS < until; this.#timeS += 1 / IMU_HZ) {
      const timeNs = Math.round(this.#timeS * 1e9) as MonotonicNs;
      const { attitude } = standAt(this.#timeS);
      const tick = Math.round(this.#timeS * IMU_HZ);
      const off = (sigma: number) => sigma * this.#random.normal();
      this.estimator.addImu({
        timeNs,
        specificForceMps2: [off(0.05), off(0.05), -GRAVITY + off(0.05)],
        angularRateRps: [off(0.002), off(0.002), off(0.002)],
      });
      if (tick % 10 === 0) {
        this.estimator.addAttitude({
          timeNs,
          localFromBody: bodyRotation({ ...attitude, headingDeg: attitude.headingDeg + 1 }),
          sigmaTiltRad: radiansFromDegrees(0.7),
          sigmaHeadingRad: radiansFromDegrees(2),
        });
        this.estimator.addBaro({ timeNs, heightM: HEIGHT_M + off(0.3), sigmaM: 1 });
      }
    }
  }

  async camera(timeS: number): Promise<CameraFrame> {
    return {
      sequence: this.#sequence++,
      exposureMidNs: Math.round(timeS * 1e9) as MonotonicNs,
      jpeg: await this.scene.jpeg(standAt(timeS)),
      calibration: CALIBRATION,
    };
  }

  async frame(timeS: number): Promise<FrameOutcome> {
    this.fly(timeS);
    const outcome = await this.navigator.processFrame(await this.camera(timeS));
    assert.ok(outcome !== null);
    return outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.navigator.close();
    assert.equal(this.#vision.liveHandles(), this.idle, "the odometry's frame is given back");
    this.scene[Symbol.dispose]();
    assert.equal(this.#vision.liveHandles(), 0);
  }
}

function errorM(outcome: FrameOutcome): number {
  const truth = standAt(outcome.timeNs / 1e9).positionLocalM;
  const { positionLocalM } = outcome.estimate;
  return Math.hypot(positionLocalM[0] - truth[0], positionLocalM[1] - truth[1]);
}

function times(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i / FRAME_HZ);
}

Deno.test("the chain navigates from a roughly known start to fixes of metres, within its covariance", async () => {
  using vision = openVision();
  await using rig = await Rig.over(vision);
  rig.start([8, -6, 2], 8);
  const outcomes: FrameOutcome[] = [];
  for (const timeS of times(1, 12)) outcomes.push(await rig.frame(timeS));
  const last = outcomes[outcomes.length - 1];
  const fused = outcomes.filter((outcome) => outcome.fixOutcome?.fused);
  const registered = outcomes.filter((outcome) => outcome.vio.motion !== null);
  assert.ok(fused.length >= 8, `seed "${SEED}": ${fused.length} fixes of ${outcomes.length}`);
  assert.equal(registered.length, outcomes.length - 1, "all but the first register");
  assert.ok(errorM(last) < 3, `seed "${SEED}": ${errorM(last).toFixed(2)} m off at the end`);
  assert.equal(last.estimate.label, "satellite_anchored");
  assert.equal(last.reason, "");
  assert.equal(last.location.method, "prior");
  for (const outcome of fused) {
    assert.ok(errorM(outcome) < outcome.estimate.horizontal95M * 1.5, "within the 95 % ellipse");
  }
  assert.ok(outcomes.every((outcome) => outcome.latencyMs > 0));
});

Deno.test("the chain searches the map where nothing is known, and fuses only what further frames confirm", async () => {
  using vision = openVision();
  await using rig = await Rig.over(vision);
  rig.start([60, 50, 2], 70);
  const outcomes: FrameOutcome[] = [];
  for (const timeS of times(1, 10)) outcomes.push(await rig.frame(timeS));
  const first = outcomes.findIndex((outcome) => outcome.fixOutcome?.fused);
  assert.ok(first > 0, `seed "${SEED}": fused at frame ${first}`);
  const claims = outcomes.slice(0, first).filter((outcome) => outcome.reason === "unconfirmed");
  const { confirmations } = AirborneConfigSchema.parse({}).navigator;
  assert.ok(claims.length >= confirmations, `${claims.length} frames waited for confirmation`);
  assert.ok(claims.every((outcome) => outcome.fixOutcome === null), "nothing unconfirmed is fused");
  assert.notEqual(outcomes[first].location.method, "prior", "told as found by search");
  const last = outcomes[outcomes.length - 1];
  assert.ok(errorM(last) < 4, `seed "${SEED}": ${errorM(last).toFixed(2)} m off at the end`);
});

Deno.test("a start that is 150 m off, known to 10 m: pictures contradict it, and the place is found", async () => {
  using vision = openVision();
  await using rig = await Rig.over(vision);
  rig.start([150, -40, 0], 10);
  const outcomes: FrameOutcome[] = [];
  for (const timeS of times(1, 14)) outcomes.push(await rig.frame(timeS));
  const first = outcomes.findIndex((outcome) => outcome.fixOutcome?.fused);
  assert.ok(first > 0, "it is found");
  const before = outcomes[first - 1].estimate;
  assert.ok(before.horizontal95M > 150, `${before.horizontal95M} m: the sigma had grown before`);
  const last = outcomes[outcomes.length - 1];
  assert.ok(errorM(last) < 4, `seed "${SEED}": ${errorM(last).toFixed(2)} m off at the end`);
});

Deno.test("a frame that is no picture of the camera is a DataError, leaks nothing, and the flight goes on", async () => {
  using vision = openVision();
  await using rig = await Rig.over(vision);
  rig.start([2, -2, 0], 5);
  await rig.frame(1);
  const held = vision.liveHandles();
  rig.fly(1.5);
  const good = await rig.camera(1.5);
  const other = { ...CALIBRATION, widthPx: 320, heightPx: 240 };
  const broken: CameraFrame[] = [
    { ...good, calibration: other },
    { ...good, jpeg: good.jpeg.slice(0, 100) },
    { ...good, jpeg: new Uint8Array(0) },
    { ...good, jpeg: new TextEncoder().encode("no picture") },
  ];
  for (const camera of broken) {
    await assert.rejects(
      rig.navigator.processFrame(camera),
      (error) => error instanceof DataError && error.message.includes(`frame ${good.sequence}`),
    );
    assert.equal(vision.liveHandles(), held);
  }
  const outcome = await rig.navigator.processFrame(good);
  assert.ok(outcome !== null && outcome.vio.motion !== null, "the odometry bridges the gap");
  assert.ok(errorM(outcome) < 5);
});

Deno.test("processFrame() is null before the estimator has started, and keeps no frame", async () => {
  using vision = openVision();
  await using rig = await Rig.over(vision);
  assert.equal(await rig.navigator.processFrame(await rig.camera(1)), null);
  assert.equal(vision.liveHandles(), rig.idle);
});

Deno.test("near the ground no fix is tried", async () => {
  using vision = openVision();
  await using rig = await Rig.over(vision);
  const { heightMinM } = AirborneConfigSchema.parse({}).navigator;
  const [east, north] = standAt(0).positionLocalM;
  rig.estimator.setTakeoffOrigin({ positionLocalM: [east, north, heightMinM / 2] }, 3, 0.1);
  const timeNs = (seconds: number) => Math.round(seconds * 1e9) as MonotonicNs;
  for (let i = 0; i <= 105; i++) {
    const specificForceMps2: Vector3 = [0, 0, -GRAVITY];
    rig.estimator.addImu({ timeNs: timeNs(i / 100), specificForceMps2, angularRateRps: [0, 0, 0] });
    if (i % 10 !== 0) continue;
    rig.estimator.addAttitude({
      timeNs: timeNs(i / 100),
      localFromBody: bodyRotation(standAt(0).attitude),
      sigmaTiltRad: 0.01,
      sigmaHeadingRad: 0.03,
    });
    rig.estimator.addBaro({ timeNs: timeNs(i / 100), heightM: heightMinM / 2, sigmaM: 0.2 });
  }
  const outcome = await rig.navigator.processFrame(await rig.camera(1));
  assert.ok(outcome !== null);
  assert.equal(outcome.reason, "too_low");
  assert.equal(outcome.fixOutcome, null);
});
