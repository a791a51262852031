import assert from "node:assert/strict";
import { type MonotonicNs, RuntimeNotAvailableError, type Vector3 } from "../../src/core/mod.ts";
import { type OdometryEvent, OdometryProcess } from "../../src/native/okvis2/mod.ts";
import { encodeImu, MessageReader, ProtocolError } from "../../src/native/okvis2/protocol.ts";
import { openVision, VisionFrame, type VisionLibrary } from "../../src/native/vision/mod.ts";
import { predictByImu } from "../../src/navigation/vio/imu_prediction.ts";
import type { CameraHint, Okvis2, VioOutput } from "../../src/navigation/vio/mod.ts";
import { openOkvis2, REFERENCE_ODOMETRY } from "../support/odometry.ts";
import { inScratch } from "../support/scratch.ts";
import {
  CALIBRATION,
  cameraRotation,
  type CameraStand,
  LEVEL_NORTH,
  paintedGround,
  Scene,
} from "./vision_scene.ts";

const HEIGHT_M = 60, SPEED_MPS = 10, FRAME_HZ = 5, IMU_HZ = 100;
const LEVEL_FORCE = [0, 0, -9.80665] as const;

function standAt(timeS: number): CameraStand {
  return { positionLocalM: [0, SPEED_MPS * (timeS - 4), HEIGHT_M], attitude: LEVEL_NORTH };
}

const nanoseconds = (timeS: number) => Math.round(1e9 * timeS) as MonotonicNs;

/** A straight flight north over painted ground, frame by frame. */
class Flight implements AsyncDisposable {
  readonly vio: Okvis2;
  readonly odometer;
  readonly #vision: VisionLibrary;
  readonly #scene: Scene;
  #frames = 0;
  #imu = 1;

  private constructor(
    vision: VisionLibrary,
    { vio, odometer }: Awaited<ReturnType<typeof openOkvis2>>,
  ) {
    this.vio = vio;
    this.odometer = odometer;
    this.#vision = vision;
    this.#scene = new Scene(vision, paintedGround("okvis2", 320));
  }

  static async begin(settings: Readonly<Record<string, unknown>> = {}): Promise<Flight> {
    const vision = openVision();
    const flight = new Flight(vision, await openOkvis2(vision, settings));
    await flight.next();
    await until(() => flight.odometer.isReady);
    return flight;
  }

