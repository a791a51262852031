import assert from "node:assert/strict";
import {
  type MonotonicNs,
  type Quaternion,
  quaternionConjugate,
  quaternionFromRotationVector,
  quaternionMultiply,
  rotate,
  rotationVectorFromQuaternion,
  seededRandom,
  type Vector3,
} from "../../src/core/mod.ts";
import {
  defaultEskfConfig,
  type ImuBias,
  ImuPreintegrator,
  ImuStream,
  type NavigationState,
} from "../../src/navigation/state_estimator/mod.ts";

const DEFAULTS = defaultEskfConfig();
const NOISE = {
  ...DEFAULTS,
  imu: { ...DEFAULTS.imu, accelerometerDensity: 0.02, gyroscopeDensity: 1e-3 },
};
const NO_BIAS: ImuBias = { accelerometer: [0, 0, 0], gyroscope: [0, 0, 0] };
const force = (t: number): Vector3 => [Math.sin(3 * t), 0.5 * Math.cos(2 * t), -9.8 + t];
const rate = (t: number): Vector3 => [0.3 * Math.cos(t), 0.5 * Math.sin(2 * t), 0.4];

function wave(seconds: number, hz: number): ImuStream {
  const stream = new ImuStream({ sampling: "instant" });
  for (let i = 0; i <= seconds * hz; i++) {
    const t = i / hz;
    stream.push({
      timeNs: Math.round(t * 1e9) as MonotonicNs,
      specificForceMps2: force(t),
      angularRateRps: rate(t),
    });
  }
  return stream;
}

function length(v: readonly number[]): number {
  return Math.hypot(...v);
}

function angleBetween(a: Quaternion, b: Quaternion): number {
  return length(rotationVectorFromQuaternion(quaternionMultiply(quaternionConjugate(a), b)));
}

Deno.test("ImuPreintegrator.integrate() meets numerical integration in fine steps", () => {
  const motion = new ImuPreintegrator(NO_BIAS, NOISE).integrate(wave(2, 200), 0, 2e9).motion();
  let q: Quaternion = [1, 0, 0, 0];
  const v = [0, 0, 0], p = [0, 0, 0], dt = 1e-5;
  for (let i = 0; i < 2 / dt; i++) {
    const t = (i + 0.5) * dt, w = rate(t);
    const half = quaternionMultiply(
      q,
      quaternionFromRotationVector([w[0] * dt / 2, w[1] * dt / 2, w[2] * dt / 2]),
    );
    const a = rotate(half, force(t));
    for (let k = 0; k < 3; k++) {
      p[k] += v[k] * dt + 0.5 * a[k] * dt * dt;
      v[k] += a[k] * dt;
    }
    q = quaternionMultiply(q, quaternionFromRotationVector([w[0] * dt, w[1] * dt, w[2] * dt]));
  }
  assert.ok(angleBetween(motion.rotation, q) < 1e-5);
  assert.ok(length(motion.velocityMps.map((x, i) => x - v[i])) < 3e-4);
  assert.ok(length(motion.positionM.map((x, i) => x - p[i])) < 3e-4);
  assert.ok(Math.abs(motion.durationS - 2) < 1e-9);
});

Deno.test("ImuPreintegrator.integrate() joins two parts when split at any moment", () => {
  const stream = wave(1, 100);
  const whole = new ImuPreintegrator(NO_BIAS, NOISE).integrate(stream, 1e8, 9e8);
  const parts = new ImuPreintegrator(NO_BIAS, NOISE).integrate(stream, 1e8, 456_789_012)
    .integrate(stream, 456_789_012, 9e8);
  assert.ok(angleBetween(whole.motion().rotation, parts.motion().rotation) < 1e-6);
  assert.ok(
    length(whole.motion().positionM.map((x, i) => x - parts.motion().positionM[i])) < 1e-5,
  );
});

Deno.test("ImuPreintegrator.motion() follows a changed bias as a new integration does", () => {
  const stream = wave(1, 200);
  for (let seed = 0; seed < 20; seed++) {
    const random = seededRandom(`bias ${seed}`);
    const draw = (sigma: number): Vector3 => [
      sigma * random.normal(),
      sigma * random.normal(),
      sigma * random.normal(),
    ];
    const bias: ImuBias = { accelerometer: draw(0.05), gyroscope: draw(0.003) };
    const corrected = new ImuPreintegrator(NO_BIAS, NOISE).integrate(stream, 0, 1e9).motion(bias);
    const anew = new ImuPreintegrator(bias, NOISE).integrate(stream, 0, 1e9).motion();
    const old = new ImuPreintegrator(NO_BIAS, NOISE).integrate(stream, 0, 1e9).motion();
    const away = length(anew.positionM.map((x, i) => x - old.positionM[i]));
    assert.ok(
      length(corrected.positionM.map((x, i) => x - anew.positionM[i])) < 0.01 * away,
      `seed ${seed}`,
    );
    assert.ok(
      angleBetween(corrected.rotation, anew.rotation) <
        0.01 * angleBetween(old.rotation, anew.rotation),
      `seed ${seed}`,
    );
  }
});

