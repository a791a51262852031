import assert from "node:assert/strict";
import { FlightKnowledge } from "../../src/airborne/photographs/flight_knowledge.ts";
import type { PhotographLocation } from "../../src/airborne/photographs/locate_photograph.ts";
import { type LineCost, photographLine } from "../../src/airborne/photographs/photograph_line.ts";
import { positionsText } from "../../src/airborne/photographs/position_files.ts";
import { withErrorOf } from "../../src/airborne/photographs/overlap.ts";
import { tagLag } from "../../src/airborne/photographs/tag_lag.ts";
import { tagTilt } from "../../src/airborne/photographs/tag_tilt.ts";
import { tagWitness } from "../../src/airborne/photographs/tag_witness.ts";
import type { Location } from "../../src/airborne/locator.ts";
import { withUnknownMiddle } from "../../src/airborne/photographs/unknown_middle.ts";
import { ThoroughLooks } from "../../src/airborne/photographs/thorough_looks.ts";
import { tableRow, verdict } from "../../src/airborne/photographs/verdict.ts";
import { type PhotographLine, PhotographLineSchema } from "../../src/airborne/json_lines.ts";
import {
  LocalFrame,
  localFromBody,
  monotonicNs,
  type Quaternion,
  quaternionFromRotationVector,
  quaternionMultiply,
  radiansFromDegrees,
  rotate,
  seededRandom,
  UsageError,
  type Vector3,
} from "../../src/core/mod.ts";
import type { PhotographEvent } from "../../src/flight/replay/mod.ts";
import type { BodyPose, PoseFix } from "../../src/navigation/pose/mod.ts";

/** Every 5 s, 50 m further north, at 10 m/s. */
function flown(
  sequence: number,
  change: { northM?: number; heightRatio?: number; turnDeg?: number; isFixed?: boolean } = {},
) {
  return {
    sequence,
    timeNs: monotonicNs(5e9 * sequence),
    positionLocalM: [0, change.northM ?? 50 * sequence, 100] as const,
    turnDeg: change.turnDeg ?? 2,
    tilt: { xRad: 0, yRad: 0, covarianceRad2: [1, 0, 1] as const },
    heightRatio: change.heightRatio ?? 0.98,
    isTagged: true,
    isFixed: change.isFixed ?? false,
  };
}

Deno.test("FlightKnowledge expects a photograph where the flight's motion puts it", () => {
  const flight = new FlightKnowledge();
  flight.add(flown(0));
  assert.equal(flight.isEstablished, false);
  flight.add(flown(1));
  assert.equal(flight.isEstablished, true);
  const ahead = flight.place(monotonicNs(10e9));
  assert.ok(Math.abs(ahead.northM - 100) < 1e-6 && ahead.sigmaM > 10 && ahead.sigmaM < 40);
  flight.add(flown(4));
  const between = flight.place(monotonicNs(10e9));
  assert.ok(Math.abs(between.northM - 100) < 1e-6 && Math.abs(between.eastM) < 1e-6);
  assert.equal(flight.expected(monotonicNs(10e9)).heightRatio, 0.98);
});

Deno.test("FlightKnowledge has another revision whenever what it knows has changed, and only then", () => {
  const flight = new FlightKnowledge();
  const revisions: number[] = [];
  const after = (change: () => unknown) => {
    change();
    revisions.push(flight.revision);
  };
  after(() => flight.add(flown(0)));
  after(() => flight.add(flown(1, { northM: 4000 })));
  after(() => flight.remove(7));
  after(() => flight.takeOutliers(100));
  after(() => [flown(2), flown(3)].forEach((found) => flight.add(found)));
  after(() => flight.remove(3));
  after(() => flight.add(flown(3)));
  after(() => flight.place(monotonicNs(10e9)));
  const changed = revisions.map((revision, i) => revision !== (revisions[i - 1] ?? 0));
  assert.deepEqual(changed, [true, true, false, false, true, true, true, false]);
});

