/**
 * `eskf` and `isam2` (on GTSAM where it is installed, else on the reference of the tests) over the estimator's test
 * flights: error, consistency, processor time of a measurement.
 *
 *     deno run -A tests/bench/smoother.ts [--seconds 60] [--seeds a,b,c,d] [--heading DEGREES]
 *
 * `--heading`: the first attitude is turned by so much, and says so; there is no other, and fixes tell little but the
 * place.
 *
 * @module
 */
import { parseArgs } from "node:util";
import process from "node:process";
import {
  LocalFrame,
  quaternionConjugate,
  quaternionMultiply,
  radiansFromDegrees,
  rotationVectorFromQuaternion,
} from "../../src/core/mod.ts";
import { gtsamStatus, openGtsam } from "../../src/native/gtsam/mod.ts";
import { Eskf, isam2, type StateEstimator } from "../../src/navigation/state_estimator/mod.ts";
import { openReferenceSmoother } from "../support/gtsam.ts";
import { feed, makeScenario, type Scenario } from "../unit/state_estimator_scenario.ts";
import { withWrongHeading } from "../unit/state_estimator_wrong_heading.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seeds: { type: "string", default: "a,b,c,d" },
    heading: { type: "string", default: "0" },
  },
});
const turnRad = radiansFromDegrees(Number(values.heading));
const localFrame = new LocalFrame({ latitudeDeg: 48, longitudeDeg: 37, heightM: 0 });
const { state, reason } = gtsamStatus();
const library = state === "available" ? openGtsam() : openReferenceSmoother();
console.log(state === "available" ? "isam2 on GTSAM" : `isam2 on the reference (${reason})`);

interface Flown {
  readonly errorsM: number[];
  readonly nees: number[];
  readonly headingRad: number[];
  readonly cpuMs: number[];
}

function fly(estimator: StateEstimator, scenario: Scenario): Flown {
  const flown: Flown = { errorsM: [], nees: [], headingRad: [], cpuMs: [] };
  estimator.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
  const messages = turnRad === 0 ? scenario.messages : withWrongHeading(scenario.messages, turnRad);
  for (const message of messages) {
    const before = process.cpuUsage();
    feed(estimator, message);
    if (message.kind !== "imu") {
      const { user, system } = process.cpuUsage(before);
      flown.cpuMs.push((user + system) / 1000);
    }
    if (message.kind === "anchor") look(estimator, scenario, flown);
  }
  return flown;
}

function look(estimator: StateEstimator, scenario: Scenario, flown: Flown): void {
  const estimate = estimator.currentEstimate(), truth = scenario.truthAt(estimate.timeNs);
  const [east, north] = estimate.positionLocalM.map((value, i) => value - truth.position[i]);
  const [ee, en, nn] = [0, 1, 7].map((at) => estimate.covariance[at]);
  flown.errorsM.push(Math.hypot(east, north));
  flown.nees.push(
    (nn * east ** 2 - 2 * en * east * north + ee * north ** 2) / (ee * nn - en ** 2),
  );
  const turned = quaternionMultiply(estimate.localFromBody, quaternionConjugate(truth.attitude));
  flown.headingRad.push(Math.abs(rotationVectorFromQuaternion(turned)[2]));
}

function quantile(sample: readonly number[], share: number): number {
  return [...sample].sort((a, b) => a - b)[Math.floor(share * (sample.length - 1))];
}

function meanOf(sample: readonly number[]): number {
  return sample.reduce((total, one) => total + one, 0) / sample.length;
}

for (const seed of values.seeds.split(",")) {
  const scenario = makeScenario({
    seed,
    durationS: Number(values.seconds),
    imuHz: 100,
    latencyS: 0.2,
  });
  for (const estimator of [new Eskf({ localFrame }), isam2(library, { localFrame })]) {
    const { errorsM, nees, headingRad, cpuMs } = fly(estimator, scenario);
    const rmsM = Math.sqrt(meanOf(errorsM.map((each) => each ** 2)));
    const late = headingRad.findLastIndex((each) => each > radiansFromDegrees(4)) + 1;
    console.log(
      `${seed} ${estimator.strategyLabel.padEnd(5)} r.m.s. ${rmsM.toFixed(2)} m, ` +
        `worst ${Math.max(...errorsM).toFixed(1)} m, NEES ${meanOf(nees).toFixed(2)}, ` +
        `heading within 4° from fix ${late + 1} on, ` +
        `processor ${quantile(cpuMs, 0.5).toFixed(2)} ms p50, ${
          quantile(cpuMs, 0.95).toFixed(2)
        } ms p95`,
    );
  }
}
