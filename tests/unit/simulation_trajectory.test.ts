import assert from "node:assert/strict";
import {
  matrixFromQuaternion,
  matrixVector,
  quaternionConjugate,
  quaternionFromRotationVector,
  quaternionMultiply,
  quaternionNormalise,
  rollPitchYaw,
  rotationVectorFromQuaternion,
  seededRandom,
  type Vector3,
} from "../../src/core/mod.ts";
import {
  type Aircraft,
  flightOptions,
  type GroundSource,
  type LocalBox,
  type Trajectory,
} from "../../src/workstation/simulation/mod.ts";
import { GRAVITY_MPS2 } from "../../src/workstation/simulation/trajectory.ts";
import { trueFlight } from "../../src/workstation/simulation/truth.ts";

const AIRCRAFT: readonly Aircraft[] = ["fixed_wing", "multirotor"];
const BOX: LocalBox = { westM: -256, southM: -256, eastM: 256, northM: 256 };

function ground(box: LocalBox | null): GroundSource {
  return {
    name: "test ground",
    origin: { latitudeDeg: 48, longitudeDeg: 35, heightM: 100 },
    box,
    gsdM: 0.5,
    patch: () => Promise.reject(new Error("not used by this test")),
  };
}

function flown(
  aircraft: Aircraft,
  seed: string,
  extra: { distanceM?: number; aglM?: number; lands?: boolean } = {},
) {
  const options = flightOptions({ aircraft, seed, distanceM: 2500, ...extra });
  return { options, ...trueFlight(seededRandom(seed), options, ground(BOX)) };
}

/** Strapdown with a second-order rule inside each interval: nothing of the simulation's own. */
function reintegrate(trajectory: Trajectory, seconds: number) {
  const dt = 1 / trajectory.rateHz;
  const start = trajectory.state(0);
  let q = start.localFromBody;
  let p = [...start.positionLocalM], v = [...start.velocityLocalMps];
  const count = Math.min(trajectory.count - 1, Math.round(seconds * trajectory.rateHz));
  for (let i = 1; i <= count; i++) {
    const { specificForceMps2: f, angularRateRps: w } = trajectory.idealImu(i);
    const half = quaternionMultiply(
      q,
      quaternionFromRotationVector(w.map((x) => x * dt / 2) as unknown as Vector3),
    );
    const a = matrixVector(matrixFromQuaternion(half), f);
    const next = [v[0] + a[0] * dt, v[1] + a[1] * dt, v[2] + (a[2] - GRAVITY_MPS2) * dt];
    p = p.map((x, axis) => x + (v[axis] + next[axis]) / 2 * dt);
    v = next;
    q = quaternionNormalise(
      quaternionMultiply(
        q,
        quaternionFromRotationVector(w.map((x) => x * dt) as unknown as Vector3),
      ),
    );
  }
  return { p, v, q, truth: trajectory.state(count) };
}

