/**
 * The contract suite that every odometry must pass.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type MonotonicNs,
  quaternionConjugate,
  quaternionFromRotationVector,
  quaternionMultiply,
  type Random,
  rotate,
  rotationVectorFromQuaternion,
  seededRandom,
  type Vector3,
} from "../../src/core/mod.ts";
import type {
  CameraHint,
  MotionHint,
  VioFrame,
  VioOutput,
  VioStrategy,
} from "../../src/navigation/vio/mod.ts";
import {
  encodeJpeg,
  openVision,
  VisionFrame,
  type VisionLibrary,
} from "../../src/native/vision/mod.ts";
import {
  bodyRotation,
  CALIBRATION,
  cameraRotation,
  type CameraStand,
  groundOf,
  LEVEL_NORTH,
  mahalanobisSquared,
  paintedGround,
  Scene,
} from "../unit/vision_scene.ts";

const HEIGHT_M = 90;
const SEED = "vio suite";

interface Bench {
  readonly vio: VioStrategy;
  readonly vision: VisionLibrary;
  readonly scene: Scene;
  /** Native handles of the scene itself. */
  readonly idle: number;
}

type Body = (bench: Bench) => Promise<void>;

/** `ignore`: why it cannot run here. */
export function vioSuite(
  name: string,
  make: (vision: VisionLibrary) => VioStrategy | Promise<VioStrategy>,
  { ignore = "" }: { readonly ignore?: string } = {},
): void {
  for (const [title, body] of Object.entries({ ...moving, ...owning, ...failing })) {
    const because = ignore === "" ? "" : ` (skipped: ${ignore})`;
    Deno.test({
      name: `${name}: ${title}${because}`,
      ignore: ignore !== "",
      fn: async () => {
        using vision = openVision();
        using scene = new Scene(vision, paintedGround(SEED));
        const idle = vision.liveHandles();
        const vio = await make(vision);
        try {
          await body({ vio, vision, scene, idle });
        } finally {
          await vio.close();
        }
        assert.equal(vision.liveHandles(), idle, "close() gives the last frame back");
      },
    });
  }
}

/** Or another strategy stands in for it: these paths have jumps that no IMU feels, and one that believes it waits. */
function isTracking({ strategyLabel }: VioStrategy, output?: VioOutput): boolean {
  return output?.state === "tracking" || (output?.source ?? strategyLabel) !== strategyLabel;
}

function seconds(value: number): MonotonicNs {
  return Math.round(value * 1e9) as MonotonicNs;
}

const IMU_HZ = 100, GRAVITY_MPS2 = 9.80665;
/** An IMU is ahead of the pictures by as much as a camera takes to deliver them. */
const IMU_AHEAD_S = 0.03;

/** What each strategy was shown last. */
const shown = new WeakMap<VioStrategy, { readonly timeS: number; readonly stand: CameraStand }>();

/** The frame at that moment, for a strategy that has been given the IMU on the way there where it wants it. */
async function frameAt(
  { vio, scene }: Pick<Bench, "vio" | "scene">,
  timeS: number,
  stand: CameraStand,
): Promise<VioFrame> {
  const before = shown.get(vio) ?? { timeS: timeS - 0.3, stand };
  shown.set(vio, { timeS, stand });
  giveImu(vio, before, { timeS, stand });
  const jpeg = await scene.jpeg(stand);
  return {
    timeNs: seconds(timeS),
    frame: await VisionFrame.decode(scene.vision, jpeg, CALIBRATION, "frame"),
    bodyFromCamera: CALIBRATION.bodyFromCamera,
    picture: { jpeg },
  };
}

