import assert from "node:assert/strict";
import {
  type MonotonicNs,
  quaternionFromRotationVector,
  radiansFromDegrees,
  type Vector3,
} from "../../src/core/mod.ts";
import type {
  AttitudeSample,
  GpsSample,
  VioMeasurement,
} from "../../src/navigation/state_estimator/mod.ts";
import {
  type CheckedMotion,
  MotionCheck,
} from "../../src/navigation/state_estimator/motion_check.ts";

interface Flight {
  readonly speedMps: number;
  /** Heading as it is given less the true one, anticlockwise. */
  readonly offDeg: number;
  readonly scale?: number;
  /** GPS says that it flies there. */
  readonly gpsVelocity?: Vector3;
}

/** The last that was said in two seconds of straight flight eastward: 3 frames and 5 samples of GPS a second. */
function checked({ speedMps, offDeg, scale = 1, gpsVelocity }: Flight): CheckedMotion | undefined {
  const check = new MotionCheck();
  let last: CheckedMotion | undefined;
  for (let tick = 0; tick <= 60; tick++) {
    const timeNs = Math.round(tick * 1e9 / 30) as MonotonicNs;
    // Body axes stand as the local ones, so that forward is east.
    const localFromBody = quaternionFromRotationVector([0, 0, radiansFromDegrees(offDeg)]);
    check.observeAttitude({ timeNs, localFromBody, sigmaHeadingRad: 0.05 } as AttitudeSample);
    if (tick % 6 === 0) {
      const velocityLocalMps = gpsVelocity ?? [speedMps, 0, 0];
      check.observeGps({ timeNs, velocityLocalMps } as unknown as GpsSample);
    }
    if (tick === 0 || tick % 10 !== 0) continue;
    last = check.observePair({
      fromNs: timeNs - Math.round(1e9 / 3),
      toNs: timeNs,
      translationM: [scale * speedMps / 3, 0, 0],
      scaleQuality: "metric",
    } as unknown as VioMeasurement) ?? last;
  }
  return last;
}

const degrees = (motion: CheckedMotion | undefined) =>
  motion === undefined ? NaN : motion.turnRad * 180 / Math.PI;

Deno.test("MotionCheck finds by how much the heading is wrong, and leaves alone what a heading may be off by", () => {
  assert.ok(Math.abs(Math.abs(degrees(checked({ speedMps: 8, offDeg: 180 }))) - 180) < 1e-6);
  assert.ok(Math.abs(degrees(checked({ speedMps: 8, offDeg: -30 })) - 30) < 1e-6);
  assert.equal(degrees(checked({ speedMps: 8, offDeg: 8 })), 0);
  // 0.3 m/s of GPS are 8 degrees at this speed.
  assert.equal(degrees(checked({ speedMps: 2.1, offDeg: 30 })), 0);
  assert.equal(checked({ speedMps: 1, offDeg: 180 }), undefined);
});

Deno.test("MotionCheck tells which share of the way the motion may be wrong by", () => {
  assert.ok(checked({ speedMps: 10, offDeg: 0 })!.share < 0.04);
  const long = checked({ speedMps: 10, offDeg: 0, scale: 1.3 })!.share;
  assert.ok(long > 0.2 && long < 0.3, `${long}`);
  assert.equal(checked({ speedMps: 10, offDeg: 0, scale: 3 }), undefined);
});
