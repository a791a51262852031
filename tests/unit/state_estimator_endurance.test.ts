import assert from "node:assert/strict";
import { LocalFrame } from "../../src/core/mod.ts";
import { cholesky } from "../../src/navigation/state_estimator/linear_algebra.ts";
import { Eskf, isam2, type StateEstimator } from "../../src/navigation/state_estimator/mod.ts";
import { defaultEskfConfig } from "../../src/navigation/state_estimator/config.ts";
import { FilterState } from "../../src/navigation/state_estimator/filter_state.ts";
import { initialise } from "../../src/navigation/state_estimator/initial_state.ts";
import { Propagator } from "../../src/navigation/state_estimator/propagation.ts";
import { CORE_SIZE, STATE_SIZE } from "../../src/navigation/state_estimator/state_table.ts";
import { FAILING_SMOOTHER, openSmoothers } from "../support/gtsam.ts";
import { feed, makeScenario } from "./state_estimator_scenario.ts";

const frame = new LocalFrame({ latitudeDeg: 48, longitudeDeg: 37, heightM: 0 });

/** `deno task campaign --only estimator` asks for two hours of each. */
const ASKED = Deno.env.get("GDN_ENDURANCE_SECONDS");

/** A quarter of it without fixes; asks every 10 s. */
function fly(estimator: StateEstimator, durationS: number): void {
  const scenario = makeScenario({
    seed: "endurance",
    durationS,
    imuHz: 20,
    frameHz: 1,
    anchorEveryFrames: 3,
    blackouts: [[durationS / 4, Math.min(durationS / 2, durationS / 4 + 600)]],
  });
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
  assert.ok(epochs > durationS / 10 - 20 && worstM < 20);
}

Deno.test("Eskf stays positive definite and near the truth for as long as asked, or for 30 minutes", () =>
  fly(new Eskf({ localFrame: frame }), Number(ASKED ?? 1800)));

for (const [name, library] of openSmoothers()) {
  if (name === FAILING_SMOOTHER) continue;
  Deno.test(`isam2 on ${name} does so too, or for two minutes, and its smoother never fails`, () => {
    const reasons: string[] = [];
    const estimator = isam2(library, {
      localFrame: frame,
      onEvent: (event) => event.type === "restarted" && reasons.push(event.reason),
    });
    fly(estimator, Number(ASKED ?? 120));
    assert.deepEqual(reasons, []);
  });
}

Deno.test("Propagator keeps the core of the covariance positive definite over an unaided quarter of an hour", () => {
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
  for (let i = 0; i < 900 * 20; i++) {
    propagator.step(state, imu, 0.05);
    if (i % 2000 !== 0) continue;
    propagator.applyGaussMarkovDecay(state);
    assert.ok(cholesky(state.covariance, STATE_SIZE, CORE_SIZE, factor), `step ${i}`);
  }
});