/** The turn is made from `IMU_AHEAD_S` after the frame before; the velocity does not change. */
function giveImu(
  vio: VioStrategy,
  from: { readonly timeS: number; readonly stand: CameraStand },
  to: { readonly timeS: number; readonly stand: CameraStand },
): void {
  let localFromBody = bodyRotation(from.stand.attitude);
  const turn = rotationVectorFromQuaternion(
    quaternionMultiply(quaternionConjugate(localFromBody), bodyRotation(to.stand.attitude)),
  );
  const beginS = from.timeS + IMU_AHEAD_S, durationS = to.timeS - beginS;
  const steps = Math.max(1, Math.round(durationS * IMU_HZ));
  const sample = (timeS: number, angularRateRps: Vector3) =>
    vio.addImu?.({
      timeNs: seconds(timeS),
      specificForceMps2: rotate(quaternionConjugate(localFromBody), [0, 0, GRAVITY_MPS2]),
      angularRateRps,
    });
  const rate = turn.map((angle) => angle / durationS) as unknown as Vector3;
  const step = turn.map((angle) => angle / steps) as unknown as Vector3;
  for (let i = 1; i <= steps; i++) {
    localFromBody = quaternionMultiply(localFromBody, quaternionFromRotationVector(step));
    sample(beginS + i * durationS / steps, rate);
  }
  for (const aheadS of [0.01, 0.02, IMU_AHEAD_S]) sample(to.timeS + aheadS, [0, 0, 0]);
}

function hint(from: CameraStand, to: CameraStand): MotionHint {
  const at = (stand: CameraStand): CameraHint => ({
    positionLocalM: stand.positionLocalM,
    localFromCamera: cameraRotation(stand.attitude),
  });
  return { from: at(from), to: at(to) };
}

/** A leg of straight flight with a little of everything in its attitude. */
function leg(random: Random, frames: number): CameraStand[] {
  const spread = (width: number) => width * (2 * random.uniform() - 1);
  const headingDeg = 360 * random.uniform(), heading = headingDeg * Math.PI / 180;
  return Array.from({ length: frames }, (_, i) => ({
    positionLocalM: [
      12 * i * Math.sin(heading) + spread(0.5),
      12 * i * Math.cos(heading) + spread(0.5),
      HEIGHT_M + spread(1),
    ] as const,
    attitude: {
      rollDeg: spread(6),
      pitchDeg: spread(6),
      headingDeg: headingDeg + spread(4),
    },
  }));
}

/** What the estimator would have believed of `truth`. */
function believed(random: Random, truth: CameraStand): CameraStand {
  const [east, north, up] = truth.positionLocalM;
  const { rollDeg, pitchDeg, headingDeg } = truth.attitude;
  return {
    positionLocalM: [east + 0.7 * random.normal(), north + 0.7 * random.normal(), up],
    attitude: {
      rollDeg: rollDeg + 0.1 * random.normal(),
      pitchDeg: pitchDeg + 0.1 * random.normal(),
      headingDeg: headingDeg + 0.3 * random.normal(),
    },
  };
}

