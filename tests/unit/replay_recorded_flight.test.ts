import assert from "node:assert/strict";
import { DataError, EXIT, GdnError, seededRandom } from "../../src/core/mod.ts";
import type { RecordedEvent } from "../../src/flight/flight_events/mod.ts";
import { openRecordedFlight } from "../../src/flight/replay/mod.ts";
import { editLines, FIXTURE_DESCRIPTION, jpegOfSize, writeFlight } from "./replay_fixture.ts";

async function withFlight(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "gdn-replay-" });
  try {
    await writeFlight(folder);
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function readAll(folder: string): Promise<RecordedEvent[]> {
  const flight = await openRecordedFlight(folder);
  const events: RecordedEvent[] = [];
  for await (const event of flight.events()) events.push(event);
  return events;
}

Deno.test("openRecordedFlight() merges the streams in order of arrival", async () => {
  await withFlight(async (folder) => {
    const events = await readAll(folder);
    const counts = Object.groupBy(events, (event) => event.kind);
    assert.equal(counts.imu?.length, 200);
    assert.equal(counts.attitude?.length, 40);
    assert.equal(counts.baro?.length, 40);
    assert.equal(counts.gps?.length, 1);
    assert.equal(counts.frame?.length, 4);
    for (let i = 1; i < events.length; i++) {
      assert.ok(events[i].receivedNs >= events[i - 1].receivedNs);
    }
    const frame = events.find((event) => event.kind === "frame");
    assert.equal(frame?.frame.exposureMidNs, 7);
    assert.equal(frame?.receivedNs, 30e6);
    assert.deepEqual(frame?.frame.jpeg, jpegOfSize(64, 48));
    const imu = events.find((event) => event.kind === "imu");
    assert.deepEqual(imu?.specificForceMps2, [0, 0, -9.81]);
    assert.equal(imu?.controllerNs, 5e9);
  });
});

Deno.test("openRecordedFlight() can be read twice and left early", async () => {
  await withFlight(async (folder) => {
    const flight = await openRecordedFlight(folder);
    assert.equal(flight.extent.frames, 4);
    assert.equal(flight.description.name, "fixture");
    for await (const event of flight.events()) if (event.kind === "gps") break;
    let count = 0;
    for await (const _ of flight.events()) count++;
    assert.equal(count, 285);
  });
});

const BROKEN: Record<
  string,
  { file: string; break: (path: string) => Promise<void>; says: RegExp }
> = {
  "a missing imu row": {
    file: "imu.csv",
    break: (path) => editLines(path, (lines) => lines.toSpliced(50, 1)),
    says: /line 51: 20\.0 ms after .* rows are missing/,
  },
  "a missing attitude row": {
    file: "attitude.csv",
    break: (path) => editLines(path, (lines) => lines.toSpliced(30, 1)),
    says: /line 31: 100\.0 ms after .* rows are missing/,
  },
  "a missing frame row": {
    file: "frames.csv",
    break: (path) => editLines(path, (lines) => lines.toSpliced(2, 1)),
    says: /line 3: sequence 2 follows 0: rows are missing/,
  },
  "rows out of order": {
    file: "imu.csv",
    break: (path) => editLines(path, (lines) => lines.toSpliced(20, 2, lines[21], lines[20])),
    says: /line 2[12]: /,
  },
  "a duplicate row": {
    file: "baro.csv",
    break: (path) => editLines(path, (lines) => lines.toSpliced(5, 0, lines[5])),
    says: /line 7: controller_ns \d+ occurs twice/,
  },
  "NaN": {
    file: "imu.csv",
    break: (path) => editLines(path, (lines) => lines.with(9, lines[9].replace("-9.81", "NaN"))),
    says: /line 10: az_mps2 is "NaN", a finite decimal number is needed/,
  },
  "Infinity": {
    file: "baro.csv",
    break: (path) =>
      editLines(path, (lines) => lines.with(9, lines[9].replace("230.5", "-Infinity"))),
    says: /line 10: height_m is "-Infinity"/,
  },
  "an overflowing number": {
    file: "baro.csv",
    break: (path) => editLines(path, (lines) => lines.with(9, lines[9].replace("230.5", "1e999"))),
    says: /line 10: height_m is "1e999", it must be in/,
  },
  "an empty field": {
    file: "attitude.csv",
    break: (path) => editLines(path, (lines) => lines.with(3, lines[3].replace(",1,", ",,"))),
    says: /line 4: qw is missing/,
  },
  "a field too few": {
    file: "imu.csv",
    break: (path) =>
      editLines(path, (lines) => lines.with(3, lines[3].slice(0, lines[3].lastIndexOf(",")))),
    says: /line 4 has 7 fields, 8 are needed/,
  },
  "an unknown column": {
    file: "gps.csv",
    break: (path) => editLines(path, (lines) => lines.with(0, `${lines[0]},hdop`)),
    says: /line 1 has the unknown column "hdop"/,
  },
  "a column too few": {
    file: "gps.csv",
    break: (path) => editLines(path, (lines) => lines.with(0, lines[0].replace(",integrity", ""))),
    says: /line 1 lacks the column integrity/,
  },
  "a quaternion that is no rotation": {
    file: "attitude.csv",
    break: (path) => editLines(path, (lines) => lines.with(3, lines[3].replace(",1,0", ",0.5,0"))),
    says: /line 4: the quaternion has length 0\.5000/,
  },
  "a cut end": {
    file: "imu.csv",
    break: async (path) => await Deno.truncate(path, 5003),
    says: /does not end with a newline: the file was cut/,
  },
  "an imu that ends early": {
    file: "imu.csv",
    break: (path) => editLines(path, (lines) => [...lines.slice(0, 30), ""]),
    says: /ends 1\.2 s before the last picture: rows are missing/,
  },
  "an empty file": {
    file: "baro.csv",
    break: (path) => Deno.writeTextFile(path, ""),
    says: /is empty/,
  },
  "a stream that is not there": {
    file: "attitude.csv",
    break: (path) => Deno.remove(path),
    says: /is missing; a recorded flight needs it/,
  },
  "a picture outside of the folder": {
    file: "frames.csv",
    break: (path) =>
      editLines(path, (lines) => lines.with(2, lines[2].replace("frames/1", "../secret"))),
    says: /line 3: file is "\.\.\/secret\.jpg"/,
  },
  "a picture that is not there": {
    file: "frames.csv",
    break: (path) =>
      editLines(path, (lines) => lines.with(2, lines[2].replace("frames/1", "frames/9"))),
    says: /line 3: the picture .*frames\/9\.jpg is missing/,
  },
  "a picture of another size": {
    file: "frames/2.jpg",
    break: (path) => Deno.writeFile(path, jpegOfSize(640, 480)),
    says: /is 640×480 pixels, the calibration "fixture-camera" in flight.json is for 64×48/,
  },
  "a picture that is none": {
    file: "frames/2.jpg",
    break: (path) => Deno.writeTextFile(path, "no picture"),
    says: /is not a JPEG picture/,
  },
  "a description that is no JSON": {
    file: "flight.json",
    break: (path) => Deno.writeTextFile(path, "{"),
    says: /cannot be read as JSON/,
  },
  "a description with an unknown key": {
    file: "flight.json",
    break: (path) => Deno.writeTextFile(path, JSON.stringify({ ...FIXTURE_DESCRIPTION, extra: 1 })),
    says: /does not describe a flight: .*extra/,
  },
  "a newer format": {
    file: "flight.json",
    break: (path) =>
      Deno.writeTextFile(path, JSON.stringify({ ...FIXTURE_DESCRIPTION, formatVersion: 2 })),
    says: /has format version 2, this program reads 1/,
  },
};

for (const [name, fault] of Object.entries(BROKEN)) {
  Deno.test(`openRecordedFlight() refuses ${name} by file and line`, async () => {
    await withFlight(async (folder) => {
      const path = `${folder}/${fault.file}`;
      await fault.break(path);
      await assert.rejects(openRecordedFlight(folder), (error) => {
        assert.ok(error instanceof DataError, String(error));
        assert.equal(error.exitCode, EXIT.data);
        assert.match(error.message, fault.says);
        assert.ok(error.message.startsWith(path), error.message);
        return true;
      });
    });
  });
}

Deno.test("openRecordedFlight() passes irregular sensor rows on where it is asked to", async () => {
  await withFlight(async (folder) => {
    const options = { passIrregular: true };
    await editLines(`${folder}/imu.csv`, (lines) => lines.toSpliced(50, 1));
    await editLines(`${folder}/baro.csv`, (lines) => lines.toSpliced(5, 0, lines[5]));
    const { extent, events } = await openRecordedFlight(folder, options);
    const { irregularities } = extent;
    assert.deepEqual(irregularities.toSorted(), ["1 baro rows doubled", "1 imu rows after a gap"]);
    const passed = await Array.fromAsync(events());
    assert.equal(passed.filter(({ kind }) => kind === "imu").length, 199);
    assert.equal(passed.filter(({ kind }) => kind === "baro").length, 41);
    // Streams are merged by arrival, which is in order in any case.
    await editLines(`${folder}/imu.csv`, (lines) => lines.toSpliced(20, 2, lines[21], lines[20]));
    await assert.rejects(openRecordedFlight(folder, options), /received_ns goes back/);
  });
});

Deno.test("openRecordedFlight() refuses a symbolic link in the folder", async () => {
  await withFlight(async (folder) => {
    const outside = await Deno.makeTempFile({ suffix: ".jpg" });
    try {
      await Deno.writeFile(outside, jpegOfSize(64, 48));
      await Deno.remove(`${folder}/frames/1.jpg`);
      await Deno.symlink(outside, `${folder}/frames/1.jpg`);
      await assert.rejects(openRecordedFlight(folder), /frames\/1\.jpg is a symbolic link/);
    } finally {
      await Deno.remove(outside);
    }
  });
});

Deno.test("openRecordedFlight() ends with 66 when there is no such folder", async () => {
  await assert.rejects(openRecordedFlight("build/no-such-flight"), (error) => {
    assert.ok(error instanceof GdnError);
    assert.equal(error.exitCode, EXIT.noInput);
    return true;
  });
});

Deno.test("openRecordedFlight() answers hostile bytes with a DataError or reads them", async () => {
  const seed = 20260101;
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  await withFlight(async (folder) => {
    const names = [
      "imu.csv",
      "attitude.csv",
      "baro.csv",
      "gps.csv",
      "frames.csv",
      "flight.json",
      "frames/0.jpg",
    ];
    const whole = await Promise.all(names.map((name) => Deno.readFile(`${folder}/${name}`)));
    let refused = 0;
    for (let round = 0; round < 120; round++) {
      const name = names[round % names.length];
      const original = whole[round % names.length];
      const bytes = original.slice();
      for (let i = 0; i <= random.integer(8); i++) {
        bytes[random.integer(bytes.length)] = random.integer(256);
      }
      const end = random.uniform() < 0.2 ? random.integer(bytes.length) : bytes.length;
      await Deno.writeFile(`${folder}/${name}`, bytes.subarray(0, end));
      try {
        await readAll(folder);
      } catch (error) {
        assert.ok(error instanceof DataError, `round ${round}, ${name}: ${error}`);
        refused++;
      }
      await Deno.writeFile(`${folder}/${name}`, original);
    }
    assert.ok(refused > 60, `${refused} of 120 refused`);
  });
});
