import assert from "node:assert/strict";
import { monotonicNs } from "../../src/core/mod.ts";
import type { VioMeasurement } from "../../src/navigation/state_estimator/mod.ts";
import { defaultEskfConfig } from "../../src/navigation/state_estimator/config.ts";
import { GpsWitness } from "../../src/navigation/state_estimator/gps_witness.ts";
import { ImuStream } from "../../src/navigation/state_estimator/imu_stream.ts";
import { measurementSources } from "../../src/navigation/state_estimator/sources/table.ts";
import { Timeline } from "../../src/navigation/state_estimator/timeline.ts";
import { StandingPictures } from "../../src/navigation/state_estimator/standing_pictures.ts";

/** Pairs of frames that follow each other, at these speeds. */
function afterPairs(
  speedsMps: readonly number[],
  { intervalS = 1 / 3, scaleQuality = "metric" as VioMeasurement["scaleQuality"] } = {},
): string | undefined {
  const standing = new StandingPictures();
  speedsMps.forEach((speedMps, i) =>
    standing.observePair({ ...pair(i, speedMps, intervalS), scaleQuality })
  );
  return standing.objection;
}

function pair(i: number, speedMps: number, intervalS: number): VioMeasurement {
  return {
    fromNs: monotonicNs(Math.round(i * intervalS * 1e9)),
    toNs: monotonicNs(Math.round((i + 1) * intervalS * 1e9)),
    translationM: [0, -speedMps * intervalS, 0],
    rotationFromTo: [1, 0, 0, 0],
    covariance: new Float64Array(36),
    scaleQuality: "metric",
    scaleHeightM: 100,
  };
}

Deno.test("pictures that stand from one to the next are told, until they move again", () => {
  assert.match(afterPairs([10, 10, 0]) ?? "", /stand still/);
  assert.match(afterPairs([10, 0.05, 0.1, 0, 0.2]) ?? "", /stand still/);
  assert.match(afterPairs([5, 5, 0], { intervalS: 0.05 }) ?? "", /stand still/);
  assert.equal(afterPairs([10, 0, 0, 9]), undefined);
});

Deno.test("an aircraft that brakes, hovers or is seen in directions alone has no standing pictures", () => {
  assert.equal(afterPairs([10, 8, 6, 4, 2, 0, 0]), undefined);
  assert.equal(afterPairs([3, 0, 0]), undefined);
  assert.equal(afterPairs([10, 0], { intervalS: 2 }), undefined);
  assert.equal(afterPairs([10, 0], { scaleQuality: "direction_only" }), undefined);
});

Deno.test("neither odometry nor fixes count while the pictures stand", () => {
  const config = defaultEskfConfig(), stream = new ImuStream();
  const timeline = () => new Timeline(config, stream);
  const { odometry, anchor } = measurementSources({
    config,
    onBarometerRunsAway: () => {},
    onPictureDelay: () => {},
    witness: new GpsWitness(config, stream, timeline(), timeline(), { begin: () => {} }),
    localFrame: { localFromWgs: () => [0, 0, 0] },
    onEvent: () => {},
  });
  const objections = [10, 10, 0, 0, 9].map((speedMps, i) => {
    const ofOdometry = odometry.admit(pair(i, speedMps, 1 / 3));
    assert.equal(anchor.admit(), ofOdometry);
    return ofOdometry !== undefined;
  });
  assert.deepEqual(objections, [false, false, true, true, false]);
});
