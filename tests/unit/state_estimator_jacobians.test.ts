import assert from "node:assert/strict";
import {
  localFromBody,
  type MonotonicNs,
  type Quaternion,
  quaternionConjugate,
  quaternionFromRotationVector,
  quaternionMultiply,
  type Random,
  rotationVectorFromQuaternion,
  seededRandom,
  type Vector3,
} from "../../src/core/mod.ts";
import { defaultEskfConfig } from "../../src/navigation/state_estimator/config.ts";
import { GpsWitness } from "../../src/navigation/state_estimator/gps_witness.ts";
import { ImuStream } from "../../src/navigation/state_estimator/imu_stream.ts";
import { Timeline } from "../../src/navigation/state_estimator/timeline.ts";
import { FilterState } from "../../src/navigation/state_estimator/filter_state.ts";
import { LinearMeasurement } from "../../src/navigation/state_estimator/kalman_update.ts";
import { measurementSources } from "../../src/navigation/state_estimator/sources/table.ts";
import { Propagator } from "../../src/navigation/state_estimator/propagation.ts";
import {
  ERROR,
  PLACED_BLOCKS,
  STATE_SIZE,
} from "../../src/navigation/state_estimator/state_table.ts";

const config = defaultEskfConfig();
const LOCAL: Vector3 = [1, 2, 3];
const stream = new ImuStream();
const sources = measurementSources({
  config,
  onBarometerRunsAway: () => {},
  onPictureDelay: () => {},
  witness: new GpsWitness(
    config,
    stream,
    new Timeline(config, stream),
    new Timeline(config, stream),
    { begin: () => {} },
  ),
  localFrame: { localFromWgs: () => LOCAL },
  onEvent: () => {},
});
const STEP = 1e-5;

function draw(random: Random, sigma: number): Vector3 {
  return [sigma * random.normal(), sigma * random.normal(), sigma * random.normal()];
}

function anyRotation(random: Random): Quaternion {
  return localFromBody({
    rollRad: 0.4 * random.normal(),
    pitchRad: 0.3 * random.normal(),
    yawRad: 6.28 * random.uniform(),
  });
}

function anyState(random: Random): FilterState {
  const state = new FilterState();
  const position: Vector3 = [
    100 * random.normal(),
    100 * random.normal(),
    130 + 10 * random.normal(),
  ];
  state.set("position", position);
  state.set("velocity", draw(random, 10));
  state.set("attitude", anyRotation(random));
  state.set("accelerometerBias", draw(random, 0.1));
  state.set("gyroscopeBias", draw(random, 0.01));
  state.set("mounting", quaternionFromRotationVector(draw(random, 0.01)));
  state.set("baroDrift", [random.normal()]);
  state.set("odometryScale", [0.01 * random.normal()]);
  state.set("map", [random.normal(), random.normal()]);
  const moved = draw(random, 5);
  state.set("clonePosition", position.map((value, i) => value - moved[i]));
  const turned = quaternionFromRotationVector(draw(random, 0.2));
  state.set("cloneAttitude", quaternionMultiply(state.quaternion("attitude"), turned));
  for (let i = 0; i < STATE_SIZE; i++) state.addCovariance(i, i, 1);
  return state;
}

function moved(state: FilterState, index: number, amount: number): FilterState {
  const other = new FilterState(), error = new Float64Array(STATE_SIZE);
  other.copyFrom(state);
  error[index] = amount;
  other.inject(error);
  return other;
}

