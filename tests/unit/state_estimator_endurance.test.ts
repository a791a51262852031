import assert from "node:assert/strict";
import { LocalFrame } from "../../src/core/mod.ts";
import { cholesky } from "../../src/navigation/state_estimator/linear_algebra.ts";
import { Eskf } from "../../src/navigation/state_estimator/mod.ts";
import { defaultEskfConfig } from "../../src/navigation/state_estimator/config.ts";
import { FilterState } from "../../src/navigation/state_estimator/filter_state.ts";
import { initialise } from "../../src/navigation/state_estimator/initial_state.ts";
import { Propagator } from "../../src/navigation/state_estimator/propagation.ts";
import { CORE_SIZE, STATE_SIZE } from "../../src/navigation/state_estimator/state_table.ts";
import { feed, makeScenario } from "./state_estimator_scenario.ts";

const frame = new LocalFrame({ latitudeDeg: 48, longitudeDeg: 37, heightM: 0 });

Deno.test("Eskf stays positive definite and near the truth over two hours", () => {
  const scenario = makeScenario({
    seed: "two hours",
    durationS: 7200,
    imuHz: 20,
    frameHz: 1,
    anchorEveryFrames: 3,
    blackouts: [[600, 1200], [3000, 3060]],
  });
  const estimator = new Eskf({ localFrame: frame });
  estimator.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
  let next = 10e9, worstM = 0, epochs = 0;
  for (const message of scenario.messages) {
    feed(estimator, message);
    if (message.kind !== "imu" || message.arrivalNs < next) continue;
    next += 10e9;
    epochs++;
    const estimate = estimator.currentEstimate(); // throws unless positive definite
    const truth = scenario.truthAt(estimate.timeNs).position;
    const errorM = Math.hypot(
      estimate.positionLocalM[0] - truth[0],
      estimate.positionLocalM[1] - truth[1],
    );
    if (estimate.label === "satellite_anchored") worstM = Math.max(worstM, errorM);
    assert.ok(errorM < 1.5 * estimate.horizontal95M + 1, `${estimate.timeNs} ns: ${errorM} m`);
  }
  console.log(`${epochs} epochs, worst error while anchored ${worstM.toFixed(1)} m`);
  assert.ok(epochs > 700 && worstM < 20);
});

Deno.test("Propagator keeps the core of the covariance positive definite over an unaided hour", () => {
  const config = defaultEskfConfig(), propagator = new Propagator(config);
  const state = new FilterState();
  initialise(
    state,
    {
      timeNs: 0 as never,
      localFromBody: [0, Math.SQRT1_2, Math.SQRT1_2, 0],
      sigmaTiltRad: 0.02,
      sigmaHeadingRad: 0.05,
    },
    { origin: { positionLocalM: [0, 0, 130] }, sigmaHorizM: 5, sigmaVertM: 10 },
    config,
  );
  const imu = Float64Array.from([0, 0, -9.80665, 0, 0, 0.02]);
  const factor = new Float64Array(CORE_SIZE * CORE_SIZE);
  for (let i = 0; i < 3600 * 20; i++) {
    propagator.step(state, imu, 0.05);
    if (i % 2000 !== 0) continue;
    propagator.applyGaussMarkovDecay(state);
    assert.ok(cholesky(state.covariance, STATE_SIZE, CORE_SIZE, factor), `step ${i}`);
  }
});
