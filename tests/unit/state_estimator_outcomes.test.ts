import assert from "node:assert/strict";
import { LocalFrame } from "../../src/core/mod.ts";
import {
  Eskf,
  MEASUREMENT_SOURCES,
  type MeasurementOutcome,
} from "../../src/navigation/state_estimator/mod.ts";
import { feed, makeScenario } from "./state_estimator_scenario.ts";

const frame = new LocalFrame({ latitudeDeg: 48, longitudeDeg: 37, heightM: 0 });

function fly(seed: number): { estimator: Eskf; outcomes: MeasurementOutcome[] } {
  const scenario = makeScenario({ seed, durationS: 30, outliers: [12], latencyS: 0.3 });
  const outcomes: MeasurementOutcome[] = [];
  const estimator = new Eskf({
    localFrame: frame,
    onEvent: (event) => {
      if (event.type === "measurement") outcomes.push(event.outcome);
    },
  });
  estimator.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
  for (const message of scenario.messages) feed(estimator, message);
  return { estimator, outcomes };
}

Deno.test("Eskf reports every measurement that it fused or refused, once", () => {
  const { estimator, outcomes } = fly(1), { fused, rejected } = estimator.health();
  for (const source of ["attitude", "barometer", "odometry", "anchor"] as const) {
    const own = outcomes.filter((outcome) => outcome.source === source);
    assert.ok(own.length >= 25, `${source}: ${own.length}`);
    assert.equal(own.filter((outcome) => outcome.fused).length, fused[source], source);
    assert.equal(own.filter((outcome) => !outcome.fused).length, rejected[source], source);
  }
});

Deno.test("an outcome's numbers are those of its source's components, and explain its test ratio", () => {
  const { outcomes } = fly(2);
  const judged = outcomes.filter((outcome) => outcome.innovation.length > 0);
  assert.ok(judged.some((outcome) => outcome.testRatio > 1 && !outcome.fused), "the outlier");
  for (const outcome of judged) {
    const { source, innovation, innovationVariance, observation, observationVariance } = outcome;
    const { length } = MEASUREMENT_SOURCES[source];
    const arrays = { innovation, innovationVariance, observation, observationVariance };
    for (const [name, array] of Object.entries(arrays)) {
      assert.equal(array.length, length, `${source} ${name}`);
      assert.ok(array.every(Number.isFinite), `${source} ${name}`);
    }
    observationVariance.forEach((variance, i) => {
      // The state adds its own uncertainty.
      assert.ok(variance > 0 && innovationVariance[i] > variance, `${source} ${i}`);
    });
    if (source !== "barometer") continue;
    const squared = innovation[0] ** 2 / innovationVariance[0];
    assert.ok(Math.abs(outcome.testRatio - squared / 25) < 1e-12 * (1 + squared));
  }
});

Deno.test("innovations are inside two of their sigmas about as often as a normal variable is", () => {
  let inside = 0, all = 0;
  for (let seed = 10; seed < 14; seed++) {
    for (const { source, fused, innovation, innovationVariance } of fly(seed).outcomes) {
      if (!fused || source !== "odometry") continue;
      innovation.forEach((value, i) => {
        all++;
        if (value ** 2 <= 4 * innovationVariance[i]) inside++;
      });
    }
  }
  assert.ok(all > 1500 && inside / all > 0.93 && inside / all <= 1, `${inside} of ${all}`);
});