/** Jacobian of the residual is −H: central differences over all errors. */
function holdAgainstNumbers(
  label: string,
  state: FilterState,
  linearise: (state: FilterState, out: LinearMeasurement) => void,
  tolerance: number,
): void {
  const out = new LinearMeasurement(), plus = new LinearMeasurement();
  const minus = new LinearMeasurement();
  linearise(state, out);
  for (let index = 0; index < STATE_SIZE; index++) {
    linearise(moved(state, index, STEP), plus);
    linearise(moved(state, index, -STEP), minus);
    for (let row = 0; row < out.size; row++) {
      const numeric = -(plus.residual[row] - minus.residual[row]) / (2 * STEP);
      const analytic = out.jacobian[row * STATE_SIZE + index];
      assert.ok(
        Math.abs(numeric - analytic) < tolerance * (1 + Math.abs(numeric)),
        `${label}: row ${row}, error ${index}: numeric ${numeric}, analytic ${analytic}`,
      );
    }
  }
}

const timeNs = 1 as MonotonicNs;
const covariance = Float64Array.from({ length: 36 }, (_, i) => i % 7 === 0 ? 1 : 0);

Deno.test("AnchorSource.linearise() has the Jacobian that numbers give when the residual is small", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = seededRandom(`anchor ${seed}`), state = anyState(random);
    const seen = quaternionMultiply(
      state.quaternion("attitude"),
      state.quaternion("mounting"),
    );
    const anchor = { timeNs, positionLocalM: draw(random, 100), localFromBody: seen, covariance };
    holdAgainstNumbers(`seed ${seed}`, state, (s, out) => {
      sources.anchor.linearise(s, anchor, out);
    }, 1e-6);
  }
});

Deno.test("OdometrySource.linearise() has the Jacobian that numbers give for a metric translation", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = seededRandom(`odometry ${seed}`), state = anyState(random);
    const mounting = state.quaternion("mounting");
    const turn = quaternionMultiply(
      quaternionConjugate(state.quaternion("cloneAttitude")),
      state.quaternion("attitude"),
    );
    const measurement = {
      fromNs: 0 as MonotonicNs,
      toNs: timeNs,
      translationM: draw(random, 5),
      rotationFromTo: quaternionMultiply(
        quaternionMultiply(quaternionConjugate(mounting), turn),
        mounting,
      ),
      covariance,
      scaleQuality: "metric" as const,
      scaleHeightM: 128,
    };
    holdAgainstNumbers(`seed ${seed}`, state, (s, out) => {
      sources.odometry.linearise(s, measurement, out);
    }, 1e-6);
  }
});

Deno.test("the sources of the flight controller have the Jacobians of numbers", () => {
  for (let seed = 0; seed < 10; seed++) {
    const random = seededRandom(`controller ${seed}`), state = anyState(random);
    const attitude = {
      timeNs,
      localFromBody: state.quaternion("attitude"),
      sigmaTiltRad: 0.01,
      sigmaHeadingRad: 0.05,
    };
    holdAgainstNumbers(`attitude ${seed}`, state, (s, out) => {
      sources.attitude.linearise(s, attitude, out);
    }, 1e-6);
    holdAgainstNumbers(`baro ${seed}`, state, (s, out) => {
      sources.barometer.linearise(s, { timeNs, heightM: 120, sigmaM: 2 }, out);
    }, 1e-6);
    const gps = {
      timeNs,
      fix: "3d" as const,
      position: { latitudeDeg: 0, longitudeDeg: 0, heightM: 0 },
      velocityLocalMps: draw(random, 10),
      sigmaHorizontalM: 1,
      sigmaVerticalM: 2,
      satellites: 9,
      integrity: "ok" as const,
    };
    holdAgainstNumbers(`gps ${seed}`, state, (s, out) => {
      sources.gps.linearise(s, gps, out);
    }, 1e-6);
  }
});

Deno.test("VelocitySource.linearise() has the Jacobian that numbers give", () => {
  for (let seed = 0; seed < 10; seed++) {
    const random = seededRandom(`velocity ${seed}`), state = anyState(random);
    const sample = {
      timeNs,
      velocityBodyMps: draw(random, 10),
      covariance: [1, 0, 0, 0, 1, 0, 0, 0, 1] as const,
    };
    holdAgainstNumbers(`velocity ${seed}`, state, (s, out) => {
      sources.velocity.linearise(s, sample, out);
    }, 1e-6);
  }
});