const moving: Record<string, Body> = {
  "the motion between frames is right, in body axes, with a covariance that covers it": async (
    bench,
  ) => {
    const { vio } = bench;
    const random = seededRandom(SEED);
    const path = leg(random, 9);
    let sum = 0, motions = 0;
    let last: VioOutput | undefined;
    for (const [i, stand] of path.entries()) {
      const frame = await frameAt(bench, 1 + i / 2, stand);
      const from = i === 0 ? null : path[i - 1];
      const output = await vio.addFrame(
        frame,
        from === null ? null : hint(believed(random, from), believed(random, stand)),
      );
      last = output;
      if (from === null) continue;
      const where = `seed "${SEED}", frame ${i}: ${output.reason}`;
      assert.ok(output.motion !== null, where);
      const { motion } = output;
      assert.equal(motion.fromNs, seconds(1 + (i - 1) / 2));
      assert.equal(motion.toNs, seconds(1 + i / 2));
      assert.equal(motion.scaleQuality, "metric");
      const bodyFromLocal = quaternionConjugate(bodyRotation(from.attitude));
      const step = stand.positionLocalM.map((value, k) => value - from.positionLocalM[k]);
      // The truth, in the scale that the believed height gave.
      const scale = motion.scaleHeightM / from.positionLocalM[2];
      const translation = rotate(bodyFromLocal, step as unknown as Vector3)
        .map((value) => value * scale);
      const rotation = quaternionMultiply(bodyFromLocal, bodyRotation(stand.attitude));
      const translationError = motion.translationM.map((value, k) => value - translation[k]);
      const rotationError = rotationVectorFromQuaternion(
        quaternionMultiply(quaternionConjugate(motion.rotationFromTo), rotation),
      );
      assert.ok(Math.hypot(...translationError) < 0.4, `${where} ${translationError} m`);
      assert.ok(Math.hypot(...rotationError) < 0.003, `${where} ${rotationError} rad`);
      sum += mahalanobisSquared([...translationError, ...rotationError], motion.covariance);
      motions++;
    }
    // Six numbers each; cautious is allowed, overconfident is not.
    const nees = sum / motions;
    assert.ok(nees < 12, `seed "${SEED}": mean NEES ${nees.toFixed(1)} of 6`);
    assert.equal(vio.health().registered, motions);
    assert.ok(isTracking(vio, last), `${last?.state} ${last?.reason}`);
  },

  "small motions are small: a hovering camera does not drift away": async (bench) => {
    const { vio } = bench;
    const stand: CameraStand = { positionLocalM: [20, -30, HEIGHT_M], attitude: LEVEL_NORTH };
    await vio.addFrame(await frameAt(bench, 1, stand), null);
    const output = await vio.addFrame(await frameAt(bench, 1.5, stand), hint(stand, stand));
    assert.ok(output.motion !== null, output.reason);
    assert.ok(Math.hypot(...output.motion.translationM) < 0.1);
    const turn = rotationVectorFromQuaternion(output.motion.rotationFromTo);
    assert.ok(Math.hypot(...turn) < 0.001);
  },

  "the mounting is taken into account: another one, the same motion of the body": async (bench) => {
    const { vio } = bench;
    const random = seededRandom(`${SEED} mounting`);
    const [from, to] = leg(random, 2);
    const off = quaternionFromRotationVector([0, 0, 1]);
    // The body is turned by −1 rad about its z axis under the same camera.
    const bodyFromCamera = quaternionMultiply(off, CALIBRATION.bodyFromCamera);
    const plain = await frameAt(bench, 1, from), next = await frameAt(bench, 1.5, to);
    await vio.addFrame({ ...plain, bodyFromCamera }, null);
    const output = await vio.addFrame({ ...next, bodyFromCamera }, hint(from, to));
    assert.ok(output.motion !== null, output.reason);
    const bodyFromLocal = quaternionConjugate(bodyRotation(from.attitude));
    const step = to.positionLocalM.map((value, k) => value - from.positionLocalM[k]);
    const expected = rotate(off, rotate(bodyFromLocal, step as unknown as Vector3));
    const error = output.motion.translationM.map((value, k) => value - expected[k]);
    assert.ok(Math.hypot(...error) < 0.4, `${error}`);
  },
};

