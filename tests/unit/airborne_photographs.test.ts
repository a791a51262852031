import assert from "node:assert/strict";
import { FlightKnowledge } from "../../src/airborne/photographs/flight_knowledge.ts";
import { positionsText } from "../../src/airborne/photographs/position_files.ts";
import { tagLag } from "../../src/airborne/photographs/tag_lag.ts";
import { tableRow, verdict } from "../../src/airborne/photographs/verdict.ts";
import { type PhotographLine, PhotographLineSchema } from "../../src/airborne/json_lines.ts";
import { monotonicNs, seededRandom, UsageError } from "../../src/core/mod.ts";

/** Every 5 s, 50 m further north, at 10 m/s. */
function flown(sequence: number, change: { northM?: number; heightRatio?: number } = {}) {
  return {
    sequence,
    timeNs: monotonicNs(5e9 * sequence),
    positionLocalM: [0, change.northM ?? 50 * sequence, 100] as const,
    turnDeg: 2,
    heightRatio: change.heightRatio ?? 0.98,
    isTagged: true,
    isFixed: false,
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
