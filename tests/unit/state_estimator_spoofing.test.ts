/** GPS that lies and that nobody reports. The whole table: tests/bench/spoofing.ts. */
import assert from "node:assert/strict";
import type { EstimatorEvent } from "../../src/navigation/state_estimator/mod.ts";
import { flySpoofed, type SpoofedFlightOptions } from "../support/spoofed_flight.ts";

const FROM_S = 40;
/** 6 m and 3 sigma of GPS less the estimate without it. */
const DETECTABLE_M = 6 + 3 * 2.3;

type Lie = SpoofedFlightOptions["gps"][number];

function fly(lie: Omit<Lie, "fromS" | "toS">, more: Partial<SpoofedFlightOptions> = {}) {
  const window = { ...lie, fromS: FROM_S, toS: Infinity };
  return flySpoofed({
    seed: "spoofing test",
    aircraft: "fixed_wing",
    durationS: 110,
    gps: [window],
    map: { offsetSigmaM: 1, localSigmaM: 0.7 },
    ...more,
  }, 10);
}

function demotion(events: readonly EstimatorEvent[]) {
  const found = events.filter((event) => event.type === "gps.demoted");
  assert.equal(found.length, 1);
  return found[0];
}

for (const speedMps of [0.2, 0.5, 1, 2, 5]) {
  Deno.test(`Eskf finds GPS that drifts away at ${speedMps} m/s and unlearns it`, () => {
    const flight = fly({ kind: "spoofed_silently", amount: speedMps });
    assert.ok(flight.demotedS !== undefined, "never found");
    assert.ok(flight.demotedS < FROM_S + DETECTABLE_M / speedMps + 10, `${flight.demotedS} s`);
    assert.ok(flight.offsetM < DETECTABLE_M + 3 * speedMps, `${flight.offsetM} m`);
    assert.ok(flight.worstM < 9, `${flight.worstM} m`);
    assert.ok(flight.laterM < 3.5, `${flight.laterM} m`);
    assert.equal(flight.finalGps, "demoted");
    const { unlearnt } = demotion(flight.events);
    assert.ok(unlearnt !== undefined && unlearnt.sinceNs < 1e9 * (FROM_S + 1));
    // Straight on so slow a walk looks like a map that is 1 % too large, and the radius holds both.
    const isTold = flight.events.some((event) => event.type === "map_conflict");
    assert.equal(isTold, speedMps < 0.5);
    assert.ok(flight.later95M < (isTold ? 20 : 5), `${flight.later95M} m`);
  });
}

Deno.test("Eskf finds an offset, a frozen fix and an old track of a multirotor in seconds", () => {
  for (const kind of ["offset", "frozen", "replayed"] as const) {
    const amount = kind === "offset" ? { amount: 15 } : kind === "replayed" ? { amount: 3 } : {};
    const flight = fly({ kind, ...amount }, { aircraft: "multirotor", durationS: 75 });
    assert.ok(flight.demotedS !== undefined && flight.demotedS < FROM_S + 4, kind);
    assert.ok(flight.worstM < 6 && flight.laterM < 3.5, kind);
  }
});

Deno.test("Eskf finds GPS that drifts away where there are no fixes, by the odometry", () => {
  const more = { blackouts: [[35, 999]], durationS: 90 } as const;
  const flight = fly({ kind: "spoofed_silently", amount: 1 }, more);
  assert.ok(flight.demotedS !== undefined && flight.demotedS < FROM_S + 40);
  assert.match(flight.reason, /from the motion without it/);
  assert.equal(flight.confidentlyWrongS, 0, "what GPS may lie by unnoticed is told");
});

Deno.test("what GPS may walk away by is told from the moment on at which the camera goes dark", () => {
  for (const amount of [0.5, 1, 2]) {
    const flight = fly({ kind: "spoofed_silently", amount }, { darkFromS: FROM_S });
    assert.ok(flight.worstM > 10, `${flight.worstM} m: no IMU finds it`);
    assert.equal(flight.confidentlyWrongS, 0, `${flight.worstM} m at ${flight.worst95M} m`);
  }
  const { later95M } = fly({ kind: "offset" }, { gps: [], vision: false, durationS: 60 });
  assert.ok(later95M < 10, `${later95M} m: a flight without a camera rests on GPS as before`);
});

Deno.test("GPS and fixes that came apart by what the map may be off stay in doubt when no fix follows", () => {
  const flight = fly({ kind: "offset" }, {
    gps: [],
    mapShiftM: [0, 100],
    blackouts: [[0, 10], [13.5, 30]],
    durationS: 50,
  });
  assert.ok(flight.events.some(({ type }) => type === "map_conflict"));
  assert.equal(flight.confidentlyWrongS, 0, `${flight.worstM} m at ${flight.worst95M} m`);
});

Deno.test("one wrong fix that none confirms is no proof against GPS, though nothing is found for long after it", () => {
  for (const [seed, aircraft] of [["b", "multirotor"], ["c", "fixed_wing"]] as const) {
    const flight = fly({ kind: "offset" }, {
      seed,
      aircraft,
      gps: [],
      mapShiftM: [0, 100],
      blackouts: [[0, 6], [7.2, 20]],
      durationS: 45,
      changeFix(fix, timeS) {
        const [east, north, up] = fix.positionLocalM;
        return timeS > 15 ? fix : { ...fix, positionLocalM: [east, north - 70, up] };
      },
    });
    assert.ok(flight.events.some(({ type }) => type === "map_conflict"));
    assert.equal(flight.confidentlyWrongS, 0, `${flight.worstM} m at ${flight.worst95M} m`);
  }
});

