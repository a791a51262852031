import assert from "node:assert/strict";
import {
  type Enu,
  LocalFrame,
  WgsConversionError,
  WgsConverter,
  type WgsPosition,
} from "../../src/core/mod.ts";
import { fc, real } from "../support/properties.ts";

const SEMI_MAJOR_M = 6_378_137;
const FLATTENING = 1 / 298.257223563;
const ECCENTRICITY_SQUARED = FLATTENING * (2 - FLATTENING);

function anywhere(latitudeMaxDeg = 90): fc.Arbitrary<WgsPosition> {
  return fc.record({
    latitudeDeg: real(-latitudeMaxDeg, latitudeMaxDeg),
    longitudeDeg: real(-180, 180),
    heightM: real(-500, 12_000),
  });
}

/** On the ellipsoid. */
function ground(latitudeMaxDeg: number): fc.Arbitrary<WgsPosition> {
  return anywhere(latitudeMaxDeg).map((position) => ({ ...position, heightM: 0 }));
}

function offset(horizontalM: number, lowM: number, highM: number): fc.Arbitrary<Enu> {
  return fc.tuple(
    real(-horizontalM, horizontalM),
    real(-horizontalM, horizontalM),
    real(lowM, highM),
  );
}

function close(actual: readonly number[], expected: readonly number[], tolerance: number) {
  actual.forEach((value, i) => {
    assert.ok(
      Math.abs(value - expected[i]) <= tolerance,
      `[${actual}] is not [${expected}] within ${tolerance}`,
    );
  });
}

/** The closed form of the textbooks. */
function ecefClosedForm(position: WgsPosition): [number, number, number] {
  const latitude = position.latitudeDeg * Math.PI / 180;
  const longitude = position.longitudeDeg * Math.PI / 180;
  const n = SEMI_MAJOR_M / Math.sqrt(1 - ECCENTRICITY_SQUARED * Math.sin(latitude) ** 2);
  return [
    (n + position.heightM) * Math.cos(latitude) * Math.cos(longitude),
    (n + position.heightM) * Math.cos(latitude) * Math.sin(longitude),
    (n * (1 - ECCENTRICITY_SQUARED) + position.heightM) * Math.sin(latitude),
  ];
}

/** T. Vincenty, "Direct and inverse solutions of geodesics on the ellipsoid", 1975: metres. */
function vincenty(a: WgsPosition, b: WgsPosition): number {
  const f = FLATTENING;
  const semiMinorM = SEMI_MAJOR_M * (1 - f);
  const radians = (deg: number) => deg * Math.PI / 180;
  const difference = radians(b.longitudeDeg - a.longitudeDeg);
  const u1 = Math.atan((1 - f) * Math.tan(radians(a.latitudeDeg)));
  const u2 = Math.atan((1 - f) * Math.tan(radians(b.latitudeDeg)));
  let lambda = difference;
  for (let round = 0; round < 200; round++) {
    const y = Math.cos(u2) * Math.sin(lambda);
    const x = Math.cos(u1) * Math.sin(u2) - Math.sin(u1) * Math.cos(u2) * Math.cos(lambda);
    const sinSigma = Math.hypot(x, y);
    const cosSigma = Math.sin(u1) * Math.sin(u2) +
      Math.cos(u1) * Math.cos(u2) * Math.cos(lambda);
    const sigma = Math.atan2(sinSigma, cosSigma);
    const sinAlpha = Math.cos(u1) * Math.cos(u2) * Math.sin(lambda) / sinSigma;
    const cos2Alpha = 1 - sinAlpha ** 2;
    // Zero on the equator.
    const cos2Middle = cos2Alpha === 0 ? 0 : cosSigma - 2 * Math.sin(u1) * Math.sin(u2) / cos2Alpha;
    const c = f / 16 * cos2Alpha * (4 + f * (4 - 3 * cos2Alpha));
    const next = difference + (1 - c) * f * sinAlpha *
        (sigma + c * sinSigma * (cos2Middle + c * cosSigma * (2 * cos2Middle ** 2 - 1)));
    const moved = Math.abs(next - lambda);
    lambda = next;
    if (moved > 1e-13) continue;
    const square = cos2Alpha * (SEMI_MAJOR_M ** 2 - semiMinorM ** 2) / semiMinorM ** 2;
    const p = 1 + square / 16_384 * (4096 + square * (-768 + square * (320 - 175 * square)));
    const q = square / 1024 * (256 + square * (-128 + square * (74 - 47 * square)));
    const deltaSigma = q * sinSigma *
      (cos2Middle + q / 4 * (cosSigma * (2 * cos2Middle ** 2 - 1) -
            q / 6 * cos2Middle * (4 * sinSigma ** 2 - 3) * (4 * cos2Middle ** 2 - 3)));
    return semiMinorM * p * (sigma - deltaSigma);
  }
  throw new Error("Vincenty's formula does not converge for antipodes");
}

