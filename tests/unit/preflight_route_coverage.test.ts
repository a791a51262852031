/** What a preflight says of a route over holes in the map. */
import assert from "node:assert/strict";
import { tileFromWgs } from "../../src/core/mod.ts";
import { coverRoute, ODOMETRY_DRIFT } from "../../src/workstation/preflight/route_coverage.ts";

Deno.test("a route over a hole names the hole and the drift at its end", () => {
  const zoom = 18, latitudeDeg = 48.5;
  const hole = tileFromWgs({ latitudeDeg, longitudeDeg: 35.01 }, zoom);
  const map = {
    zoom,
    coverageOf: (x: number) => x >= hole.x && x < hole.x + 10 ? 0 : 1,
  };
  const route = [{ latitudeDeg, longitudeDeg: 35 }, { latitudeDeg, longitudeDeg: 35.05 }];
  const footprint = { acrossM: 150, alongM: 112 };
  const { routeM, share, gaps } = coverRoute(map, route, footprint);
  assert.ok(Math.abs(routeM - 3692) < 5, `${routeM} m`);
  assert.ok(share > 0.7 && share < 0.75, `${share}`);
  assert.equal(gaps.length, 1);
  // Ten tiles of 101.2 m, and on either side what the camera sees of them is too little map.
  const [{ lengthM, startM, expectedErrorM, largestErrorM, reachesEnd }] = gaps;
  assert.ok(lengthM > 1012 && lengthM < 1100, `${lengthM} m`);
  assert.ok(startM > 620 && startM < 740, `${startM} m`);
  assert.equal(reachesEnd, false);
  assert.equal(expectedErrorM, ODOMETRY_DRIFT.medianShare * lengthM);
  assert.equal(largestErrorM, ODOMETRY_DRIFT.largestShare * lengthM);
  assert.deepEqual(coverRoute({ zoom, coverageOf: () => 1 }, route, footprint).gaps, []);
  const off = coverRoute({ zoom, coverageOf: () => 0 }, route, footprint);
  assert.deepEqual([off.share, off.gaps[0].reachesEnd, off.gaps[0].startM], [0, true, 0]);
});

Deno.test("holes at the begin, in between, at the end, over the antimeridian; a route that goes nowhere, and a long one", () => {
  const zoom = 17, latitudeDeg = -16.5, n = 2 ** zoom, footprint = { acrossM: 150, alongM: 112 };
  const first = tileFromWgs({ latitudeDeg, longitudeDeg: 179.9 }, zoom).x;
  const along = (x: number) => (x - first + n) % n;
  /** Tiles of about 293 m, counted from where the route begins; beyond n lies the other end of the map. */
  const withHoles = (holes: readonly (readonly [number, number])[]) => ({
    zoom,
    coverageOf: (x: number) =>
      holes.some(([from, to]) => along(x) >= from && along(x) < to) ? 0 : 1,
  });
  const route = [{ latitudeDeg, longitudeDeg: 179.9 }, { latitudeDeg, longitudeDeg: -179.9 }];
  assert.deepEqual(coverRoute(withHoles([]), route, footprint).gaps, []);
  const { gaps, routeM } = coverRoute(withHoles([[-1, 3], [35, 38], [70, 100]]), route, footprint);
  assert.ok(Math.abs(routeM - 21_350) < 30, `${routeM} m`);
  assert.deepEqual(gaps.map(({ reachesEnd }) => reachesEnd), [false, false, true]);
  assert.equal(gaps[0].startM, 0);
  assert.ok(gaps[1].lengthM > 3 * 292 && gaps[1].lengthM < 3 * 294 + 160, `${gaps[1].lengthM} m`);
  // Over it the longitude changes its sign.
  assert.ok(gaps[1].from.longitudeDeg > 179.9 && gaps[1].to.longitudeDeg < -179.9);
  assert.ok(Math.abs(gaps[2].startM + gaps[2].lengthM - routeM) < 1e-6);

  const here = [route[0], route[0]];
  assert.deepEqual(coverRoute(withHoles([]), here, footprint), { routeM: 0, share: 1, gaps: [] });
  assert.equal(coverRoute(withHoles([[-9, 9]]), here, footprint).gaps.length, 1);
  const far = [{ latitudeDeg: 50, longitudeDeg: 30 }, { latitudeDeg: 50, longitudeDeg: 37 }];
  const [{ to }] = coverRoute({ zoom, coverageOf: () => 0 }, far, footprint).gaps;
  assert.deepEqual(to, far[1]);
});