const owning: Record<string, Body> = {
  "it holds the last frame and no other": async (bench) => {
    const { vio, vision, idle } = bench;
    assert.equal(vio.lastFrameNs(), null);
    assert.equal(vio.health().state, "initialising");
    const path = leg(seededRandom(`${SEED} owning`), 3);
    for (const [i, stand] of path.entries()) {
      const frame = await frameAt(bench, 1 + i, stand);
      const output = await vio.addFrame(frame, i === 0 ? null : hint(path[i - 1], stand));
      if (i === 0) assert.equal(output.motion, null);
      assert.equal(vio.lastFrameNs(), seconds(1 + i));
      assert.equal(vision.liveHandles(), idle + 1);
    }
    await vio.reset();
    assert.equal(vision.liveHandles(), idle);
    assert.equal(vio.lastFrameNs(), null);
    assert.equal(vio.health().state, "initialising");
    await vio.close();
    await vio.close();
  },

  "a frame that cannot be compared leaks nothing and does not stand against every later one":
    async (bench) => {
      const { vio, vision, idle } = bench;
      const [from, to] = leg(seededRandom(`${SEED} closed`), 2);
      await vio.addFrame(await frameAt(bench, 1, from), null);
      const closed = await frameAt(bench, 2, to);
      await closed.frame.close();
      await assert.rejects(vio.addFrame(closed, hint(from, to)));
      assert.ok(vision.liveHandles() <= idle + 1);
      assert.equal(vio.lastFrameNs(), closed.timeNs, "the frame before it is not kept for ever");
      await assert.rejects(vio.addFrame(await frameAt(bench, 2.2, from), hint(from, to)));
      const next = await vio.addFrame(await frameAt(bench, 2.4, to), hint(from, to));
      assert.notEqual(next.motion, null, "the second frame after the fault registers again");
      // A picture of another size: another camera. It may be refused, but not be lost in memory.
      const other = { ...CALIBRATION, widthPx: 320, heightPx: 240, fxPx: 277, fyPx: 276 };
      const pixels = new Uint8Array(320 * 240).map((_, i) => (i * 7919) % 251);
      const small = { widthPx: 320, heightPx: 240, channels: 1 as const, pixels };
      const frame = await VisionFrame.decode(
        vision,
        await encodeJpeg(vision, small),
        other,
        "small",
      );
      const { bodyFromCamera } = CALIBRATION;
      try {
        await vio.addFrame({ timeNs: seconds(2.5), frame, bodyFromCamera }, hint(from, to));
      } catch (error) {
        assert.ok(error instanceof Error);
      }
      assert.ok(vision.liveHandles() <= idle + 1, "the frame was taken over and lost");
      const good = await vio.addFrame(await frameAt(bench, 3, to), hint(from, to));
      assert.ok(vision.liveHandles() === idle + 1, "and the next one finds order");
      assert.ok(good.motion === null || good.motion.toNs === seconds(3));
    },
};

const failing: Record<string, Body> = {
  "without a hint, or below the ground, there is no motion and a reason": async (bench) => {
    const { vio } = bench;
    const [from, to] = leg(seededRandom(`${SEED} hint`), 2);
    await vio.addFrame(await frameAt(bench, 1, from), null);
    const without = await vio.addFrame(await frameAt(bench, 2, to), null);
    assert.equal(without.motion, null);
    assert.notEqual(without.reason, "");
    const below: CameraStand = { ...to, positionLocalM: [0, 0, -3] };
    const output = await vio.addFrame(await frameAt(bench, 3, to), hint(below, to));
    assert.equal(output.motion, null);
    assert.notEqual(output.reason, "");
  },

  "frames that have nothing to do with each other do not register; it finds its way again": async (
    bench,
  ) => {
    const { vio, vision } = bench;
    using bare = new Scene(vision, groundOf(640, () => 120));
    const path = leg(seededRandom(`${SEED} lost`), 2);
    await vio.addFrame(await frameAt(bench, 0, path[0]), null);
    for (let i = 1; i <= 12; i++) {
      const output = await vio.addFrame(
        await frameAt({ vio, scene: bare }, i, path[i % 2]),
        hint(path[(i + 1) % 2], path[i % 2]),
      );
      assert.equal(output.motion, null, `frame ${i} registered on bare ground`);
      assert.equal(vio.health().consecutiveFailures, i);
    }
    assert.equal(vio.health().state, "lost");
    await vio.addFrame(await frameAt(bench, 20, path[0]), hint(path[1], path[0]));
    const output = await vio.addFrame(await frameAt(bench, 21, path[1]), hint(path[0], path[1]));
    assert.ok(output.motion !== null, output.reason);
    assert.ok(isTracking(vio, output), `${output.state} ${output.reason}`);
    assert.equal(vio.health().consecutiveFailures, 0);
    assert.equal(vio.health().frames, 15);
  },
};
