import assert from "node:assert/strict";
import { seededRandom } from "../../src/core/mod.ts";
import { openRecordedFlight } from "../../src/flight/replay/mod.ts";
import { readFlight, writeFlight as writeRows } from "../../tasks/evaluate/hostile/flight_rows.ts";
import { HOSTILE_INPUTS } from "../../tasks/evaluate/hostile/inputs.ts";
import { hostileFigures } from "../../tasks/evaluate/hostile/measure.ts";
import { resultsPage } from "../../tasks/evaluate/hostile/page.ts";
import { type HostileResult, lastResults } from "../../tasks/evaluate/hostile/results_file.ts";
import { TruthTrack } from "../../src/workstation/evaluation/mod.ts";
import type { FrameLine } from "../../src/airborne/json_lines.ts";
import { writeFlight } from "./replay_fixture.ts";

/** Within the two seconds of the fixture. */
const SPAN = { fromS: 0.3, toS: 1.8 };

/** A flight of two seconds with the fixture's times, in which everything moves and nothing is zero. */
async function writeMovingFlight(folder: string): Promise<void> {
  await Deno.mkdir(folder);
  await writeFlight(folder);
  await Deno.writeTextFile(`${folder}/truth.csv`, "time_ns\n0,30,-97,230,0,0,0,1,0,0,0\n");
  const flight = await readFlight(folder, 2, true);
  const position = { latitudeDeg: 30, longitudeDeg: -97, heightM: 230 };
  flight.description.takeoff = { ...position, sigmaHorizontalM: 10, sigmaVerticalM: 3 };
  const random = seededRandom("moving");
  for (const row of flight.streams["imu.csv"]) {
    for (let i = 2; i < row.length; i++) row[i] = (0.1 + random.uniform()).toFixed(3);
  }
  for (const row of flight.streams["baro.csv"]) row[2] = (230 + random.uniform()).toFixed(3);
  for (const [i, row] of flight.streams["attitude.csv"].entries()) {
    const roll = 0.01 * (i + 1);
    row.splice(2, 4, ...[Math.cos(roll), Math.sin(roll), 0, 0].map(String));
  }
  const [first] = flight.streams["gps.csv"];
  flight.streams["gps.csv"] = Array.from({ length: 10 }, (_, i) => {
    const row = [...first];
    row[0] = String(5e9 + i * 200e6);
    row[1] = String(i * 200e6 + 1e6);
    row[3] = (30 + i * 1e-5).toFixed(6);
    row.splice(6, 3, String(1 + i), String(2 + i), "0.5");
    return row;
  });
  await writeRows(flight, `${folder}.moving`);
}

Deno.test("every hostile input differs from the clean flight, and airborne can read it", async () => {
  const work = await Deno.makeTempDir({ prefix: "gdn-hostile-" });
  try {
    await writeMovingFlight(`${work}/clean`);
    const clean = () => readFlight(`${work}/clean.moving`, 2, true);
    const before = JSON.stringify(await clean());
    for (const input of HOSTILE_INPUTS) {
      // Their pictures are drawn by sharp, and the fixture's are headers alone.
      if (/^(pictures\.|drawn\.|honest)|mirrored/.test(input.name)) continue;
      const flight = await clean();
      const random = seededRandom(input.name);
      const span = input.fromStart ? { fromS: 0, toS: 2 } : SPAN;
      await input.inject(flight, { span, random, otherPictures: [] });
      if (flight.tileLie === undefined && flight.pictures.size === 0) {
        assert.notEqual(JSON.stringify(flight), before, input.name);
      }
      await writeRows(flight, `${work}/falsified`);
      await openRecordedFlight(`${work}/falsified`, { passIrregular: true }).catch((error) => {
        throw new Error(`${input.name}: ${error.message}`, { cause: error });
      });
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
});

Deno.test("there are at least 40 kinds of hostile input, each with a name of its own", () => {
  const names = new Set(HOSTILE_INPUTS.map(({ name }) => name));
  assert.equal(names.size, HOSTILE_INPUTS.length);
  assert.ok(names.size >= 40);
});

/** A line a second, `errorM` to the north of the truth with a sigma of `sigmaM`. */
function line(sequence: number, errorM: number, sigmaM: number): FrameLine {
  return {
    sequence,
    timeNs: sequence * 1e9,
    latitudeDeg: errorM / 111_195,
    longitudeDeg: 0,
    heightM: 0,
    covarianceEnM2: [sigmaM ** 2, 0, sigmaM ** 2],
    label: "satellite_anchored",
    fix: { accepted: false, latitudeDeg: null, longitudeDeg: null },
  } as unknown as FrameLine;
}

Deno.test("hostileFigures() counts what is wrong and sure of it, not what is wrong alone", () => {
  const origin = { latitudeDeg: 0, longitudeDeg: 0, heightM: 0 };
  const truth = new TruthTrack([{ timeNs: 0, position: origin }, {
    timeNs: 10e9,
    position: origin,
  }]);
  const lines = [
    ...[0, 1].map((i) => line(i, 1, 1)),
    // r95 is 2.45 sigma: 2 × r95 is 24 m, then 245 m.
    ...[2, 3, 4].map((i) => line(i, 40, 5)),
    ...[5, 6].map((i) => line(i, 40, 50)),
    ...[7, 8].map((i) => line(i, 2, 1)),
  ];
  const figures = hostileFigures(lines, truth, { fromS: 2, toS: 4 });
  assert.equal(figures.confidentlyWrongS, 3);
  assert.equal(figures.rightAgainS, 3);
  assert.equal(Math.round(figures.worstErrorM ?? 0), 40);
  const never = hostileFigures(lines.slice(0, 4), truth, { fromS: 2, toS: Infinity });
  assert.equal(never.rightAgainS, null);
});

Deno.test("the results page holds what was flown last, the worst flight of each input, and every failure", () => {
  const result = (flight: string, worstErrorM: number, confidentlyWrongS: number) =>
    ({
      ...{ input: "gps.walk_1", about: "", durationS: null, flight, worstErrorM, r95ThenM: 4 },
      ...{ labelThen: "satellite_anchored", confidentlyWrongS, exitCode: 0, error: null },
    }) as HostileResult;
  const line = (program: string, of: HostileResult) => JSON.stringify({ program, result: of });
  const results = lastResults([
    line("old", result("a", 99, 9)),
    line("new", result("a", 7, 0)),
    line("new", result("b", 12, 0)),
    line("new", result("b", 13, 1.4)),
    '{"program":"new","res',
  ].join("\n"));
  assert.deepEqual(results.map(({ worstErrorM }) => worstErrorM), [7, 13]);
  const page = resultsPage(results);
  assert.match(
    page,
    /2 flights, each as it was flown last, 1 inputs; confidently wrong for over a second: 1/,
  );
  assert.match(
    page,
    /\| gps\.walk_1, stays \| b \| 13\.0 \| 4\.0 \| satellite_anchored \| 1\.4 \|/,
  );
  assert.match(page, /\| gps\.walk_1 \| walks away [^|]*\| {2}\| {2}\| 13\.0 \(4\.0\), 1\.4 s \|/);
});