Deno.test("vincenty() of this test gives the known distance Flinders Peak – Buninyon", () => {
  // Geoscience Australia, GDA technical manual (there on GRS80: the same to 0.1 mm).
  const flinders = { latitudeDeg: -37.951033416, longitudeDeg: 144.424867888, heightM: 0 };
  const buninyon = { latitudeDeg: -37.652821138, longitudeDeg: 143.926495527, heightM: 0 };
  assert.ok(Math.abs(vincenty(flinders, buninyon) - 54_972.271) < 2e-3);
});

Deno.test("ecefFromWgs() agrees with the closed form and with known points", () => {
  fc.assert(fc.property(anywhere(), (position) => {
    close(WgsConverter.ecefFromWgs(position), ecefClosedForm(position), 1e-6);
  }));
  const at = (latitudeDeg: number, longitudeDeg: number, heightM = 0) =>
    WgsConverter.ecefFromWgs({ latitudeDeg, longitudeDeg, heightM });
  close(at(0, 0), [SEMI_MAJOR_M, 0, 0], 1e-9);
  close(at(0, 90, 10), [0, SEMI_MAJOR_M + 10, 0], 1e-8);
  close(at(90, 0), [0, 0, 6_356_752.314245], 1e-6);
});

Deno.test("wgsFromEcef() undoes ecefFromWgs() to a micrometre", () => {
  fc.assert(fc.property(anywhere(89.999), (position) => {
    const back = WgsConverter.wgsFromEcef(WgsConverter.ecefFromWgs(position));
    close(WgsConverter.ecefFromWgs(back), WgsConverter.ecefFromWgs(position), 1e-6);
    assert.ok(Math.abs(back.heightM - position.heightM) < 1e-5);
  }));
});

Deno.test("enuFromWgs() keeps straight distances and is undone by wgsFromEnu()", () => {
  fc.assert(fc.property(anywhere(89), offset(30_000, -2000, 2000), (origin, enu) => {
    const position = WgsConverter.wgsFromEnu(enu, origin);
    close(WgsConverter.enuFromWgs(position, origin), enu, 1e-5);
    const a = WgsConverter.ecefFromWgs(origin), b = WgsConverter.ecefFromWgs(position);
    const chordM = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
    assert.ok(Math.abs(chordM - Math.hypot(...enu)) < 1e-5);
  }));
});

Deno.test("enuFromWgs() points east, north and up", () => {
  const origin = { latitudeDeg: 50, longitudeDeg: 30, heightM: 100 };
  const of = (change: Partial<WgsPosition>) =>
    WgsConverter.enuFromWgs({ ...origin, ...change }, origin);
  const east = of({ longitudeDeg: 30.001 });
  assert.ok(east[0] > 71 && Math.abs(east[1]) < 0.01);
  const north = of({ latitudeDeg: 50.001 });
  assert.ok(north[1] > 111 && Math.abs(north[0]) < 1e-6);
  close(of({ heightM: 150 }), [0, 0, 50], 1e-6);
});