/** Error of b against a, in the filter's own error coordinates. */
function errorBetween(a: FilterState, b: FilterState): Float64Array {
  const error = new Float64Array(STATE_SIZE);
  for (const block of ["position", "velocity"] as const) {
    for (let i = 0; i < 3; i++) error[ERROR[block] + i] = b.value(block, i) - a.value(block, i);
  }
  const turn = quaternionMultiply(
    quaternionConjugate(a.quaternion("attitude")),
    b.quaternion("attitude"),
  );
  error.set(rotationVectorFromQuaternion(turn), ERROR.attitude);
  return error;
}

Deno.test("Propagator.step() carries the covariance as numbers carry the error", () => {
  const dt = 0.005, propagator = new Propagator(config);
  for (let seed = 0; seed < 10; seed++) {
    const random = seededRandom(`step ${seed}`), state = anyState(random);
    const imu = Float64Array.from([...draw(random, 5), ...draw(random, 0.5)]);
    const reference = new FilterState();
    reference.copyFrom(state);
    propagator.step(reference, imu, dt);
    const transition = new Float64Array(STATE_SIZE * STATE_SIZE);
    for (let index = 0; index < STATE_SIZE; index++) {
      const plus = moved(state, index, STEP), minus = moved(state, index, -STEP);
      propagator.step(plus, imu, dt);
      propagator.step(minus, imu, dt);
      const above = errorBetween(reference, plus), below = errorBetween(reference, minus);
      for (let row = 0; row < STATE_SIZE; row++) {
        transition[row * STATE_SIZE + index] = row < 9
          ? (above[row] - below[row]) / (2 * STEP)
          : Number(row === index);
      }
    }
    for (let row = 0; row < STATE_SIZE; row++) {
      for (let column = 0; column < STATE_SIZE; column++) {
        if (row === column) continue; // the process noise stands there
        let expected = 0;
        for (let k = 0; k < STATE_SIZE; k++) {
          expected += transition[row * STATE_SIZE + k] * transition[column * STATE_SIZE + k];
        }
        const found = reference.covariance[row * STATE_SIZE + column];
        assert.ok(
          Math.abs(found - expected) < 5e-4,
          `seed ${seed}: (${row}, ${column}): ${found} against ${expected}`,
        );
      }
    }
  }
});

Deno.test("FilterState.clone() copies position and attitude with all their correlations", () => {
  const state = anyState(seededRandom("clone")), p = state.covariance;
  for (let i = 0; i < STATE_SIZE; i++) {
    for (let k = 0; k < STATE_SIZE; k++) {
      p[i * STATE_SIZE + k] = (i === k ? 30 : 0) + 1 / (1 + i + k);
    }
  }
  state.clone();
  const source = (i: number) => {
    if (i < ERROR.clonePosition || i >= ERROR.fixedPosition) return i;
    return i < ERROR.cloneAttitude
      ? i - ERROR.clonePosition
      : i - ERROR.cloneAttitude + ERROR.attitude;
  };
  for (let i = 0; i < STATE_SIZE; i++) {
    for (let k = 0; k < STATE_SIZE; k++) {
      assert.equal(p[i * STATE_SIZE + k], p[source(i) * STATE_SIZE + source(k)], `(${i}, ${k})`);
    }
  }
});

Deno.test("the table of the state leaves no gap, and copies are of the size of what they copy", () => {
  let next = 0;
  for (const { name, error, size, kind, nominalSize, copy } of PLACED_BLOCKS) {
    assert.equal(error, next, name);
    next += size;
    assert.equal(nominalSize - size, kind === "rotation" ? 1 : 0, name);
    if (copy === undefined) continue;
    const source = PLACED_BLOCKS.find((block) => block.name === copy.of);
    assert.deepEqual([source?.size, source?.kind], [size, kind], name);
  }
  assert.equal(next, STATE_SIZE);
});