Deno.test("a place of a part of a picture has the error of where its axis may have met it", () => {
  const pose = { positionLocalM: [0, 0, 40], covariance: new Float64Array(36) };
  const at = (down: number) => ({
    fix: {
      posterior: pose,
      measurementOnly: pose,
      localFromCamera: [0, 0, 0, 0, 0, 0, 0, 0, -down],
    },
  } as unknown as Location);
  const sigmaM = (down: number, middleWithinPx: readonly [number, number]) =>
    Math.sqrt(
      withUnknownMiddle(at(down), {
        middleWithinPx,
        frame: { calibration: { fxPx: 2000 } } as PhotographEvent["frame"],
      }).fix!.posterior.covariance[7],
    );
  // 200 of 2000 pixels from 40 m: 4 m at most, and 95 % of its circle is more.
  const downM = sigmaM(1, [200, 0]);
  assert.ok(Math.abs(downM - 4 / Math.sqrt(3)) < 1e-9 && 2.45 * downM > 4);
  assert.ok(Math.abs(sigmaM(Math.SQRT1_2, [0, 200]) - 2 * downM) < 1e-9);
  assert.equal(sigmaM(1, [0, 0]), 0);
});

Deno.test("FlightKnowledge takes out a photograph where its flight cannot have been", () => {
  const flight = new FlightKnowledge();
  for (const located of [flown(0), flown(1, { northM: 4000 }), flown(2), flown(3)]) {
    flight.add(located);
  }
  assert.deepEqual(flight.takeOutliers(100).map(({ sequence }) => sequence), [1]);
  assert.deepEqual(flight.located.map(({ sequence }) => sequence), [0, 2, 3]);
  assert.equal(flight.fits(flown(4), 100), true);
  assert.equal(flight.fits(flown(4, { heightRatio: 1.2 }), 100), false);
});

Deno.test("FlightKnowledge expects a photograph of seconds later near, however far the next located one is", () => {
  const flight = new FlightKnowledge([flown(0), flown(1), flown(60)]);
  const soon = flight.place(monotonicNs(10e9)), between = flight.place(monotonicNs(150e9));
  assert.ok(soon.sigmaM <= 80, `${soon.sigmaM} m`);
  assert.ok(between.sigmaM > 500, `${between.sigmaM} m`);
  // What is searched is what would be believed, and no more.
  const reachM = flight.reachM(monotonicNs(10e9), 100);
  const at = (northM: number) =>
    flight.fits({ ...flown(2), positionLocalM: [0, northM, 100] }, 100);
  assert.equal(at(soon.northM + reachM - 1), true);
  assert.equal(at(soon.northM + reachM + 1), false);
});

Deno.test("FlightKnowledge lets an aircraft in wind fly aside, and a gimbal's heading be wrong by half a turn", () => {
  const agrees = (isFixed: boolean, turnDeg: number) =>
    new FlightKnowledge([flown(0, { isFixed }), flown(1, { isFixed, turnDeg })]).isEstablished;
  assert.deepEqual([22, 40, 182].map((turnDeg) => agrees(true, turnDeg)), [true, false, false]);
  assert.deepEqual([12, 22, 182].map((turnDeg) => agrees(false, turnDeg)), [true, false, true]);
});

Deno.test("ThoroughLooks are the first ones of a flight, then ever fewer", () => {
  const looks = new ThoroughLooks();
  const due = Array.from({ length: 1000 }, (_, i) => {
    const { isDue } = looks;
    looks.onMiss();
    return isDue ? [i] : [];
  }).flat();
  assert.deepEqual(due.slice(0, 6), [0, 1, 3, 6, 11, 18]);
  assert.ok(due.length < 20 && due.at(-1)! > 500, due.join(" "));
});

function line(name: string, isLocated: boolean): PhotographLine {
  const stage = { wallMs: {}, cpuMs: {} };
  return {
    ...PhotographLineSchema.partial().parse({}),
    type: "frame",
    name,
    sequence: 0,
    latitudeDeg: isLocated ? 46.5 : null,
    longitudeDeg: isLocated ? -92 : null,
    heightM: isLocated ? 40 : null,
    horizontal95M: isLocated ? 4.25 : null,
    sigmaUpM: isLocated ? 1 : null,
    capturedAt: null,
    tiltDeg: null,
    carriedFrom: null,
    fix: {
      accepted: isLocated,
      reason: isLocated ? "" : "ambiguous",
      headingDeg: isLocated ? 45 : null,
    },
    stages: stage,
  } as PhotographLine;
}

