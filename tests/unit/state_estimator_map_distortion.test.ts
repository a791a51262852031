import assert from "node:assert/strict";
import { seededRandom } from "../../src/core/mod.ts";
import { MapDistortion } from "../../src/navigation/state_estimator/map_distortion.ts";
import { HOSTILE_INPUTS } from "../../tasks/evaluate/hostile/inputs.ts";
import { flyHostileEstimator } from "../support/hostile_estimator.ts";

type Place = readonly [number, number];

/** Looks at what lies between GPS and map, every half second. */
function seen(placeAt: (s: number) => Place, differenceAt: (s: number, place: Place) => Place) {
  const distortion = new MapDistortion(), random = seededRandom("map distortion");
  return {
    distortion,
    until(fromS: number, toS: number): void {
      for (let s = fromS; s < toS; s += 0.5) {
        const place = placeAt(s), [e, n] = differenceAt(s, place);
        const difference: Place = [e + 0.5 * random.normal(), n + 0.5 * random.normal()];
        distortion.note({ timeNs: s * 1e9, place, difference, varianceM2: 5 });
      }
    },
  };
}

const straight = (s: number): Place => [17 * s, 0];
/** A circle of 200 m. */
const round = (s: number): Place => [200 * Math.cos(0.17 * s), 200 * Math.sin(0.17 * s)];
const turned = (_: number, [x, y]: Place): Place => [-0.05 * y, 0.05 * x];
const walks = (s: number): Place => [0, Math.max(0, s - 10)];

Deno.test("GPS that parts with the way may stand over a map that is turned; straight on, one that walks away may too", () => {
  for (const difference of [turned, walks]) {
    const { distortion, until } = seen(straight, difference);
    until(0, 20);
    assert.ok(distortion.parted() > 8);
    assert.ok(distortion.offM(straight(20)) > 8);
  }
});

Deno.test("a turn of the map is known where the aircraft flies round, and told for as far as it leads astray", () => {
  const { distortion, until } = seen(round, turned);
  until(0, 18);
  assert.ok(distortion.parted() > 6);
  // GPS is silent from now on.
  assert.ok(distortion.offM([400, 0]) > 18);
  assert.ok(distortion.offM([400, 0]) < 22);
});

Deno.test("what walks away on a round way is no map that is turned", () => {
  const { distortion, until } = seen(round, walks);
  until(0, 60);
  assert.equal(distortion.parted(), 0);
  assert.equal(distortion.offM(round(60)), 0);
});

Deno.test("a map that was in doubt is borne out by the way that follows", () => {
  const { distortion, until } = seen((s) => s < 20 ? straight(s) : [340 - 17 * (s - 20), 0], walks);
  until(0, 20);
  assert.ok(distortion.parted() > 8);
  until(20, 40);
  assert.equal(distortion.offM([0, 0]), 0);
});

Deno.test("a jump is none, and differences that are no more than noise lead nowhere", () => {
  const jump = seen(straight, (s) => s < 15 ? [0, 0] : [0, 15]);
  jump.until(0, 16.5);
  assert.equal(jump.distortion.parted(), 0);
  const noise = seen(straight, () => [0, 0]);
  noise.until(0, 20);
  assert.equal(noise.distortion.parted(), 0);
});

Deno.test("a map that is turned by 3° or 3 % too large, under an honest GPS that agreed with it at first, is told", async () => {
  const flights = [
    ["map.turned_3_gps", "fixed_wing", 2],
    ["map.turned_3_gps", "multirotor", 12],
    ["map.scaled_1.03_gps", "fixed_wing", 5],
  ] as const;
  for (const [name, aircraft, seed] of flights) {
    const input = HOSTILE_INPUTS.find((each) => each.name === name)!;
    const flight = { input, durationS: Infinity, aircraft, seed };
    const { worstErrorM, r95ThenM, confidentlyWrongS } = await flyHostileEstimator(flight);
    assert.ok(worstErrorM! > 10, name);
    assert.ok(r95ThenM! > worstErrorM!, name);
    assert.ok(confidentlyWrongS < 0.5, name);
  }
});
