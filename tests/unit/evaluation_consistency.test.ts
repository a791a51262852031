import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { type Random, seededRandom } from "../../src/core/mod.ts";
import {
  type ClaimedError,
  flightConsistency,
  pooledConsistency,
} from "../../src/workstation/evaluation/mod.ts";

const COVARIANCE = [4, 1, 2.25] as const;

/** An error of that covariance, times `factor`; `hold` of it is the flight's own constant. */
function flight(random: Random, options: { frames: number; factor: number; hold: number }) {
  const [ee, en, nn] = COVARIANCE;
  const draw = () => {
    const a = random.normal(), b = random.normal();
    return [Math.sqrt(ee) * a, en / Math.sqrt(ee) * a + Math.sqrt(nn - en * en / ee) * b];
  };
  const constant = draw(), held = Math.sqrt(options.hold), free = Math.sqrt(1 - options.hold);
  return Array.from({ length: options.frames }, (): ClaimedError => {
    const own = draw();
    const [eastM, northM] = [0, 1].map((axis) =>
      options.factor * (held * constant[axis] + free * own[axis])
    );
    return { eastM, northM, covarianceEnM2: COVARIANCE };
  });
}

function flights(count: number, options: { frames: number; factor: number; hold: number }) {
  const random = seededRandom(5);
  return Array.from({ length: count }, (_, i) => flight(random.fork(`${i}`), options));
}

Deno.test("pooledConsistency() finds an honest covariance honest", () => {
  const pooled = pooledConsistency(flights(60, { frames: 100, factor: 1, hold: 0 }));
  ok(pooled !== null);
  ok(Math.abs(pooled.nees - 2) < 0.08, `NEES ${pooled.nees}`);
  ok(Math.abs(pooled.consistent95 - 0.95) < 0.01, `${pooled.consistent95}`);
  [0.5, 0.68, 0.9, 0.95, 0.99].forEach((level, i) =>
    ok(Math.abs(pooled.reliability[i] - level) < 0.02, `${level}: ${pooled.reliability[i]}`)
  );
  ok(pooled.flightsOutside <= 3, `${pooled.flightsOutside} of 60`);
  ok(pooled.effectiveSamples > 3000, `${pooled.effectiveSamples} of 6000`);
});

Deno.test("pooledConsistency() tells a covariance that is too small from one that is too large", () => {
  const bold = pooledConsistency(flights(20, { frames: 100, factor: 2, hold: 0 }));
  const shy = pooledConsistency(flights(20, { frames: 100, factor: 0.4, hold: 0 }));
  ok(bold !== null && bold.consistent95 < 0.6 && bold.nees > 6);
  ok(shy !== null && shy.consistent95 > 0.999 && shy.nees < 0.5);
  strictEqual(bold.flightsOutside, 20);
});

Deno.test("frames that err alike count as few, and bound one flight's share loosely", () => {
  const alike = flightConsistency(flight(seededRandom(2), { frames: 200, factor: 1, hold: 0.98 }));
  ok(alike !== null && alike.effectiveSamples < 3, `${alike?.effectiveSamples}`);
  ok(alike.bounds95[0] <= 0.5 && alike.isWithinBounds);
  const pooled = pooledConsistency(flights(200, { frames: 50, factor: 1, hold: 0.98 }));
  ok(pooled !== null && Math.abs(pooled.consistent95 - 0.95) < 3 * pooled.sigma95);
  ok(pooled.sigma95 > 0.008, `${pooled.sigma95}`);
});

Deno.test("the share as sent holds each axis against the largest sigma", () => {
  const errors: ClaimedError[] = [
    { eastM: 1.9, northM: 0, covarianceEnM2: [1, 0, 0.01] },
    { eastM: 2.1, northM: 3, covarianceEnM2: [1, 0, 0.01] },
  ];
  deepStrictEqual(pooledConsistency([errors])?.reliabilityAsSent, [0.25, 0.25, 0.25, 0.5, 0.75]);
});

Deno.test("no frame is no figure; a covariance that is none counts as outside", () => {
  strictEqual(flightConsistency([]), null);
  strictEqual(pooledConsistency([[], []]), null);
  const broken = flightConsistency([{ eastM: 0, northM: 1, covarianceEnM2: [0, 0, 1] }]);
  strictEqual(broken?.consistent95, 0);
});