Deno.test("ImuPreintegrator.covariance meets the scatter of noisy integrations", () => {
  const hz = 100, runs = 300, dt = 1 / hz;
  const clean = new ImuPreintegrator(NO_BIAS, NOISE);
  for (let i = 0; i < hz; i++) clean.step(force(i * dt), rate(i * dt), dt);
  const random = seededRandom("scatter");
  const squares = new Float64Array(9), reference = clean.motion();
  for (let run = 0; run < runs; run++) {
    const noisy = new ImuPreintegrator(NO_BIAS, NOISE);
    const jolt = (v: Vector3, density: number): Vector3 => [
      v[0] + density * Math.sqrt(hz) * random.normal(),
      v[1] + density * Math.sqrt(hz) * random.normal(),
      v[2] + density * Math.sqrt(hz) * random.normal(),
    ];
    for (let i = 0; i < hz; i++) {
      noisy.step(
        jolt(force(i * dt), NOISE.imu.accelerometerDensity),
        jolt(rate(i * dt), NOISE.imu.gyroscopeDensity),
        dt,
      );
    }
    const motion = noisy.motion();
    const turn = rotationVectorFromQuaternion(
      quaternionMultiply(quaternionConjugate(reference.rotation), motion.rotation),
    );
    for (let k = 0; k < 3; k++) {
      squares[k] += turn[k] ** 2;
      squares[3 + k] += (motion.velocityMps[k] - reference.velocityMps[k]) ** 2;
      squares[6 + k] += (motion.positionM[k] - reference.positionM[k]) ** 2;
    }
  }
  for (let k = 0; k < 9; k++) {
    const ratio = squares[k] / runs / clean.covariance[10 * k];
    assert.ok(ratio > 0.75 && ratio < 1.3, `axis ${k}: ratio ${ratio.toFixed(2)}`);
  }
});

const EUROC = "../shared/data/euroc_v1_01";

function table(name: string): number[][] {
  return Deno.readTextFileSync(`${EUROC}/${name}`).split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(",").map(Number));
}

function hasEuroc(): boolean {
  try {
    return Deno.statSync(`${EUROC}/imu.csv`).isFile;
  } catch {
    return false;
  }
}

Deno.test({
  name: "ImuPreintegrator.predict() follows the truth of EuRoC V1_01 for a second",
  ignore: !hasEuroc(), // needs ../shared/data/euroc_v1_01
  fn: () => {
    const truth = table("groundtruth.csv"), imu = table("imu.csv");
    const startNs = imu[0][0], errorsM: number[] = [], errorsRad: number[] = [];
    const stream = new ImuStream({ capacity: imu.length, sampling: "instant" });
    for (const row of imu) {
      stream.push({
        timeNs: (row[0] - startNs) as MonotonicNs,
        specificForceMps2: [row[4], row[5], row[6]],
        angularRateRps: [row[1], row[2], row[3]],
      });
    }
    for (let i = 0; i + 20 < truth.length; i += 40) {
      const a = truth[i], b = truth[i + 20];
      const bias: ImuBias = {
        accelerometer: [a[14], a[15], a[16]],
        gyroscope: [a[11], a[12], a[13]],
      };
      const from = stateOf(a), to = stateOf(b);
      const predicted = new ImuPreintegrator(bias, DEFAULTS).integrate(
        stream,
        a[0] - startNs,
        b[0] - startNs,
      ).predict(from, 9.81);
      errorsM.push(length(predicted.positionLocalM.map((x, k) => x - to.positionLocalM[k])));
      errorsRad.push(angleBetween(predicted.localFromBody, to.localFromBody));
    }
    errorsM.sort((x, y) => x - y);
    errorsRad.sort((x, y) => x - y);
    const at = (values: number[], share: number) => values[Math.floor(share * values.length)];
    console.log(
      `EuRoC, ${errorsM.length} stretches of 1 s: position p50 ${at(errorsM, 0.5).toFixed(4)} m, ` +
        `p95 ${at(errorsM, 0.95).toFixed(4)} m; attitude p95 ${at(errorsRad, 0.95).toFixed(5)} rad`,
    );
    assert.ok(at(errorsM, 0.5) < 0.03 && at(errorsM, 0.95) < 0.1);
    assert.ok(at(errorsRad, 0.95) < 0.01);
  },
});

function stateOf(row: number[]): NavigationState {
  return {
    positionLocalM: [row[1], row[2], row[3]],
    localFromBody: [row[4], row[5], row[6], row[7]],
    velocityLocalMps: [row[8], row[9], row[10]],
  };
}
