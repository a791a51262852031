import assert from "node:assert/strict";
import { SensorFeed } from "../../src/airborne/sensor_feed.ts";
import { SensorRecords } from "../../src/airborne/sensor_records.ts";
import { LocalFrame, ManualClock } from "../../src/core/mod.ts";
import { exportRecordedFlight, findFlight } from "../../src/flight/flight_record/mod.ts";
import { FdrConfigSchema, startFlightRecorder } from "../../src/flight/flight_recorder/mod.ts";
import type { RecordedEvent } from "../../src/flight/flight_events/mod.ts";
import { openRecordedFlight } from "../../src/flight/replay/mod.ts";
import { Eskf, type MeasurementOutcome } from "../../src/navigation/state_estimator/mod.ts";
import { addVelocity, editLines, writeFlight } from "../unit/replay_fixture.ts";

async function inFlight(check: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "gdn-velocity-" });
  try {
    await writeFlight(`${folder}/flight`);
    await addVelocity(`${folder}/flight`);
    await check(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

type SensorEvent = Exclude<RecordedEvent, { kind: "frame" }>;

async function sensorEvents(folder: string): Promise<SensorEvent[]> {
  const events = await Array.fromAsync((await openRecordedFlight(folder)).events());
  return events.filter((event) => event.kind !== "frame");
}

Deno.test("a flight with velocity.csv has its rows among the others, by their arrival", async () => {
  await inFlight(async (folder) => {
    const events = await sensorEvents(`${folder}/flight`);
    const velocity = events.filter((event) => event.kind === "velocity");
    assert.equal(velocity.length, 20);
    assert.deepEqual(velocity[3].velocityBodyMps, [16.5, -0.25, 0.155]);
    assert.deepEqual(velocity[3].covariance, [0.0625, 0.001, 0, 0.001, 0.0625, 0, 0, 0, 0.09]);
    const times = events.map((event) => event.receivedNs);
    assert.deepEqual(times, times.toSorted((a, b) => a - b));
    await Deno.remove(`${folder}/flight/velocity.csv`);
    const without = await sensorEvents(`${folder}/flight`);
    assert.deepEqual(without, events.filter((event) => event.kind !== "velocity"));
  });
});

Deno.test("a velocity whose covariance is none is refused, with file and line", async () => {
  await inFlight(async (folder) => {
    const path = `${folder}/flight/velocity.csv`;
    await editLines(path, (lines) => lines.with(4, lines[4].replace(",0.001,", ",0.5,")));
    await assert.rejects(
      openRecordedFlight(`${folder}/flight`),
      /velocity\.csv.*line 5: the covariance is not positive definite/s,
    );
  });
});

Deno.test("velocity.csv reaches the estimator, on its clock", async () => {
  await inFlight(async (folder) => {
    const flight = await openRecordedFlight(`${folder}/flight`);
    const frame = new LocalFrame({ latitudeDeg: 30, longitudeDeg: -97, heightM: 100 });
    const judged: MeasurementOutcome[] = [];
    const estimator = new Eskf({
      localFrame: frame,
      onEvent: (event) => {
        if (event.type !== "measurement" || event.outcome.source !== "velocity") return;
        if (event.outcome.observation.length > 0) judged.push(event.outcome);
      },
    });
    const feed = new SensorFeed(estimator, frame, flight.description);
    for await (const event of flight.events()) if (event.kind !== "frame") feed.feed(event);
    // Ten a second, thinned to five; the controller's clock is 5 s ahead.
    assert.ok(judged.length >= 8 && judged.length <= 10, `${judged.length}`);
    for (const { observation, observationVariance, timeNs } of judged) {
      const row = Math.round(timeNs / 1e8);
      assert.ok(Math.abs(timeNs - row * 1e8) < 5e6, `${timeNs} ns`);
      assert.deepEqual(observation, [16.5, -0.25, 0.125 + row / 100]);
      assert.ok(observationVariance[2] > observationVariance[0]);
    }
  });
});

Deno.test("a recorded flight is exported with its velocity.csv and what its GPS left out, and flies again", async () => {
  await inFlight(async (folder) => {
    // A height over nothing known, and no vertical velocity.
    const gps = await Deno.readTextFile(`${folder}/flight/gps.csv`);
    const [header, row] = gps.split("\n");
    const fields = row.split(",").with(5, "").with(8, "");
    await Deno.writeTextFile(`${folder}/flight/gps.csv`, `${header}\n${fields.join(",")}\n`);
    const flown = await openRecordedFlight(`${folder}/flight`);
    const { format: _format, formatVersion: _version, ...description } = flown.description;
    const clock = new ManualClock({ startUtc: new Date(description.startUtc) });
    const { recorder, flight } = await startFlightRecorder({
      flightRoot: `${folder}/records`,
      config: FdrConfigSchema.parse({}),
      stderr: () => {},
      flight: { header: { ...description, software: "test", strategies: {} }, clock },
    });
    const records = new SensorRecords(recorder.client("sensors"));
    const events = await sensorEvents(`${folder}/flight`);
    for (const event of events) {
      clock.set(event.receivedNs);
      records.add(event);
    }
    records.flush();
    await recorder.closeFlight({ flightId: flight.flightId, cleanShutdown: true });
    await recorder.stop();
    const files = await findFlight(flight.folder);
    const { files: names } = await exportRecordedFlight(files, `${folder}/again`);
    assert.ok(names.includes("velocity.csv"));
    for (const name of ["velocity.csv", "gps.csv"]) {
      const text = (flight: string) => Deno.readTextFile(`${folder}/${flight}/${name}`);
      assert.equal(await text("again"), await text("flight"));
    }
    const sample = events.find(({ kind }) => kind === "gps");
    assert.ok(sample?.kind === "gps" && sample.heightUnknown === true);
    assert.equal(sample.hasVerticalVelocity, false);
  });
});