for (const aircraft of AIRCRAFT) {
  Deno.test(`idealImu() leads back to the truth within centimetres a minute on a ${aircraft}`, () => {
    for (const seed of ["a", "b", "c"]) {
      const { trajectory } = flown(aircraft, seed);
      const { p, q, truth } = reintegrate(trajectory, 60);
      const missM = Math.hypot(...p.map((x, i) => x - truth.positionLocalM[i]));
      const turn = rotationVectorFromQuaternion(
        quaternionMultiply(quaternionConjugate(q), truth.localFromBody),
      );
      assert.ok(missM < 0.03, `seed ${seed}: ${missM} m off after a minute`);
      assert.ok(Math.hypot(...turn) < 1e-6, `seed ${seed}: attitude off by ${Math.hypot(...turn)}`);
    }
  });

  Deno.test(`a ${aircraft} stays over its ground, near its height, within its tilt`, () => {
    for (const seed of ["d", "e", "f", "g"]) {
      const { trajectory, options } = flown(aircraft, seed);
      for (let i = 0; i < trajectory.count; i += 20) {
        const { positionLocalM: [east, north, up], localFromBody } = trajectory.state(i);
        const { rollRad, pitchRad } = rollPitchYaw(localFromBody);
        assert.ok(
          Math.max(Math.abs(east), Math.abs(north)) < 235,
          `seed ${seed}: ${east}, ${north}`,
        );
        assert.ok(Math.abs(up / options.aglM - 1) < 0.13, `seed ${seed}: ${up} m up`);
        assert.ok(Math.abs(rollRad) < 0.68 && Math.abs(pitchRad) < 0.45, `seed ${seed}: tilt`);
      }
    }
  });

  Deno.test(`a ${aircraft} moves smoothly: no acceleration or turn rate beyond its own`, () => {
    const { trajectory } = flown(aircraft, "h");
    for (let i = 1; i < trajectory.count; i++) {
      const { specificForceMps2: f, angularRateRps: w } = trajectory.idealImu(i);
      assert.ok(Math.hypot(...f) < 18 && Math.hypot(...f) > 4, `at ${i}: force ${f}`);
      assert.ok(Math.hypot(...w) < 1.2, `at ${i}: rate ${w}`);
    }
  });

  Deno.test(`a ${aircraft} lands: softly, without a jump, and then stands`, () => {
    const { trajectory, landing } = flown(aircraft, "k", { distanceM: 300, lands: true });
    assert.ok(landing !== null);
    const { rateHz, count } = trajectory;
    let touchdownMps = 0;
    for (let i = Math.round(landing.fromS * rateHz); i < count; i++) {
      const { positionLocalM: [, , up], velocityLocalMps: v } = trajectory.state(i);
      assert.ok(up > -0.05 && v[2] > -4.5, `at ${i}: ${up} m up, ${v[2]} m/s`);
      if (up > 0) touchdownMps = -v[2];
      const { specificForceMps2: f, angularRateRps: w } = trajectory.idealImu(i);
      assert.ok(Math.hypot(...f) < 25 && Math.hypot(...f) > 4, `at ${i}: force ${f}`);
      assert.ok(Math.hypot(...w) < 1.5, `at ${i}: rate ${w}`);
    }
    assert.ok(touchdownMps < 1, `touches down at ${touchdownMps} m/s`);
    const stands = trajectory.state(Math.ceil(landing.atRestS * rateHz) + 1);
    assert.deepEqual(stands.velocityLocalMps, [0, 0, 0]);
    assert.deepEqual(trajectory.state(count - 1).positionLocalM, stands.positionLocalM);
    assert.equal(stands.positionLocalM[2], 0);
    const { q, p, truth } = reintegrate(trajectory, trajectory.durationS);
    const missM = Math.hypot(...p.map((x, axis) => x - truth.positionLocalM[axis]));
    assert.ok(missM < 0.05, `${missM} m off`);
    assert.ok(rollPitchYaw(q).rollRad < 0.01);
  });
}

Deno.test("a fixed wing flies its airspeed through the wind and covers the distance", () => {
  const { trajectory, windMps } = flown("fixed_wing", "i");
  let flownM = 0;
  for (let i = 0; i + 20 < trajectory.count; i += 20) {
    const a = trajectory.state(i), b = trajectory.state(i + 20);
    flownM += Math.hypot(
      b.positionLocalM[0] - a.positionLocalM[0],
      b.positionLocalM[1] - a.positionLocalM[1],
    );
    const air = Math.hypot(
      a.velocityLocalMps[0] - windMps[0],
      a.velocityLocalMps[1] - windMps[1],
    );
    assert.ok(Math.abs(air - 16.7) < 4.5, `airspeed ${air}`);
  }
  assert.ok(Math.abs(flownM - 2500) < 40, `${flownM} m`);
});

Deno.test("a multirotor stops now and then and yaws on its own", () => {
  const { trajectory } = flown("multirotor", "j", { distanceM: 5000 });
  let slow = 0, sideways = 0;
  for (let i = 0; i < trajectory.count; i += 50) {
    const { velocityLocalMps: [ve, vn], localFromBody } = trajectory.state(i);
    if (Math.hypot(ve, vn) < 1.5) slow++;
    const off = Math.cos(rollPitchYaw(localFromBody).yawRad - Math.atan2(ve, vn));
    if (Math.abs(off) < 0.5) sideways++;
  }
  assert.ok(slow > 5, `${slow} slow moments`);
  assert.ok(sideways > 50, `${sideways} moments of flying sideways`);
});

Deno.test("at() meets the states and runs smoothly between them", () => {
  const { trajectory } = flown("multirotor", "k", { distanceM: 300 });
  const exact = trajectory.state(777), between = trajectory.at(777.5 / trajectory.rateHz);
  const met = trajectory.at(exact.timeS);
  assert.ok(Math.hypot(...met.positionLocalM.map((x, i) => x - exact.positionLocalM[i])) < 1e-9);
  const step = exact.velocityLocalMps.map((v) => v / trajectory.rateHz / 2);
  const missM = Math.hypot(
    ...between.positionLocalM.map((x, i) => x - exact.positionLocalM[i] - step[i]),
  );
  assert.ok(missM < 1e-4, `${missM} m`);
});

Deno.test("flightBox() refuses a ground without room for the aircraft", () => {
  const small = { westM: -60, southM: -60, eastM: 60, northM: 60 };
  const options = flightOptions({ aircraft: "fixed_wing", aglM: 130 });
  assert.throws(() => trueFlight(seededRandom(1), options, ground(small)), /too small/);
});