Deno.test("GPS that was off from the start does not end its conflict with the map by being fused once more", () => {
  for (const aircraft of ["fixed_wing", "multirotor"] as const) {
    const flight = fly({ kind: "offset" }, {
      aircraft,
      gps: [{ kind: "offset", fromS: 0, toS: Infinity, amount: 90 }],
      origin: false,
      blackouts: [[0, 15], [18.5, 28]],
      durationS: 27,
    });
    assert.ok(flight.events.some(({ type }) => type === "map_conflict"));
    // Until the first fix nothing can know; from then on both places are covered.
    const wrongAfterS = flight.errorsM.filter((error, i) => error > 10 && i > 5 * 9).length / 5;
    assert.ok(wrongAfterS > 3, `${wrongAfterS} s off`);
    assert.ok(flight.later95M > 80, `${flight.laterM} m at ${flight.later95M} m`);
  }
});

Deno.test("Eskf says map_conflict where GPS and map never agreed, and covers both", () => {
  const honest = { gps: [], mapShiftM: [32, 24], durationS: 40 } as const;
  const flight = fly({ kind: "offset" }, honest);
  const conflict = flight.events.find((event) => event.type === "map_conflict");
  assert.ok(conflict !== undefined && Math.abs(conflict.disagreementM - 40) < 6);
  assert.ok(flight.later95M >= 40, `${flight.later95M} m`);
  assert.equal(flight.confidentlyWrongS, 0);
});

Deno.test("Eskf says map_conflict where fixes overrule a GPS that is gone", () => {
  const lost = { kind: "absent", fromS: 5, toS: Infinity } as const;
  const away = { gps: [lost], mapShiftM: [32, 24], blackouts: [[0, 8]], durationS: 30 } as const;
  const flight = fly({ kind: "offset" }, away);
  assert.equal(flight.events.filter(({ type }) => type === "map_conflict").length, 1);
  assert.ok(flight.later95M >= 40, `${flight.later95M} m`);
  assert.equal(flight.confidentlyWrongS, 0);
});

/** GPS for two seconds, as the first fix comes: `firstM` is what the first one is off by, eastwards. */
function flyConflict(firstM: number, more: Partial<SpoofedFlightOptions>) {
  const lost = { kind: "absent", fromS: 2, toS: Infinity } as const;
  let firstS: number | undefined;
  return fly({ kind: "offset" }, {
    gps: [lost],
    durationS: 40,
    changeFix(fix, timeS) {
      firstS ??= timeS;
      const [east, north, up] = fix.positionLocalM;
      return timeS > firstS ? fix : { ...fix, positionLocalM: [east + firstM, north, up] };
    },
    ...more,
  });
}

function conflictEvents({ events }: { readonly events: readonly EstimatorEvent[] }): string[] {
  return events.map(({ type }) => type as string).filter((type) => type.startsWith("map_conflict"));
}

Deno.test("Eskf takes a map conflict back that was a poor first fix", () => {
  for (const aircraft of ["fixed_wing", "multirotor"] as const) {
    for (const seed of ["e", "g"]) {
      const flight = flyConflict(9, { seed, aircraft });
      assert.deepEqual(conflictEvents(flight), ["map_conflict", "map_conflict_settled"]);
      assert.ok(flight.worstM < 3 && flight.later95M < 4.2, `${flight.worstM} m`);
      assert.equal(flight.inside95, 1);
    }
  }
});

Deno.test("Eskf keeps a map conflict that the fixes bear out", () => {
  let conflicts = 0;
  for (const seed of ["b", "c", "g"]) {
    for (const shiftM of [9, 12, 15, 25]) {
      const flight = flyConflict(0, { seed, mapShiftM: [shiftM, 0] });
      const types = conflictEvents(flight);
      assert.ok(!types.includes("map_conflict_settled"), `${shiftM} m`);
      assert.equal(flight.confidentlyWrongS, 0);
      conflicts += types.length;
    }
  }
  assert.ok(conflicts >= 6, `${conflicts} conflicts`);
});

Deno.test("GPS that goes on contradicting the map does not come back by what the conflict has widened", () => {
  for (const amount of [14, 17, 20]) {
    const lie = { kind: "offset", fromS: 6, toS: Infinity, amount } as const;
    const flight = fly({ kind: "offset" }, {
      gps: [lie],
      durationS: 60,
      // Tilt that is known badly: as wide as the disagreement.
      changeFix: (fix, timeS) =>
        timeS < 25 ? fix : { ...fix, covariance: fix.covariance.map((each) => 36 * each) },
    });
    assert.equal(flight.events.filter(({ type }) => type === "map_conflict").length, 1);
    assert.equal(flight.finalGps, "demoted");
    assert.equal(flight.confidentlyWrongS, 0);
  }
});

Deno.test("Eskf trusts an honest GPS for five minutes of either aircraft", () => {
  for (const aircraft of ["fixed_wing", "multirotor"] as const) {
    const blackouts = [[60, 90], [150, 270]] as const;
    const flight = fly({ kind: "offset" }, { aircraft, gps: [], durationS: 300, blackouts });
    assert.equal(flight.finalGps, "trusted");
    assert.deepEqual(flight.events.filter(({ type }) => type === "gps.demoted"), []);
    assert.ok(flight.inside95 > 0.95, `${flight.inside95}`);
  }
});

Deno.test("Eskf takes GPS back when it is honest again, though no controller says so", () => {
  const lie = { kind: "offset", fromS: FROM_S, toS: 60, amount: 60 } as const;
  const flight = fly({ kind: "offset" }, { gps: [lie], durationS: 90 });
  assert.equal(demotion(flight.events).type, "gps.demoted");
  assert.equal(flight.finalGps, "trusted");
});
