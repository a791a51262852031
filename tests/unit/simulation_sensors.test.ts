import assert from "node:assert/strict";
import {
  degreesFromRadians,
  GaussMarkov,
  localFromBody,
  type Quaternion,
  radiansFromDegrees,
  rollPitchYaw,
  seededRandom,
  wrapRadians,
} from "../../src/core/mod.ts";
import { AttitudeSensor } from "../../src/workstation/simulation/attitude_sensor.ts";
import { simulatedCamera } from "../../src/workstation/simulation/camera_model.ts";
import { ControllerLink } from "../../src/workstation/simulation/controller_link.ts";
import { GpsSensor } from "../../src/workstation/simulation/gps_sensor.ts";
import { BMI088, ImuSensor } from "../../src/workstation/simulation/imu.ts";
import { SmoothNoise } from "../../src/workstation/simulation/smooth_noise.ts";
import { BaroSensor, STREAM_SIGMAS } from "../../src/workstation/simulation/streams.ts";
import {
  VELOCITY_COVARIANCE,
  VelocitySensor,
} from "../../src/workstation/simulation/velocity_sensor.ts";

function rms(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

/** Asserts that `value` is within `share` of `expected`. */
function near(value: number, expected: number, share: number, what: string): void {
  assert.ok(Math.abs(value / expected - 1) < share, `${what}: ${value}, expected ${expected}`);
}

Deno.test("SmoothNoise and GaussMarkov have the asked standard deviation from the start", () => {
  const random = seededRandom("noise"), smooth: number[] = [], slow: number[] = [], first = [];
  for (let run = 0; run < 300; run++) {
    const a = new SmoothNoise(random.fork(`s${run}`), { sigma: 2, omegaRps: 3, stepS: 0.005 });
    const b = new GaussMarkov(random.fork(`g${run}`), { sigma: 3, timeConstantS: 20 });
    first.push(a.value / 2, b.value / 3);
    for (let i = 0; i < 600; i++) {
      a.step();
      if (i % 100 === 99) smooth.push(a.value);
    }
    for (let i = 0; i < 10; i++) slow.push(b.step(15));
  }
  near(rms(smooth), 2, 0.08, "smooth noise");
  near(rms(slow), 3, 0.08, "Gauss–Markov");
  near(rms(first), 1, 0.1, "first values");
});

Deno.test("AttitudeSensor is wrong by 1° of tilt and 3° of heading rms, slowly", () => {
  const truth: Quaternion = localFromBody({ rollRad: 0.2, pitchRad: -0.1, yawRad: 2 });
  const angles = rollPitchYaw(truth);
  const errors = { roll: [] as number[], pitch: [] as number[], yaw: [] as number[] };
  const steps: number[] = [];
  for (let flight = 0; flight < 60; flight++) {
    const noise = { ...STREAM_SIGMAS, timeConstantS: 60 };
    const sensor = new AttitudeSensor(seededRandom(`attitude ${flight}`), noise, 50);
    let before = NaN;
    for (let i = 0; i < 50 * 120; i++) {
      const measured = rollPitchYaw(sensor.measure(truth));
      const yaw = degreesFromRadians(wrapRadians(measured.yawRad - angles.yawRad));
      if (i % 500 === 0) {
        errors.roll.push(degreesFromRadians(measured.rollRad - angles.rollRad));
        errors.pitch.push(degreesFromRadians(measured.pitchRad - angles.pitchRad));
        errors.yaw.push(yaw);
        if (i > 0) steps.push(yaw - before);
      }
      if (i % 500 === 499) before = yaw;
    }
  }
  near(rms(errors.roll), 1, 0.2, "roll");
  near(rms(errors.pitch), 1, 0.2, "pitch");
  near(rms(errors.yaw), 3, 0.2, "heading");
  assert.ok(rms(steps) < 0.3, `heading jumps by ${rms(steps)}° in 20 ms`);
});

Deno.test("ImuSensor has the white noise of its data sheet and biases that walk slowly", () => {
  const noise = { ...BMI088, accelerometerVibration: 0, gyroscopeVibration: 0 };
  const still = { specificForceMps2: [0, 0, -9.80665], angularRateRps: [0, 0, 0] } as const;
  const biases: number[] = [];
  for (let unit = 0; unit < 40; unit++) {
    const sensor = new ImuSensor(seededRandom(`imu ${unit}`), noise, 200);
    biases.push(...sensor.bias.accelerometerMps2);
    if (unit >= 4) continue;
    const samples = Array.from({ length: 4000 }, () => sensor.measure(still));
    const differences = (pick: (s: typeof samples[number]) => number) =>
      rms(samples.slice(1).map((s, i) => pick(s) - pick(samples[i]))) / Math.SQRT2;
    const expected = (density: number) => density * Math.sqrt(200);
    near(
      differences((s) => s.specificForceMps2[0]),
      expected(BMI088.accelerometerDensity),
      0.06,
      "a",
    );
    near(differences((s) => s.angularRateRps[2]), expected(BMI088.gyroscopeDensity), 0.06, "w");
    const mean = samples.reduce((sum, s) => sum + s.specificForceMps2[2], 0) / samples.length;
    assert.ok(Math.abs(mean + 9.80665 - sensor.bias.accelerometerMps2[2]) < 0.01, `mean ${mean}`);
  }
  near(rms(biases), BMI088.accelerometerBias, 0.25, "turn-on bias");
});

Deno.test("BaroSensor drifts by 2 m rms and is noisy by 0.3 m", () => {
  const drift: number[] = [], white: number[] = [];
  for (let flight = 0; flight < 150; flight++) {
    const baro = new BaroSensor(seededRandom(`baro ${flight}`), 0.05);
    const heights = Array.from({ length: 200 }, () => baro.measure(130) - 130);
    drift.push(heights.reduce((a, b) => a + b, 0) / heights.length);
    white.push(...heights.slice(1).map((height, i) => (height - heights[i]) / Math.SQRT2));
  }
  near(rms(drift), 2, 0.2, "drift");
  near(rms(white), 0.3, 0.1, "white noise");
});

Deno.test("ControllerLink keeps the order, delays every event and maps the clocks by its skew", () => {
  const link = new ControllerLink(seededRandom("link"), {
    offsetS: 12.5,
    skewPpm: 25,
    delayMinS: 0.002,
    jitterMeanS: 0.0015,
  });
  const delays: number[] = [];
  let [controller, received] = [-1, -1];
  for (let i = 1; i <= 20_000; i++) {
    const timeS = i / 200;
    const stamp = link.stamp(timeS);
    assert.ok(stamp.controllerNs > controller && stamp.receivedNs > received, `row ${i}`);
    assert.ok(stamp.receivedNs >= timeS * 1e9 + 2e6, `row ${i} came too early`);
    assert.ok(Math.abs(stamp.controllerNs - (12.5e9 + timeS * 1e9 * (1 + 25e-6))) < 1);
    [controller, received] = [stamp.controllerNs, stamp.receivedNs];
    delays.push(stamp.receivedNs / 1e9 - timeS);
  }
  const mean = delays.reduce((a, b) => a + b, 0) / delays.length;
  assert.ok(mean > 0.0034 && mean < 0.0042, `mean delay ${mean}`);
});

Deno.test("GpsSensor is absent, jammed and spoofed in its windows and honest outside", () => {
  const windows = [
    { kind: "absent", fromS: 10, toS: 20 },
    { kind: "jammed", fromS: 30, toS: 40 },
    { kind: "spoofed", fromS: 50, toS: 80 },
    { kind: "spoofed_silently", fromS: 90, toS: 120 },
  ] as const;
  const sensor = new GpsSensor(seededRandom("gps"), windows, 5);
  const honest: number[] = [];
  const still = { localFromBody: [1, 0, 0, 0], velocityLocalMps: [0, 0, 0] } as const;
  for (let i = 0; i < 5 * 130; i++) {
    const timeS = i / 5;
    const reading = sensor.measure({ timeS, positionLocalM: [100, 200, 130], ...still });
    const inside = windows.find((window) => timeS >= window.fromS && timeS < window.toS);
    const offM = reading
      ? Math.hypot(reading.positionLocalM[0] - 100, reading.positionLocalM[1] - 200)
      : NaN;
    if (inside?.kind === "absent") assert.equal(reading, null);
    else if (inside?.kind === "jammed") {
      assert.equal(reading?.fix, "none");
      assert.equal(reading?.integrity, "jammed");
    } else if (inside === undefined) {
      assert.equal(reading?.integrity, "ok");
      honest.push(offM);
    } else if (timeS > inside.fromS + 10) {
      assert.ok(offM > 30, `${offM} m at ${timeS} s`);
      assert.equal(reading?.integrity, inside.kind === "spoofed" ? "spoofed" : "ok");
    }
  }
  assert.ok(rms(honest) > 0.5 && rms(honest) < 4, `honest error ${rms(honest)} m`);
});

Deno.test("simulatedCamera() is believed to 0.1 % and mounted to 0.5° an axis", () => {
  const tilts: number[] = [], focal: number[] = [];
  for (let flight = 0; flight < 200; flight++) {
    const camera = simulatedCamera(seededRandom(`camera ${flight}`), {
      widthPx: 1280,
      heightPx: 960,
      fovDeg: 60,
    });
    tilts.push(...camera.mountingErrorRad);
    focal.push(camera.calibration.fxPx / camera.trueIntrinsics.fxPx - 1);
    assert.ok(Math.abs(camera.trueIntrinsics.fxPx - 1108.51) < 0.01);
  }
  near(rms(tilts), radiansFromDegrees(0.5), 0.12, "mounting");
  near(rms(focal), 0.001, 0.15, "focal length");
});

Deno.test("VelocitySensor measures in body axes, and is as wrong as its covariance says", () => {
  // Eastward at 15 m/s and climbing, nose to the east, level: forward 15, right 0, down −2.
  const truth = {
    timeS: 0,
    positionLocalM: [0, 0, 100] as const,
    velocityLocalMps: [15, 0, 2] as const,
    localFromBody: localFromBody({ rollRad: 0, pitchRad: 0, yawRad: Math.PI / 2 }),
  };
  const expected = [15, 0, -2], errors: number[][] = [[], [], []];
  for (let flight = 0; flight < 200; flight++) {
    const sensor = new VelocitySensor(seededRandom(`velocity ${flight}`), 10);
    for (let i = 0; i < 50; i++) {
      sensor.measure(truth).forEach((value, axis) => errors[axis].push(value - expected[axis]));
    }
  }
  errors.forEach((values, axis) =>
    near(rms(values) ** 2, VELOCITY_COVARIANCE[4 * axis], 0.1, `${axis}`)
  );
});
