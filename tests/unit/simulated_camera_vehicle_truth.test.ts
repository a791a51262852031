import assert from "node:assert/strict";
import { monotonicNs, rollPitchYaw } from "../../src/core/mod.ts";
import type { Message, MessageOf } from "../../src/link/mavlink/mod.ts";
import { poseAfter, trueMoment } from "../../src/workstation/simulated_camera/vehicle_truth.ts";
import { AT_REST } from "../support/true_vehicle.ts";

const NOW = monotonicNs(5e9);
const DEGREE = Math.PI / 180;
/** NED from a body that points east and is rolled 10° to the right. */
const EAST_ROLLED = [
  Math.cos(45 * DEGREE) * Math.cos(5 * DEGREE),
  Math.cos(45 * DEGREE) * Math.sin(5 * DEGREE),
  Math.sin(45 * DEGREE) * Math.sin(5 * DEGREE),
  Math.sin(45 * DEGREE) * Math.cos(5 * DEGREE),
] as const;

function simState(changes: Partial<MessageOf<"SIM_STATE">>): Message {
  return { ...AT_REST, ...changes } as MessageOf<"SIM_STATE">;
}

const HIL: MessageOf<"HIL_STATE_QUATERNION"> = {
  name: "HIL_STATE_QUATERNION",
  timeUsec: 0,
  attitudeQuaternion: [...EAST_ROLLED],
  ...{ rollspeed: 0.1, pitchspeed: 0.2, yawspeed: 0.3 },
  ...{ lat: 485000000, lon: 350000000, alt: 123456, vx: 100, vy: 200, vz: -300 },
  ...{ indAirspeed: 0, trueAirspeed: 0, xacc: 0, yacc: 0, zacc: 0 },
};

Deno.test("trueMoment() gives both simulators' messages in one form", () => {
  const [q1, q2, q3, q4] = EAST_ROLLED;
  const moments = [
    trueMoment(HIL, NOW),
    trueMoment(
      simState({
        ...{ q1, q2, q3, q4, xgyro: 0.1, ygyro: 0.2, zgyro: 0.3, alt: 123.456 },
        ...{ latInt: 485000000, lonInt: 350000000, lat: 1, lon: 2, vn: 1, ve: 2, vd: -3 },
      }),
      NOW,
    ),
  ];
  for (const moment of moments) {
    assert.ok(moment !== undefined);
    assert.equal(moment.receivedNs, NOW);
    assert.ok(Math.abs(moment.latitudeDeg - 48.5) < 1e-9);
    assert.ok(Math.abs(moment.longitudeDeg - 35) < 1e-9);
    assert.equal(moment.altitudeM, 123.456);
    assert.deepEqual(moment.velocityEnuMps, [2, 1, 3]);
    assert.deepEqual(moment.angularRateRps, [0.1, 0.2, 0.3]);
    const { rollRad, pitchRad, yawRad } = rollPitchYaw(moment.localFromBody);
    assert.ok(Math.abs(rollRad - 10 * DEGREE) < 1e-9 && Math.abs(pitchRad) < 1e-9);
    assert.ok(Math.abs(yawRad - 90 * DEGREE) < 1e-9);
  }
});

Deno.test("trueMoment() takes the whole degrees where the exact ones are absent, and nothing impossible", () => {
  assert.equal(trueMoment(simState({ lat: 48.25, lon: 35.5 }), NOW)?.latitudeDeg, 48.25);
  const impossible: Partial<MessageOf<"SIM_STATE">>[] = [
    { q1: 0 },
    { q1: NaN },
    { alt: Infinity },
    { vn: NaN },
    { zgyro: Infinity },
    { latInt: 2e9 },
    { lat: NaN },
  ];
  for (const changes of impossible) assert.equal(trueMoment(simState(changes), NOW), undefined);
  const estimate = { name: "GLOBAL_POSITION_INT", lat: 1, lon: 1, alt: 1 } as Message;
  assert.equal(trueMoment(estimate, NOW), undefined, "estimates follow a spoofed GPS");
});

Deno.test("poseAfter() carries position and attitude on", () => {
  const moment = trueMoment(HIL, NOW)!;
  const pose = poseAfter(moment, { positionLocalM: [10, 20, 30], seconds: 0.01 });
  assert.deepEqual(pose.positionLocalM, [10.02, 20.01, 30.03]);
  const { rollRad } = rollPitchYaw(pose.localFromBody);
  assert.ok(Math.abs(rollRad - 10 * DEGREE - 0.001) < 1e-4);
});