Deno.test("photographs as a table, KML, GeoJSON and CSV: names are data, and none has a place it was not given", () => {
  const lines = [line("a<b>.jpg", true), line('=1+"2".jpg', false)];
  assert.match(
    tableRow(lines[0]),
    /a<b>\.jpg +46\.500000 +-92\.000000 +4\.3 m +40 m +45° +located/,
  );
  assert.match(tableRow(lines[1]), /–.*not located: several places look alike/);
  assert.equal(verdict(lines[0]), "located");
  assert.equal(verdict({ ...lines[0], carriedFrom: "b.jpg" }), "located by its overlap with b.jpg");
  assert.match(positionsText("x.kml", lines), /<name>a&#60;b&#62;\.jpg<\/name>.*-92,46\.5</);
  const { features } = JSON.parse(positionsText("x.geojson", lines));
  assert.deepEqual(features.length, 1);
  assert.deepEqual(features[0].geometry.coordinates, [-92, 46.5, 40]);
  const [, , second] = positionsText("x.CSV", lines).split("\n");
  assert.equal(second, `"'=1+""2"".jpg",,,,,,,,not located: several places look alike`);
  assert.throws(() => positionsText("x.txt", lines), UsageError);
});

Deno.test("tagLag() finds the lag of strips flown against each other, and says what one strip leaves open", () => {
  const random = seededRandom("tag lag");
  const strips = (headings: readonly number[]) =>
    headings.flatMap((sign, strip) =>
      Array.from({ length: 8 }, (_, i) => {
        const foundM = [40 * strip, sign * 60 * i, 100] as const;
        const noise = () => 1.2 * random.normal();
        return {
          timeNs: monotonicNs((strip * 100 + 5 * i) * 1e9),
          foundM,
          // 12 m/s, 0.6 s old, and everything 2 m west.
          taggedM: [foundM[0] - 2 + noise(), foundM[1] - sign * 7.2 + noise(), 100] as const,
        };
      })
    );
  const both = tagLag(strips([1, -1, 1, -1]))!;
  assert.ok(Math.abs(both.lagS - 0.6) < 0.08, `${both.lagS} s`);
  assert.ok(both.sigmaS < 0.05 && both.residualM < 3);
  const one = tagLag(strips([1]))!;
  assert.ok(one.sigmaS > 0.3 && Math.abs(one.lagS - 0.6) < 2 * one.sigmaS);
  assert.equal(tagLag(strips([1]).slice(0, 3)), null);
});

Deno.test("tagTilt() believes right tags, and finds what wrong ones are off by, in common and each", () => {
  const random = seededRandom("tag tilt");
  const degrees = radiansFromDegrees;
  const flight = (count: number, tiltOf: (i: number) => number, noiseDeg = 5) =>
    Array.from({ length: count }, (_, i) => ({
      xRad: degrees(noiseDeg * random.normal()),
      yRad: degrees(tiltOf(i) + noiseDeg * random.normal()),
      covarianceRad2: [degrees(noiseDeg) ** 2, 0, degrees(noiseDeg) ** 2] as const,
    }));
  const tag = degrees(1.5);
  for (let k = 0; k < 40; k++) {
    assert.equal(tagTilt(flight(12, () => 1.5 * random.normal()), tag), null, "right tags");
  }
  const common = tagTilt(flight(20, () => 12), tag)!;
  assert.ok(Math.abs(common.yRad - degrees(12)) < degrees(4) && common.sigmaRad < degrees(6));
  // Every second one looks the other way: nothing in common.
  const each = tagTilt(flight(20, (i) => i % 2 === 0 ? 15 : -15), tag)!;
  assert.ok(Math.abs(each.yRad) < degrees(5) && each.sigmaRad > degrees(6));
  assert.equal(tagTilt(flight(2, () => 15), tag), null, "two are too few");
});

Deno.test("tagWitness() widens what tilt tags or the map made too small, and leaves GPS that is far off alone", () => {
  const random = seededRandom("tag witness");
  const flight = (excessM: number) =>
    Array.from({ length: 10 }, () => ({
      distanceM: Math.hypot(...[0, 1].map(() => Math.hypot(2, 3, excessM) * random.normal())),
      sigmaM: 2,
      heightM: 100,
    }));
  let falseAlarms = 0;
  for (let k = 0; k < 200; k++) if (tagWitness(flight(0)).says !== "agrees") falseAlarms++;
  assert.ok(falseAlarms <= 8, `${falseAlarms} of 200 right flights`);
  const widened = tagWitness(flight(15));
  assert.ok(widened.says === "widen" && Math.abs(widened.sigmaM - 15) < 6);
  assert.equal(tagWitness(flight(400)).says, "gps");
  assert.equal(tagWitness(flight(15).slice(0, 2)).says, "agrees");
});

Deno.test("a photograph that is carried has the error of the one that it was carried from, to first order", () => {
  const poseAt = (positionLocalM: Vector3, yawDeg: number, covariance: Float64Array): BodyPose => ({
    positionLocalM,
    localFromBody: localFromBody({
      rollRad: 0.05,
      pitchRad: -0.08,
      yawRad: radiansFromDegrees(yawDeg),
    }),
    covariance,
  });
  const sigmas = [1, 1.5, 2, 0.01, 0.02, 0.015];
  const base = poseAt(
    [10, 20, 100],
    30,
    Float64Array.from({ length: 36 }, (_, i) => i % 7 === 0 ? sigmas[i / 7] ** 2 : 0),
  );
  const own = new Float64Array(36).fill(0);
  const next = poseAt([70, 50, 90], 80, own);
  const fix = { posterior: next, measurementOnly: next } as unknown as PoseFix;
  const { covariance } = withErrorOf(base, fix).posterior;
  // Where the base, made wrong, lays the ground that it sees below the other one.
  const seen = (position: Vector3, rotation: Quaternion) => {
    const truth = rotate(
      [
        base.localFromBody[0],
        ...base.localFromBody.slice(1).map((v) => -v),
      ] as unknown as Quaternion,
      [60, 30, -100],
    );
    const ray = rotate(rotation, truth);
    const scale = position[2] / -ray[2];
    return [position[0] + scale * ray[0], position[1] + scale * ray[1]];
  };
  const step = 1e-5;
  const expected = [0, 0, 0];
  sigmas.forEach((sigma, axis) => {
    const position = base.positionLocalM.map((value, i) => i === axis ? value + step : value);
    const turn = [0, 1, 2].map((i) => i + 3 === axis ? step : 0) as unknown as Vector3;
    const moved = seen(
      position as unknown as Vector3,
      quaternionMultiply(base.localFromBody, quaternionFromRotationVector(turn)),
    );
    const [east, north] = [moved[0] - 70, moved[1] - 50].map((value) => value / step * sigma);
    expected[0] += east * east;
    expected[1] += east * north;
    expected[2] += north * north;
  });
  [covariance[0], covariance[1], covariance[7]].forEach((value, i) =>
    assert.ok(Math.abs(value / expected[i] - 1) < 1e-3, `${value} against ${expected[i]}`)
  );
  assert.ok(
    Math.abs(Math.sqrt(covariance[14]) / (0.9 * 2) - 1) < 0.2,
    "heights err by their share",
  );
});

Deno.test("photographLine() takes nothing but what it took from the line of an earlier look", () => {
  const event = {
    name: "folder/a.jpg",
    flight: 0,
    capturedAt: null,
    attitude: null,
    frame: { sequence: 3, exposureMidNs: 0 },
  } as unknown as PhotographEvent;
  const lineOf = (reason: string, cost: LineCost) => {
    const location = { fix: null, reason, margin: 0, score: 0, inliers: 0, method: "prior" };
    const found = { location, located: null } as unknown as PhotographLocation;
    const localFrame = new LocalFrame({ latitudeDeg: 50, longitudeDeg: 30, heightM: 0 });
    return photographLine(event, found, { localFrame, mapSigmaM: 1, positionTag: null }, cost);
  };
  const first = lineOf(
    "ambiguous",
    { latencyMs: 12, stages: { wallMs: {}, cpuMs: {} } } as unknown as LineCost,
  );
  const second = lineOf("weak", first);
  assert.equal(second.fix.reason, "weak");
  assert.equal(second.latencyMs, 12);
});
