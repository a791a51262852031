/** The smoothers by their C ABI: the reference everywhere, those over GTSAM where it is installed. */
import assert from "node:assert/strict";
import { quaternionFromRotationVector, type Vector3 } from "../../src/core/mod.ts";
import {
  type GtsamLibrary,
  NativeSmoother,
  NODE_ERRORS,
  NODE_NUMBERS,
  type NodeMeasurement,
  TRANSITION_NUMBERS,
} from "../../src/native/gtsam/mod.ts";
import { openSmoothers } from "../support/gtsam.ts";

const STEP_NS = 1e8;
const OPTIONS = { lagS: 1, relineariseRotationRad: 1e-3, relineariseLengthM: 0.1 };
/** Of position, velocity, attitude, both biases, mounting; then the single ones. */
const SIGMAS = [2, 1, 0.3, 0.1, 0.01, 0.01].flatMap((sigma) => [sigma, sigma, sigma])
  .concat([1, 0.05, 0.7, 0.7, 1, 1]);

function diagonal(variances: readonly number[]): Float64Array<ArrayBuffer> {
  const out = new Float64Array(variances.length ** 2);
  variances.forEach((variance, i) => out[i * (variances.length + 1)] = variance);
  return out;
}

function begin(library: GtsamLibrary, sigmas: readonly number[] = SIGMAS): NativeSmoother {
  const state = new Float64Array(NODE_NUMBERS);
  state.set([0, 0, 100, 15, 0, 0, 1]);
  state[16] = 1;
  return new NativeSmoother(library, OPTIONS, 0, state, diagonal(sigmas.map((s) => s * s)));
}

/** Level flight for 0.1 s, with a turn. */
function transition(): Float64Array<ArrayBuffer> {
  const out = new Float64Array(TRANSITION_NUMBERS), t = STEP_NS * 1e-9;
  const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const scaled = (factor: number) => identity.map((value) => value * factor);
  out.set([
    ...[t, t, t * t / 2],
    ...quaternionFromRotationVector([0, 0, 0.02]),
    ...[0, 0, 9.80665 * t],
    ...[0, 0, 9.80665 * t * t / 2],
    ...[0, 0, 0, 0, 0, 0],
    ...[-t, -t * t / 2 * 0.1, 0, -t, -t * t / 2].flatMap(scaled),
    ...diagonal([1e-6, 1e-6, 1e-6, 1e-4, 1e-4, 1e-4, 1e-6, 1e-6, 1e-6]),
    ...[0.999, 0.999, 0.97],
    ...[1e-8, 1e-10, 1e-12, 1e-3, 1e-6, 1e-2, 1e-8],
  ]);
  return out;
}

function measured(
  kind: NodeMeasurement["kind"],
  timeNs: number,
  observation: readonly number[],
  variances: readonly number[],
): NodeMeasurement {
  const fromNs = kind === "motion" ? timeNs - STEP_NS : timeNs;
  const noise = diagonal(variances);
  return { kind, fromNs, timeNs, observation: Float64Array.from(observation), noise };
}

const turned = (v: Vector3) => quaternionFromRotationVector(v);

/** What is measured at node `i`: enough of it for every block of the state, none of it exact. */
function at(i: number): NodeMeasurement[] {
  const timeNs = i * STEP_NS, east = 1.5 * i + 0.1 * Math.sin(i), north = 0.02 * i * i;
  const tilt: Vector3 = [0.01 * Math.cos(i), 0.02, 0.02 * i + 0.1];
  return [
    measured("attitude", timeNs, turned(tilt), [1e-3, 1e-3, 0.1]),
    measured("height", timeNs, [101 + 0.1 * i], [0.25]),
    ...(i % 5 === 3
      ? [measured("fix", timeNs, [east, north, 99.5, ...turned([0, 0, 0.02 * i])], [
        ...[1, 1, 4],
        ...[1e-3, 1e-3, 1e-3],
      ])]
      : []),
    ...(i % 4 === 1
      ? [measured("gps", timeNs, [east, north, 100, 15, 0, 0], [4, 4, 9, 0.1, 0.1, 0.2])]
      : []),
    ...(i % 7 === 2 ? [measured("velocity", timeNs, [15.1, 0.1, -0.1], [0.09, 0.09, 0.09])] : []),
    measured("motion", timeNs, [1.5, 0.02, 0, ...turned([0, 0, 0.021]), 100, 0], [
      ...[0.01, 0.01, 0.01],
      ...[1e-5, 1e-5, 1e-5],
    ]),
  ];
}

interface Flown {
  readonly state: Float64Array;
  readonly other: Float64Array;
  readonly covariance: Float64Array;
  readonly oldestNs: number;
}

