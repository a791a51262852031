import assert from "node:assert/strict";
import { LocalFrame, type Vector3 } from "../../src/core/mod.ts";
import { Eskf, type StateEstimate } from "../../src/navigation/state_estimator/mod.ts";
import { feed, makeScenario } from "./state_estimator_scenario.ts";

const frame = new LocalFrame({ latitudeDeg: 48, longitudeDeg: 37, heightM: 0 });

function squared(estimate: StateEstimate, truth: Vector3): number {
  return (estimate.positionLocalM[0] - truth[0]) ** 2 +
    (estimate.positionLocalM[1] - truth[1]) ** 2;
}

Deno.test("Eskf.smoothedHistory() knows a past frame better than the filter did then", () => {
  let filtered = 0, smoothed = 0, count = 0, distances = 0;
  for (let seed = 0; seed < 10; seed++) {
    const scenario = makeScenario({
      seed,
      durationS: 60,
      imuHz: 100,
      blackouts: [[15, 25], [35, 45]],
    });
    const estimator = new Eskf({ localFrame: frame });
    estimator.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
    const then = new Map<number, StateEstimate>();
    for (const message of scenario.messages) {
      feed(estimator, message);
      if (message.kind !== "vio" || message.arrivalNs < 10e9) continue;
      then.set(message.value.toNs, estimator.estimateAt(message.value.toNs));
      const past = estimator.smoothedHistory(6)[0], before = then.get(past.timeNs);
      if (before === undefined) continue;
      const truth = scenario.truthAt(past.timeNs).position;
      assert.equal(past.smoothed, true);
      assert.ok(past.covariance[0] <= before.covariance[0] * (1 + 1e-9));
      assert.ok(past.covariance[7] <= before.covariance[7] * (1 + 1e-9));
      filtered += squared(before, truth);
      smoothed += squared(past, truth);
      distances += squared(past, truth) / (past.covariance[0] + past.covariance[7]);
      count++;
    }
  }
  const rms = (sum: number) => Math.sqrt(sum / count);
  console.log(
    `${count} frames: filtered ${rms(filtered).toFixed(2)} m rms, smoothed over 2 s ` +
      `${rms(smoothed).toFixed(2)} m rms; error² over claimed variance ${
        (distances / count).toFixed(2)
      }`,
  );
  assert.ok(smoothed < 0.99 * filtered);
  assert.ok(distances / count < 1.3);
});

Deno.test("Eskf.smoothedHistory() gives the newest frames, oldest first, and changes nothing", () => {
  const scenario = makeScenario({ seed: 1, durationS: 20, imuHz: 100 });
  const estimator = new Eskf({ localFrame: frame });
  assert.deepEqual(estimator.smoothedHistory(3), []);
  estimator.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
  for (const message of scenario.messages) feed(estimator, message);
  const before = estimator.currentEstimate();
  const history = estimator.smoothedHistory(3);
  assert.equal(history.length, 3);
  assert.ok(history[0].timeNs < history[1].timeNs && history[1].timeNs < history[2].timeNs);
  assert.ok(estimator.smoothedHistory(100).length <= 16);
  assert.deepEqual(estimator.smoothedHistory(0), []);
  assert.deepEqual(estimator.currentEstimate(), before);
});
