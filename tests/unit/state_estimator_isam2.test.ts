/** What `isam2` does beyond the contract: on the reference smoother, and where GTSAM throws on that too. */
import assert from "node:assert/strict";
import {
  LocalFrame,
  quaternionConjugate,
  quaternionMultiply,
  rotationVectorFromQuaternion,
} from "../../src/core/mod.ts";
import type { GtsamLibrary } from "../../src/native/gtsam/mod.ts";
import {
  Eskf,
  type EstimatorEvent,
  isam2,
  type StateEstimator,
} from "../../src/navigation/state_estimator/mod.ts";
import { FAILING_SMOOTHER, openSmoothers } from "../support/gtsam.ts";
import { flyFaultyImu } from "../support/imu_fault_flight.ts";
import { feed, makeScenario, type Scenario } from "./state_estimator_scenario.ts";
import { withWrongHeading } from "./state_estimator_wrong_heading.ts";

const localFrame = new LocalFrame({ latitudeDeg: 48, longitudeDeg: 37, heightM: 0 });
const [[, library]] = openSmoothers();
/** GDN_MEASURED_HEIGHT. */
const HEIGHT = 1;

function errorM(estimator: StateEstimator, scenario: Scenario): number {
  const { timeNs, positionLocalM: p } = estimator.currentEstimate();
  const truth = scenario.truthAt(timeNs).position;
  return Math.hypot(p[0] - truth[0], p[1] - truth[1]);
}

Deno.test("isam2 finds a heading that is 20° wrong from the start sooner than eskf, and is not carried away", () => {
  const flown = [new Eskf({ localFrame }), isam2(library, { localFrame })].map((estimator) => {
    let worstM = 0, headingDeg = NaN;
    const scenario = makeScenario({ seed: "c", durationS: 8, imuHz: 100, latencyS: 0.2 });
    estimator.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
    for (const message of withWrongHeading(scenario.messages, 20 * Math.PI / 180)) {
      feed(estimator, message);
      if (message.kind === "anchor") worstM = Math.max(worstM, errorM(estimator, scenario));
    }
    const { timeNs, localFromBody } = estimator.currentEstimate();
    const turned = quaternionMultiply(
      localFromBody,
      quaternionConjugate(scenario.truthAt(timeNs).attitude),
    );
    headingDeg = Math.abs(rotationVectorFromQuaternion(turned)[2]) * 180 / Math.PI;
    return { worstM, headingDeg };
  });
  const [eskf, smoothed] = flown;
  assert.ok(smoothed.headingDeg < 4, `${smoothed.headingDeg}°`);
  assert.ok(smoothed.worstM < 6, `${smoothed.worstM} m`);
  assert.ok(eskf.headingDeg > 8 && eskf.worstM > 15, JSON.stringify(eskf));
});

/** `library`, in which heights are told as exact to 1e-145 m while `isExact` says so: it cannot be solved for them. */
function exact(library: GtsamLibrary, isExact: () => boolean): GtsamLibrary {
  const { symbols } = library;
  return {
    ...library,
    symbols: {
      ...symbols,
      gdn_smoother_add_measurement: (smoother, kind, fromNs, timeNs, observation, noise, error) => {
        const told = isExact() && kind === HEIGHT ? Float64Array.of(1e-290) : noise;
        return symbols.gdn_smoother_add_measurement(
          ...[smoother, kind, fromNs, timeNs, observation, told, error] as const,
        );
      },
    },
  };
}

for (const [name, one] of openSmoothers()) {
  Deno.test(`isam2 goes on from what it knew when ${name} throws, and says so`, () => {
    const scenario = makeScenario({ seed: "failure", durationS: 9, imuHz: 100, latencyS: 0.2 });
    const events: EstimatorEvent[] = [];
    let nowNs = 0;
    const estimator = isam2(exact(one, () => nowNs > 5e9 && nowNs < 6e9), {
      localFrame,
      onEvent: (event) => events.push(event),
    });
    estimator.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
    let worstM = 0;
    for (const message of scenario.messages) {
      nowNs = message.arrivalNs;
      feed(estimator, message);
      if (message.kind === "vio" && nowNs > 3e9) {
        worstM = Math.max(worstM, errorM(estimator, scenario));
      }
    }
    const restarts = events.filter((event) => event.type === "restarted");
    assert.ok(restarts.length > 0);
    assert.ok(restarts.every(({ reason }) => /ndetermin|not positive|not finite/.test(reason)));
    assert.ok(restarts.every(({ timeNs }) => timeNs > 4e9 && timeNs < 6.5e9));
    assert.ok(worstM < 4, `${worstM} m`);
    assert.equal(estimator.health().state, "active");
  });
}

for (const [name, one] of openSmoothers()) {
  Deno.test(`isam2 begins anew on ${name} ${name === FAILING_SMOOTHER ? "once" : "never"} in 8 s of a sound flight`, () => {
    const { events } = flyFaultyImu({
      seed: "imu fault test",
      aircraft: "fixed_wing",
      durationS: 8,
      fault: "none",
      fromS: 4,
      forS: 4,
      make: (options) => isam2(one, options),
    });
    assert.equal(events.length, name === FAILING_SMOOTHER ? 1 : 0, JSON.stringify(events));
  });
}

Deno.test("isam2.smoothedHistory() knows a frame of a second ago better than the filter did then", () => {
  const scenario = makeScenario({ seed: "smoothed", durationS: 15, imuHz: 100, latencyS: 0.2 });
  const estimator = isam2(library, { localFrame });
  const sums = { before: 0, after: 0 };
  for (const message of scenario.messages) {
    feed(estimator, message);
    if (message.kind !== "anchor" || message.arrivalNs < 6e9) continue;
    const history = estimator.smoothedHistory(4);
    assert.deepEqual(history.map(({ smoothed }) => smoothed), [true, true, true, true]);
    assert.deepEqual(
      history.map(({ timeNs }) => timeNs),
      history.map((e) => e.timeNs).sort((a, b) => a - b),
    );
    assert.deepEqual(estimator.smoothedHistory(4, 1), history.slice(0, 1));
    const [past] = history, then = estimator.estimateAt(past.timeNs);
    sums.before += Math.sqrt(then.covariance[0]);
    sums.after += Math.sqrt(past.covariance[0]);
  }
  assert.ok(sums.after > 0 && sums.after < sums.before, JSON.stringify(sums));
});