/** 40 nodes; node 12 comes three updates late, between two others. */
function fly(library: GtsamLibrary): Flown {
  using smoother = begin(library);
  let oldestNs = 0;
  for (let i = 1; i <= 40; i++) {
    if (i === 12) continue;
    const between = i === 13 ? doubled(transition()) : transition();
    smoother.addNode(i * STEP_NS, between, null);
    for (const each of at(i)) if (i !== 13 || each.kind !== "motion") smoother.addMeasurement(each);
    if (i === 15) {
      smoother.addNode(12 * STEP_NS, transition(), transition());
      for (const each of at(12)) smoother.addMeasurement(each);
    }
    if (i === 17) smoother.removeMeasurement({ kind: "height", timeNs: 16 * STEP_NS });
    ({ oldestNs } = smoother.update());
  }
  const { state, otherState: other, covariance } = smoother.newest(38 * STEP_NS);
  return { state, other, covariance, oldestNs };
}

/** Two of them, one after the other, near enough. */
function doubled(one: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const t = 2 * STEP_NS * 1e-9;
  one.set([t, t, t * t / 2, ...turned([0, 0, 0.04])]);
  one.set([0, 0, 9.80665 * t, 0, 0, 9.80665 * t * t / 2], 7);
  return one;
}

const libraries = openSmoothers(), [[, reference]] = libraries;
const expected = fly(reference);

for (const [name, library] of libraries.slice(1)) {
  Deno.test(`${name} has the states and covariances of the reference, late nodes and withdrawn measurements included`, () => {
    const found = fly(library);
    assert.equal(found.oldestNs, expected.oldestNs);
    for (const key of ["state", "other"] as const) {
      const base = key === "state" ? 0 : NODE_ERRORS;
      found[key].forEach((value, i) => {
        // Position and velocity have one error each; rotations and what follows them are small.
        const at = (base + i) * (2 * NODE_ERRORS + 1);
        const most = i < 6 ? 0.1 * Math.sqrt(expected.covariance[at]) : i < 20 ? 2e-3 : 2e-2;
        const difference = Math.abs(value - expected[key][i]);
        assert.ok(difference < most, `${key} ${i}: ${value} for ${expected[key][i]}`);
      });
    }
    const size = 2 * NODE_ERRORS;
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const scale = Math.sqrt(
          expected.covariance[row * (size + 1)] * expected.covariance[column * (size + 1)],
        );
        const difference = found.covariance[row * size + column] -
          expected.covariance[row * size + column];
        assert.ok(Math.abs(difference) < 0.01 * scale, `${row}, ${column}: ${difference / scale}`);
      }
    }
  });
}

for (const [name, library] of libraries) {
  Deno.test(`${name} refuses numbers that are not finite, and goes on as if they had not come`, () => {
    const before = library.liveHandles();
    {
      using smoother = begin(library);
      const broken = transition();
      broken[5] = NaN;
      assert.throws(() => smoother.addNode(STEP_NS, broken, null), /not finite/);
      smoother.addNode(STEP_NS, transition(), null);
      for (const number of [NaN, Infinity]) {
        const fix = measured("fix", STEP_NS, [number, 0, 0, 1, 0, 0, 0], [1, 1, 1, 1, 1, 1]);
        assert.throws(() => smoother.addMeasurement(fix), /not finite/);
        const height = measured("height", STEP_NS, [100], [number]);
        assert.throws(() => smoother.addMeasurement(height), /not finite/);
      }
      const turn = measured("attitude", STEP_NS, [1, 1, 0, 0], [1, 1, 1]);
      assert.throws(() => smoother.addMeasurement(turn), /unit quaternion/);
      assert.throws(
        () => smoother.addMeasurement(measured("height", STEP_NS, [100], [-1])),
        /not positive definite/,
      );
      const height = measured("height", STEP_NS, [100], [1]);
      assert.throws(() => smoother.removeMeasurement(height), /no measurement of that kind/);
      smoother.addMeasurement(height);
      assert.throws(() => smoother.addMeasurement(height), /one of that kind already/);
      assert.equal(smoother.update().nodes, 2);
      assert.ok(smoother.node(STEP_NS).state.every(Number.isFinite));
    }
    assert.equal(library.liveHandles(), before);
  });

  Deno.test(`${name} fails where its numbers leave what can be solved, and stays failed`, () => {
    using smoother = begin(library, SIGMAS.map((sigma) => sigma * 1e100));
    smoother.addNode(STEP_NS, transition(), null);
    for (const each of at(1).slice(0, 2)) smoother.addMeasurement(each);
    assert.throws(() => smoother.update(), /positive|finite|ndetermin/);
    assert.throws(() => smoother.update(), /has failed before/);
  });
}