  /** `forceAt`: of the IMU, m/s², so long after the frame's exposure. */
  async next(
    forceAt: (aheadS: number) => Vector3 = () => LEVEL_FORCE,
  ): Promise<VioOutput> {
    const timeS = 1 + this.#frames++ / FRAME_HZ;
    for (; this.#imu / IMU_HZ <= timeS + 0.03; this.#imu++) {
      const specificForceMps2 = forceAt(this.#imu / IMU_HZ - timeS);
      const timeNs = nanoseconds(this.#imu / IMU_HZ);
      this.vio.addImu({ timeNs, specificForceMps2, angularRateRps: [0, 0, 0] });
    }
    const at = (timeS: number): CameraHint => {
      const stand = standAt(timeS);
      return {
        positionLocalM: stand.positionLocalM,
        localFromCamera: cameraRotation(stand.attitude),
      };
    };
    const jpeg = await this.#scene.jpeg(standAt(timeS));
    return await this.vio.addFrame({
      timeNs: nanoseconds(timeS),
      frame: await VisionFrame.decode(this.#vision, jpeg, CALIBRATION, "frame"),
      bodyFromCamera: CALIBRATION.bodyFromCamera,
      picture: { jpeg },
    }, { from: at(timeS - 1 / FRAME_HZ), to: at(timeS) });
  }

  /** Frames until one comes out so; their outputs. */
  async until(reached: (output: VioOutput) => boolean): Promise<VioOutput[]> {
    const outputs: VioOutput[] = [];
    while (outputs.length < 30) {
      const output = await this.next();
      outputs.push(output);
      if (reached(output)) return outputs;
      // What computes is started again after a tenth of a second.
      if (output.state !== "tracking") await pause(50);
    }
    assert.fail(`never: ${outputs.map(({ state, reason }) => `${state} ${reason}`).join("\n")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vio.close();
    this.#scene[Symbol.dispose]();
    assert.equal(this.#vision.liveHandles(), 0);
    this.#vision[Symbol.dispose]();
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(reached: () => boolean): Promise<void> {
  const endMs = performance.now() + 60_000;
  while (!reached()) {
    assert.ok(performance.now() < endMs, "not within a minute");
    await pause(5);
  }
}

const isOkvis2s = ({ source, state }: VioOutput) => source === "okvis2" && state === "tracking";

Deno.test("Okvis2 gives the child's motion, in body axes, and planar_klt's until there is one", async () => {
  await using flight = await Flight.begin();
  const outputs = await flight.until(isOkvis2s);
  for (const { motion, source } of outputs) {
    assert.ok(motion !== null && source !== undefined);
    assert.ok(
      Math.abs(motion.translationM[0] - SPEED_MPS / FRAME_HZ) < 0.1,
      `${motion.translationM}`,
    );
    assert.ok(Math.hypot(motion.translationM[1], motion.translationM[2]) < 0.1);
  }
  assert.equal(outputs[0].source, "planar_klt");
});

for (const fault of ["nan", "abort", "hang", "swell"]) {
  Deno.test(`Okvis2 is lost, leans on planar_klt and tracks again after: ${fault}`, async () => {
    await using flight = await Flight.begin({ vocabulary: `${fault}@1.5`, hangMs: 1000 });
    await flight.until(isOkvis2s);
    const [lost] = (await flight.until(({ state }) => state === "lost")).slice(-1);
    assert.equal(flight.vio.health().state, "lost");
    assert.notEqual(lost.reason, "");
    const again = await flight.until(isOkvis2s);
    for (const { motion } of [lost, ...again]) {
      assert.ok(motion !== null && Math.abs(motion.translationM[0] - SPEED_MPS / FRAME_HZ) < 0.1);
    }
  });
}

Deno.test("Okvis2 does not use what the IMU contradicts", async () => {
  await using flight = await Flight.begin({ vocabulary: "jump@1.5" });
  await flight.until(isOkvis2s);
  const outputs = await flight.until(({ reason }) => reason.includes("from what the IMU says"));
  for (const { motion } of outputs) {
    assert.ok(motion !== null && Math.abs(motion.translationM[0] - SPEED_MPS / FRAME_HZ) < 0.1);
  }
  await flight.until(isOkvis2s);
});

for (const bad of [500, NaN]) {
  Deno.test(`Okvis2 waits for no frame that only an IMU of ${bad} m/s² is past, and goes on`, async () => {
    await using flight = await Flight.begin({ hangMs: 1000 });
    await flight.until(isOkvis2s);
    const output = await flight.next((aheadS) => aheadS > 0.005 ? [bad, 0, 0] : LEVEL_FORCE);
    assert.equal(output.source, "planar_klt");
    assert.match(output.reason, /the IMU is not past the frame yet/);
    await flight.until(isOkvis2s);
  });
}

Deno.test("Odometer gives a frame up that the child holds for an IMU that has stopped", async () => {
  await using flight = await Flight.begin({ hangMs: 100 });
  const { odometer } = flight;
  const frame = { timeNs: 5e9, widthPx: 320, heightPx: 240, heightM: 60, down: [0, 0, 1] as const };
  const answer = await odometer.addFrame({ ...frame, pixels: new Uint8Array(320 * 240) });
  assert.equal(answer, null);
  assert.equal(odometer.fault, "");
});

Deno.test("Okvis2 goes on with a spare where the child itself is killed, and without any after the last", async () => {
  await using flight = await Flight.begin({ spares: 1 });
  await flight.until(isOkvis2s);
  const kill = async () => {
    const { pid } = flight.odometer;
    Deno.kill(pid, "SIGKILL");
    // A spare may be ready at once: no fault is seen then.
    await until(() => flight.odometer.pid !== pid);
  };
  await kill();
  await flight.until(isOkvis2s);
  await kill();
  assert.equal(flight.vio.health().state, "lost");
  const output = await flight.next();
  assert.equal(output.state, "lost");
  assert.notEqual(output.motion, null);
});

const START = {
  widthPx: 64,
  heightPx: 48,
  camera: [60, 60, 31.5, 23.5, 0, 0, 0, 0, 0],
  bodyFromCamera: [1, 0, 0, 0],
  imuNoise: [0.02, 0.001, 0.001, 1e-5, 0.1, 0.01],
  hangMs: 20_000,
  startMs: 20_000,
  keypointsMax: 100,
  threads: 1,
  data: "",
} as const;

Deno.test("the odometry child refuses what is not finite, out of range, or not younger", async () => {
  await using child = await OdometryProcess.open(REFERENCE_ODOMETRY, { allowReference: true });
  const events: OdometryEvent[] = [];
  child.start(START, {
    onState: () => {},
    onEvent: (event) => events.push(event),
    onEnd: () => {},
  });
  await until(() => events.some(({ kind }) => kind === "ready"));
  const imu = (timeNs: number, x = 0) =>
    ({ timeNs, specificForceMps2: [x, 0, -9.8], angularRateRps: [0, 0, 0] }) as const;
  const frame = (timeNs: number) => ({
    ...START,
    timeNs,
    heightM: 50,
    down: [0, 0, 1] as const,
    pixels: new Uint8Array(64 * 48),
  });
  const late = 2e18;
  child.addImu([imu(late), imu(1e9), imu(1e9), imu(1.1e9, NaN), imu(1.2e9, 500), imu(1.3e9)]);
  child.addFrame(frame(late));
  child.addFrame(frame(1.2e9));
  child.addFrame(frame(1.2e9));
  child.addFrame(frame(0.5e9));
  await until(() => events.filter(({ kind }) => kind === "refused").length === 7);
  assert.deepEqual(events.filter(({ kind }) => kind === "refused").map(({ reason }) => reason), [
    "an IMU sample's time is out of range",
    "an IMU sample is not younger than the one before",
    "an IMU sample is not finite",
    "an IMU sample is out of range",
    "a frame's time is out of range",
    "a frame is not younger than the one before",
    "a frame is not younger than the one before",
  ]);
});

Deno.test("the odometry child holds a frame until the IMU is 20 ms past it", async () => {
  await using child = await OdometryProcess.open(REFERENCE_ODOMETRY, { allowReference: true });
  let ready = false;
  const answered: number[] = [];
  child.start(START, {
    onState: ({ timeNs }) => answered.push(timeNs),
    onEvent: ({ kind }) => ready ||= kind === "ready",
    onEnd: () => {},
  });
  await until(() => ready);
  const imu = (timeNs: number) =>
    ({ timeNs, specificForceMps2: [0, 0, -9.8], angularRateRps: [0, 0, 0] }) as const;
  child.addImu([imu(1e9)]);
  const pixels = new Uint8Array(64 * 48);
  child.addFrame({ ...START, timeNs: 1.1e9, heightM: 50, down: [0, 0, 1], pixels });
  child.addImu([imu(1.119e9)]);
  await pause(100);
  assert.deepEqual(answered, []);
  child.addImu([imu(1.12e9)]);
  await until(() => answered.length > 0);
  assert.deepEqual(answered, [1.1e9]);
});

Deno.test("OdometryProcess.open() refuses what is absent, does not greet, or is the reference", async () => {
  const refused = (program: string, message: RegExp) =>
    assert.rejects(OdometryProcess.open(program), (error) => {
      assert.ok(error instanceof RuntimeNotAvailableError);
      assert.match(error.message, message);
      return true;
    });
  await refused("/nowhere/gdn_okvis2", /there is no such program/);
  await refused("/usr/bin/true", /ended without a greeting/);
  await refused(REFERENCE_ODOMETRY, /reference for tests/);
  await inScratch(async (folder) => {
    const program = `${folder}/other`;
    await Deno.writeTextFile(program, "#!/bin/sh\necho 'not of this protocol'\n", { mode: 0o755 });
    await refused(program, /does not speak the protocol/);
  });
});

Deno.test("MessageReader.take() reads no message of another protocol", () => {
  assert.throws(() => new MessageReader().take(encodeImu([])), ProtocolError);
  assert.throws(() => new MessageReader().take(new Uint8Array(16)), ProtocolError);
  assert.deepEqual(new MessageReader().take(new Uint8Array(15)), []);
});

Deno.test("predictByImu() falls as gravity says, and turns as the gyroscope does", () => {
  const from = {
    timeNs: 0,
    positionM: [0, 0, 100],
    worldFromBody: [1, 0, 0, 0],
    velocityMps: [1, 0, 0],
    forceBiasMps2: [0, 0, 0],
    rateBiasRps: [0, 0, 0.1],
  } as const;
  const samples = Array.from({ length: 100 }, (_, i) => ({
    timeNs: nanoseconds((i + 1) / 100),
    specificForceMps2: [0, 0, 0] as const,
    angularRateRps: [0, 0, 0.6] as const,
  }));
  const to = predictByImu(from, samples, 1e9);
  assert.ok(to !== null);
  const near = (actual: number, expected: number) =>
    assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}, not ${expected}`);
  near(to.positionM[0], 1);
  near(to.positionM[2], 100 - 9.80665 / 2);
  near(to.velocityMps[2], -9.80665);
  near(2 * Math.atan2(to.worldFromBody[3], to.worldFromBody[0]), 0.5);
  assert.equal(predictByImu(from, samples, 1.1e9), null);
});
