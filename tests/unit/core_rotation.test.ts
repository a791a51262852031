import assert from "node:assert/strict";
import {
  BODY_FROM_NADIR_CAMERA,
  localFromBody,
  type Matrix3,
  matrixFromQuaternion,
  matrixMultiply,
  matrixTranspose,
  matrixVector,
  type Quaternion,
  quaternionConjugate,
  quaternionFromMatrix,
  quaternionFromRotationVector,
  quaternionMultiply,
  quaternionNormalise,
  rollPitchYaw,
  rotate,
  rotationVectorFromQuaternion,
  type Vector3,
} from "../../src/core/mod.ts";
import { fc, real } from "../support/properties.ts";

const IDENTITY: Matrix3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];

const VECTOR = fc.tuple(real(-4, 4), real(-4, 4), real(-4, 4));
/** Long enough to be a direction. */
const DIRECTION = VECTOR.filter((v) => Math.hypot(...v) > 0.1);
const QUATERNION = fc.tuple(real(-1, 1), real(-1, 1), real(-1, 1), real(-1, 1))
  .filter((q) => Math.hypot(...q) > 0.1).map(quaternionNormalise);

function close(actual: readonly number[], expected: readonly number[], tolerance = 1e-12) {
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - expected[i])));
  assert.ok(worst <= tolerance, `[${actual}] is not [${expected}]: ${worst} > ${tolerance}`);
}

/** Rodrigues' formula. */
function rodrigues(rotation: Vector3, v: Vector3): Vector3 {
  const angle = Math.hypot(...rotation);
  const [x, y, z] = rotation.map((value) => value / angle);
  const cross: Vector3 = [y * v[2] - z * v[1], z * v[0] - x * v[2], x * v[1] - y * v[0]];
  const along = (x * v[0] + y * v[1] + z * v[2]) * (1 - Math.cos(angle));
  const axis = [x, y, z];
  const turned = v.map((value, i) =>
    value * Math.cos(angle) + cross[i] * Math.sin(angle) + axis[i] * along
  );
  return turned as unknown as Vector3;
}

Deno.test("rotate() by a rotation vector agrees with Rodrigues' formula", () => {
  fc.assert(fc.property(DIRECTION, VECTOR, (rotation, v) => {
    close(rotate(quaternionFromRotationVector(rotation), v), rodrigues(rotation, v));
  }));
});

Deno.test("rotationVectorFromQuaternion() undoes quaternionFromRotationVector(), small angles too", () => {
  const angles = fc.oneof(real(-14, 0).map((exponent) => 10 ** exponent), real(0, Math.PI));
  fc.assert(fc.property(DIRECTION, angles, (direction, angle) => {
    const scale = angle / Math.hypot(...direction);
    const v: Vector3 = [direction[0] * scale, direction[1] * scale, direction[2] * scale];
    close(rotationVectorFromQuaternion(quaternionFromRotationVector(v)), v, 1e-9 * angle + 1e-16);
  }));
  close(rotationVectorFromQuaternion(quaternionFromRotationVector([0, 0, 0])), [0, 0, 0], 0);
});

Deno.test("rotationVectorFromQuaternion() is the same for q and -q, and at most pi long", () => {
  fc.assert(fc.property(QUATERNION, (q) => {
    const negative: Quaternion = [-q[0], -q[1], -q[2], -q[3]];
    const v = rotationVectorFromQuaternion(q);
    // Half a turn has two vectors, and q and -q may give one each.
    if (q[0] !== 0) close(rotationVectorFromQuaternion(negative), v);
    assert.ok(Math.hypot(...v) <= Math.PI + 1e-12);
  }));
});

Deno.test("quaternions and matrices agree on products, inverses and rotations", () => {
  fc.assert(fc.property(QUATERNION, QUATERNION, VECTOR, (a, b, v) => {
    const [ma, mb] = [matrixFromQuaternion(a), matrixFromQuaternion(b)];
    close(matrixMultiply(ma, matrixTranspose(ma)), IDENTITY);
    close(matrixFromQuaternion(quaternionMultiply(a, b)), matrixMultiply(ma, mb));
    close(matrixVector(ma, v), rotate(a, v));
    close(rotate(quaternionConjugate(a), rotate(a, v)), v);
  }));
});

Deno.test("quaternionFromMatrix() undoes matrixFromQuaternion() on each of its branches", () => {
  const branches: Quaternion[] = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]];
  const offset = fc.tuple(real(-0.3, 0.3), real(-0.3, 0.3), real(-0.3, 0.3), real(-0.3, 0.3));
  fc.assert(fc.property(fc.constantFrom(...branches), offset, (near, by) => {
    const q = quaternionNormalise(near.map((value, i) => value + by[i]) as unknown as Quaternion);
    const back = quaternionFromMatrix(matrixFromQuaternion(q));
    assert.ok(back[0] >= 0);
    close(matrixFromQuaternion(back), matrixFromQuaternion(q));
  }));
});

Deno.test("localFromBody() points the nose along the heading and the belly down", () => {
  const level = localFromBody({ rollRad: 0, pitchRad: 0, yawRad: 0 });
  close(rotate(level, [1, 0, 0]), [0, 1, 0]);
  close(rotate(level, [0, 1, 0]), [1, 0, 0]);
  close(rotate(level, [0, 0, 1]), [0, 0, -1]);
  const east = localFromBody({ rollRad: 0, pitchRad: 0, yawRad: Math.PI / 2 });
  close(rotate(east, [1, 0, 0]), [1, 0, 0]);
  const climbing = localFromBody({ rollRad: 0, pitchRad: 0.1, yawRad: 0 });
  close(rotate(climbing, [1, 0, 0]), [0, Math.cos(0.1), Math.sin(0.1)]);
  const rightWingDown = localFromBody({ rollRad: 0.2, pitchRad: 0, yawRad: 0 });
  close(rotate(rightWingDown, [0, 1, 0]), [Math.cos(0.2), 0, -Math.sin(0.2)]);
});

Deno.test("rollPitchYaw() undoes localFromBody()", () => {
  const ranges = { rollRad: real(-3.1, 3.1), pitchRad: real(-1.5, 1.5), yawRad: real(-3.1, 3.1) };
  fc.assert(fc.property(fc.record(ranges), (angles) => {
    const back = rollPitchYaw(localFromBody(angles));
    close([back.rollRad, back.pitchRad, back.yawRad], Object.values(angles), 1e-9);
  }));
});

Deno.test("BODY_FROM_NADIR_CAMERA puts the top of the picture at the nose and the view down", () => {
  close(rotate(BODY_FROM_NADIR_CAMERA, [1, 0, 0]), [0, 1, 0]);
  close(rotate(BODY_FROM_NADIR_CAMERA, [0, -1, 0]), [1, 0, 0]);
  close(rotate(BODY_FROM_NADIR_CAMERA, [0, 0, 1]), [0, 0, 1]);
});

Deno.test("quaternionNormalise() refuses a quaternion without length", () => {
  assert.throws(() => quaternionNormalise([0, 0, 0, 0]), RangeError);
  assert.throws(() => quaternionNormalise([NaN, 0, 0, 0]), RangeError);
});