Deno.test("LocalFrame is undone by its inverse to 0.1 mm within 30 km", () => {
  fc.assert(fc.property(anywhere(85), offset(30_000, -1000, 5000), (origin, local) => {
    const frame = new LocalFrame(origin);
    close(frame.localFromWgs(frame.wgsFromLocal(local)), local, 1e-4);
  }));
});

Deno.test("LocalFrame agrees with ENU to a millimetre near the origin", () => {
  fc.assert(fc.property(ground(80), offset(60, 0, 0), (origin, enu) => {
    const frame = new LocalFrame(origin);
    const [east, north, up] = frame.localFromWgs(WgsConverter.wgsFromEnu(enu, origin));
    close([east, north, up], enu, 1e-3);
  }));
});

Deno.test("LocalFrame keeps lengths true to 1 in 100,000 within 28 km, by Vincenty", () => {
  const place = offset(20_000, 0, 0);
  fc.assert(fc.property(ground(75), place, place, (origin, p, q) => {
    fc.pre(Math.hypot(p[0] - q[0], p[1] - q[1]) > 10);
    const frame = new LocalFrame(origin);
    const gridM = Math.hypot(p[0] - q[0], p[1] - q[1]);
    const trueM = vincenty(frame.wgsFromLocal(p), frame.wgsFromLocal(q));
    assert.ok(Math.abs(gridM / trueM - 1) < 1.05e-5, `${gridM} m, truly ${trueM} m`);
  }));
});

Deno.test("convergenceRad() is the angle between grid north and true north", () => {
  fc.assert(fc.property(ground(70), offset(20_000, 0, 0), (origin, local) => {
    const frame = new LocalFrame(origin);
    const here = frame.wgsFromLocal(local);
    const further = { ...here, latitudeDeg: here.latitudeDeg + 1e-4 };
    const a = frame.localFromWgs(here), b = frame.localFromWgs(further);
    // True north on the grid leans by minus the convergence.
    const leanRad = Math.atan2(b[0] - a[0], b[1] - a[1]);
    assert.ok(Math.abs(leanRad + frame.convergenceRad(here)) < 2e-6, `${leanRad}`);
  }));
});

Deno.test("horizontalDistanceM() agrees with Vincenty", () => {
  fc.assert(fc.property(anywhere(75), offset(25_000, -100, 100), (a, local) => {
    fc.pre(Math.hypot(local[0], local[1]) > 10);
    const b = new LocalFrame(a).wgsFromLocal(local);
    const distanceM = vincenty(a, b);
    const measuredM = WgsConverter.horizontalDistanceM(a, b);
    assert.ok(Math.abs(measuredM / distanceM - 1) < 1e-5, `${measuredM} m, truly ${distanceM} m`);
  }));
});

Deno.test("the conversions refuse what is not on Earth by WgsConversionError", () => {
  const good = { latitudeDeg: 10, longitudeDeg: 20, heightM: 0 };
  for (
    const bad of [
      { latitudeDeg: 90.001 },
      { latitudeDeg: NaN },
      { longitudeDeg: -180.1 },
      { longitudeDeg: Infinity },
      { heightM: 2e6 },
      { heightM: NaN },
    ]
  ) {
    const position = { ...good, ...bad };
    assert.throws(() => WgsConverter.ecefFromWgs(position), WgsConversionError);
    assert.throws(() => new LocalFrame(position), WgsConversionError);
    assert.throws(() => new LocalFrame(good).localFromWgs(position), WgsConversionError);
  }
  assert.throws(() => new LocalFrame({ ...good, latitudeDeg: 89.5 }), WgsConversionError);
  assert.throws(() => new LocalFrame(good).wgsFromLocal([0, NaN, 0]), WgsConversionError);
  assert.throws(() => WgsConverter.wgsFromEcef([1, 2, NaN]), WgsConversionError);
  assert.throws(() => WgsConverter.wgsFromEcef([1, 2] as never), WgsConversionError);
});
