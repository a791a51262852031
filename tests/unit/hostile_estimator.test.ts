import assert from "node:assert/strict";
import type { HostileInput } from "../../tasks/evaluate/hostile/input.ts";
import { turn, turned } from "../../tasks/evaluate/hostile/inputs/attitude.ts";
import { HOSTILE_INPUTS } from "../../tasks/evaluate/hostile/inputs.ts";
import { flyHostileEstimator } from "../support/hostile_estimator.ts";

/** One of each sensor, and of each way to lie; the others fly in tests/bench/hostile_inputs.ts. */
const LIES: readonly (readonly [name: string, durationS: number])[] = [
  ["gps.walk_1", Infinity],
  ["gps.jump_30_sure", Infinity],
  ["gps.disordered", Infinity],
  ["imu.missing", 2],
  ["attitude.yaw_180_from_start", Infinity],
  ["attitude.conjugate", Infinity],
  ["barometer.jump_50", Infinity],
  ["map.ground_40_low", Infinity],
  ["clock.jump_2", Infinity],
  ["bursts.imu", Infinity],
];

Deno.test("the estimator is never confidently wrong for over a second where one input lies", async () => {
  for (const [i, [name, durationS]] of LIES.entries()) {
    const input = HOSTILE_INPUTS.find((each) => each.name === name);
    assert.ok(input, name);
    const aircraft = i % 2 === 0 ? "multirotor" : "fixed_wing";
    const figures = await flyHostileEstimator({ input, durationS, aircraft, seed: 5 });
    assert.equal(figures.fault, "", name);
    assert.ok(figures.frames > 60, `${name}: ${figures.frames} frames`);
    assert.ok(
      figures.confidentlyWrongS <= 1,
      `${name}: ${figures.confidentlyWrongS} s, ${figures.worstErrorM} m at ${figures.r95ThenM} m`,
    );
  }
});

Deno.test("a second of GPS says nothing of a motion whose attitude the IMU contradicts", async () => {
  // It mirrors the motion: a straight way fits GPS after a turn, and is wrong from the first curve on.
  const input = HOSTILE_INPUTS.find(({ name }) => name === "attitude.ned_from_start")!;
  const flight = { input, durationS: Infinity, aircraft: "fixed_wing", seed: 1 } as const;
  const { worstErrorM, confidentlyWrongS } = await flyHostileEstimator(flight);
  assert.ok((worstErrorM ?? 0) > 100, `${worstErrorM} m`);
  assert.ok(confidentlyWrongS <= 1, `${confidentlyWrongS} s`);
});

Deno.test("a flight whose first attitudes were wrong is not lost for good", async () => {
  const tilted: HostileInput = {
    name: "tilted at first",
    about: "25° about east for the first 0.3 s",
    durationsS: [Infinity],
    gps: false,
    fromStart: true,
    inject: (flight, injection) =>
      turned(() => ({ local: turn(1, 25) }))(flight, {
        ...injection,
        span: { fromS: 0, toS: 0.3 },
      }),
  };
  for (const aircraft of ["fixed_wing", "multirotor"] as const) {
    const flight = { input: tilted, durationS: Infinity, aircraft, seed: 2 };
    const { worstErrorM, lastErrorM, confidentlyWrongS } = await flyHostileEstimator(flight);
    assert.ok((worstErrorM ?? Infinity) < 25 && (lastErrorM ?? Infinity) < 5, `${worstErrorM} m`);
    assert.equal(confidentlyWrongS, 0);
  }
});
