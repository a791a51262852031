/** Faults of the IMU, the barometer or the camera's clock while everything else is sound. The whole table: tests/bench/imu_faults.ts. */
import assert from "node:assert/strict";
import { flyFaultyImu, type ImuFaultName } from "../support/imu_fault_flight.ts";

const FROM_S = 15;

function fly(fault: ImuFaultName, forS: number, aircraft: "fixed_wing" | "multirotor") {
  const durationS = FROM_S + Math.min(forS, 5) + 10;
  return flyFaultyImu({ seed: "imu faults", aircraft, fault, fromS: FROM_S, forS, durationS });
}

for (
  const [fault, forS] of [
    ["ax at 157 m/s²", 0.1],
    ["gz at 35 rad/s", 0.5],
    ["stuck", 2],
    ["y and z flipped", 2],
    ["ax 30 m/s² more", 0.5],
    ["missing", 2],
  ] as const
) {
  Deno.test(`Eskf survives an IMU with ${fault} for ${forS} s`, () => {
    for (const aircraft of ["fixed_wing", "multirotor"] as const) {
      const flight = fly(fault, forS, aircraft);
      assert.ok(flight.confidentlyWrongS <= 1, `${flight.confidentlyWrongS} s wrong`);
      assert.ok(flight.rightAfterS < forS + 10, `right after ${flight.rightAfterS} s`);
      assert.ok(flight.worstM < 15, `${flight.worstM} m`);
      assert.equal(flight.imuReason, "", "it is used again");
    }
  });
}

Deno.test("Eskf takes the attitude where it has turned by a burst of the gyroscopes and odometry stands on its tilt", () => {
  for (const aircraft of ["fixed_wing", "multirotor"] as const) {
    const flight = flyFaultyImu({
      seed: "burst",
      aircraft,
      fault: "gx at 6 rad/s",
      fromS: FROM_S,
      forS: 0.1,
      durationS: FROM_S + 30,
      odometryNeedsTilt: true,
      blackouts: [[FROM_S - 2, FROM_S + 20]],
    });
    assert.ok(flight.worstM < 15, `${aircraft}: ${flight.worstM} m at ${flight.worst95M} m`);
    assert.equal(flight.confidentlyWrongS, 0);
    assert.equal(flight.imuReason, "", "it is used again");
  }
});

Deno.test("Eskf does without an IMU that stays at fault", () => {
  for (const fault of ["stuck", "y and z flipped", "missing"] as const) {
    const flight = fly(fault, 60, "multirotor");
    assert.ok(flight.worstM < 10 && flight.confidentlyWrongS === 0, `${fault}: ${flight.worstM} m`);
    assert.equal(flight.label, "satellite_anchored");
  }
});

Deno.test("Eskf refuses a sample at the end of its range and goes on with the next", () => {
  const flight = fly("ax at 157 m/s²", 0.015, "fixed_wing");
  assert.deepEqual(flight.events, []);
  assert.ok(flight.worstM < 6, `${flight.worstM} m`);
});

Deno.test("Eskf leaves a sound IMU alone", () => {
  for (const aircraft of ["fixed_wing", "multirotor"] as const) {
    assert.deepEqual(fly("none", 60, aircraft).events, []);
  }
});

Deno.test("Eskf takes no height from a barometer that runs away from the fixes", () => {
  for (const barometerMps of [-1, 0.3, 1, 3]) {
    const flight = flyFaultyImu({
      seed: "barometer",
      aircraft: "multirotor",
      fault: "none",
      fromS: 30,
      forS: 0,
      durationS: 65,
      barometerMps,
    });
    const { worstHeightM, worstHeightSigmas } = flight;
    assert.ok(worstHeightSigmas < 3, `${barometerMps} m/s: ${worstHeightSigmas} sigma`);
    assert.ok(worstHeightM < 6, `${barometerMps} m/s: ${worstHeightM} m`);
  }
});

Deno.test("a barometer that has run away does not take the height along when fixes end", () => {
  const flight = flyFaultyImu({
    seed: "barometer",
    aircraft: "fixed_wing",
    fault: "none",
    fromS: 15,
    forS: 0,
    durationS: 70,
    barometerMps: 1,
    blackouts: [[55, 70]],
  });
  assert.ok(flight.worstHeightM < 12, `${flight.worstHeightM} m`);
  assert.ok(flight.worstHeightSigmas < 4, `${flight.worstHeightSigmas} sigma`);
  assert.equal(flight.confidentlyWrongS, 0);
});

Deno.test("a barometer that jumps does not take the height along where there are no fixes", () => {
  for (const barometerJumpM of [-50, 20]) {
    const flight = flyFaultyImu({
      seed: "barometer",
      aircraft: "multirotor",
      fault: "none",
      fromS: 15,
      forS: 0,
      durationS: 30,
      barometerJumpM,
      blackouts: [[14, 30]],
    });
    assert.ok(flight.worstHeightM < 8, `${flight.worstHeightM} m`);
    assert.ok(flight.worstHeightSigmas < 4, `${flight.worstHeightSigmas} sigma`);
    assert.equal(flight.confidentlyWrongS, 0);
  }
});

Deno.test("a barometer that runs away where nothing else tells the height is held against IMU and pictures", () => {
  for (const barometerMps of [1, -3]) {
    const flight = flyFaultyImu({
      seed: "barometer",
      aircraft: "multirotor",
      fault: "none",
      fromS: 15,
      forS: 0,
      durationS: 40,
      barometerMps,
      blackouts: [[10, 40]],
    });
    assert.ok(flight.worstHeightM < 8, `${flight.worstHeightM} m`);
    assert.ok(flight.worstHeightSigmas < 4, `${flight.worstHeightSigmas} sigma`);
    assert.equal(flight.confidentlyWrongS, 0);
  }
});

Deno.test("Eskf measures by how much pictures are older than their stamps", () => {
  for (const pictureDelayS of [0, 0.3, 1, 3]) {
    const flight = flyFaultyImu({
      seed: "pictures",
      aircraft: "multirotor",
      fault: "none",
      fromS: 20,
      forS: 0,
      durationS: 32,
      pictureDelayS,
    });
    assert.ok(Math.abs(flight.foundDelayS - pictureDelayS) < 0.06, `${flight.foundDelayS} s`);
    assert.ok(flight.worstM < 10 && flight.confidentlyWrongS === 0, `${flight.worstM} m`);
  }
});

Deno.test("Eskf forgets what late pictures taught it, and says meanwhile that they contradict it", () => {
  for (const pictureDelayS of [0.5, 1, 2]) {
    const flight = flyFaultyImu({
      seed: "late",
      aircraft: "fixed_wing",
      fault: "none",
      fromS: 0,
      forS: 0,
      durationS: 20,
      pictureDelayS,
    });
    assert.ok(
      flight.confidentlyWrongS <= 1,
      `${pictureDelayS}: ${flight.confidentlyWrongS} s wrong`,
    );
    assert.ok(flight.rightAfterS < 10, `${pictureDelayS}: right after ${flight.rightAfterS} s`);
  }
});

Deno.test("an IMU that comes back while its gyroscopes are still wrong is left out again before it turns the filter", () => {
  const flight = flyFaultyImu({
    seed: "1",
    aircraft: "multirotor",
    fault: "gx flipped",
    fromS: 30,
    forS: 2,
    durationS: 80,
  });
  assert.ok(flight.worstM < 2.5, `${flight.worstM} m`);
});
