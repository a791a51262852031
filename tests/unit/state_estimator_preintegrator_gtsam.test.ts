/** The pre-integration against GTSAM's own, where that is installed. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { type Quaternion, seededRandom, type Vector3 } from "../../src/core/mod.ts";
import {
  defaultEskfConfig,
  type ImuBias,
  ImuPreintegrator,
} from "../../src/navigation/state_estimator/mod.ts";
import { GTSAM_PREINTEGRATION } from "../support/gtsam.ts";
import { isRequired } from "../support/tensorrt.ts";

const CONFIG = defaultEskfConfig();
const HZ = 200, SAMPLES = 40;
const hasGtsam = existsSync(GTSAM_PREINTEGRATION);

interface Sample {
  readonly force: Vector3;
  readonly rate: Vector3;
}

/** 0.2 s of a manoeuvre with up to 2 rad/s and 5 m/s² beside gravity. */
function draw(seed: number): { readonly bias: ImuBias; readonly samples: readonly Sample[] } {
  const random = seededRandom(`preintegration ${seed}`);
  const vector = (length: number): Vector3 => [
    length * random.normal(),
    length * random.normal(),
    length * random.normal(),
  ];
  const bias = { accelerometer: vector(0.1), gyroscope: vector(0.01) };
  const force = vector(3), rate = vector(1);
  const samples = Array.from({ length: SAMPLES }, (): Sample => {
    const [fx, fy, fz] = vector(0.5), [wx, wy, wz] = vector(0.1);
    return {
      force: [force[0] + fx, force[1] + fy, force[2] + fz - 9.8],
      rate: [rate[0] + wx, rate[1] + wy, rate[2] + wz],
    };
  });
  return { bias, samples };
}

async function byGtsam(bias: ImuBias, samples: readonly Sample[]): Promise<number[]> {
  const { accelerometerDensity, gyroscopeDensity } = CONFIG.imu;
  const lines = [
    [...bias.accelerometer, ...bias.gyroscope, accelerometerDensity, gyroscopeDensity],
    ...samples.map(({ force, rate }) => [1 / HZ, ...force, ...rate]),
  ];
  const process = new Deno.Command(GTSAM_PREINTEGRATION, { stdin: "piped", stdout: "piped" })
    .spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(lines.map((line) => line.join(" ")).join("\n")));
  await writer.close();
  const { success, stdout } = await process.output();
  assert.ok(success);
  return new TextDecoder().decode(stdout).trim().split(/\s+/).map(Number);
}

function byOurs(bias: ImuBias, samples: readonly Sample[]): number[] {
  const integrator = new ImuPreintegrator(bias, CONFIG);
  for (const { force, rate } of samples) integrator.step(force, rate, 1 / HZ);
  const { rotation, velocityMps, positionM } = integrator.motion(), { jacobians } = integrator;
  return [
    ...positive(rotation),
    ...velocityMps,
    ...positionM,
    ...jacobians.rotationByGyroscope,
    ...jacobians.velocityByGyroscope,
    ...jacobians.positionByGyroscope,
    ...jacobians.velocityByAccelerometer,
    ...jacobians.positionByAccelerometer,
    ...integrator.covariance,
  ];
}

function positive(q: Quaternion): Quaternion {
  return q[0] < 0 ? [-q[0], -q[1], -q[2], -q[3]] : q;
}

const MOTION = 10, JACOBIANS = 45, ERRORS = 9;

Deno.test({
  name: "ImuPreintegrator has the motion and the Jacobians of GTSAM's own to 1e-6" +
    (hasGtsam ? "" : " (skipped: GTSAM is not installed)"),
  ignore: !hasGtsam && !isRequired("gtsam"),
  fn: async () => {
    assert.ok(hasGtsam, "build/test_lib/gdn_gtsam_preintegration was not built");
    const worst = { motion: 0, jacobians: 0, covariance: 0 };
    for (let seed = 0; seed < 4; seed++) {
      const { bias, samples } = draw(seed);
      const theirs = await byGtsam(bias, samples), ours = byOurs(bias, samples);
      assert.equal(theirs.length, ours.length);
      ours.forEach((value, i) => {
        const difference = Math.abs(value - theirs[i]);
        if (i < MOTION) worst.motion = Math.max(worst.motion, difference);
        else if (i < MOTION + JACOBIANS) worst.jacobians = Math.max(worst.jacobians, difference);
      });
      const [a, b] = [ours, theirs].map((all) => all.slice(MOTION + JACOBIANS));
      a.forEach((value, i) => {
        const row = Math.floor(i / ERRORS), column = i % ERRORS;
        const scale = Math.sqrt(b[row * (ERRORS + 1)] * b[column * (ERRORS + 1)]);
        worst.covariance = Math.max(worst.covariance, Math.abs(value - b[i]) / scale);
      });
    }
    console.log(
      `GTSAM's pre-integration: motion within ${
        worst.motion.toExponential(1)
      } (m, m/s, quaternion), ` +
        `Jacobians ${worst.jacobians.toExponential(1)}, covariance ${
          worst.covariance.toExponential(1)
        } of its sigmas`,
    );
    assert.ok(worst.motion < 1e-6 && worst.jacobians < 1e-6 && worst.covariance < 0.02);
  },
});
