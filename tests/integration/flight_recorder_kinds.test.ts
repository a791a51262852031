/** What the registry promises, in the files that the recorder leaves. */
import assert from "node:assert/strict";
import { type IReadable, McapIndexedReader } from "@mcap/core";
import { SensorRecords } from "../../src/airborne/sensor_records.ts";
import { createLogger, ManualClock, type MonotonicNs, monotonicNs } from "../../src/core/mod.ts";
import {
  channelSchemaName,
  createLogBridge,
  decodeRecord,
  FDR_KINDS,
  FdrConfigSchema,
  type FdrKind,
  type FdrPayload,
  type FdrRecord,
  type FdrSink,
  FlightRecorder,
} from "../../src/flight/flight_recorder/mod.ts";
import type { RecordedEvent } from "../../src/flight/flight_events/mod.ts";
import {
  openRecordedFlight,
  STREAM_COLUMNS,
  type StreamFile,
} from "../../src/flight/replay/mod.ts";
import { FDR_FIXTURES } from "../support/flight_recorder_fixtures.ts";
import { schemaFaults } from "../support/json_schema.ts";
import { FIXTURE_DESCRIPTION, writeFlight } from "../unit/replay_fixture.ts";

interface ReadMessage {
  readonly record: FdrRecord;
  readonly schemaName: string;
  readonly schema: Record<string, unknown>;
}

/** Every message of a flight's only segment, by the reader of the MCAP project, CRCs checked. */
async function readSegment(folder: string): Promise<ReadMessage[]> {
  const bytes = await Deno.readFile(`${folder}/segment_0000.mcap`);
  const readable: IReadable = {
    size: () => Promise.resolve(BigInt(bytes.length)),
    read: (offset, size) =>
      Promise.resolve(bytes.subarray(Number(offset), Number(offset) + Number(size))),
  };
  const reader = await McapIndexedReader.Initialize({ readable });
  const messages: ReadMessage[] = [];
  for await (const message of reader.readMessages({ validateCrcs: true })) {
    const schemaId = reader.channelsById.get(message.channelId)?.schemaId ?? 0;
    const schema = reader.schemasById.get(schemaId);
    assert.ok(schema !== undefined && schema.encoding === "jsonschema");
    messages.push({
      record: decodeRecord(message.data),
      schemaName: schema.name,
      schema: JSON.parse(new TextDecoder().decode(schema.data)),
    });
  }
  return messages;
}

/** Records a flight into a folder of its own and reads it back. */
async function recorded(
  header: FdrPayload<"flight_header">,
  fly: (parts: { recorder: FlightRecorder; sink: FdrSink; clock: ManualClock }) => Promise<void>,
): Promise<ReadMessage[]> {
  const flightRoot = await Deno.makeTempDir({ prefix: "gdn-kinds-" });
  try {
    await using recorder = new FlightRecorder({ flightRoot, config: FdrConfigSchema.parse({}) });
    await recorder.start();
    const clock = new ManualClock({ startUtc: new Date(header.startUtc) });
    const { flightId, folder } = await recorder.openFlight({ header, clock });
    await fly({ recorder, sink: recorder.client("test"), clock });
    await recorder.closeFlight({ flightId, cleanShutdown: true });
    return await readSegment(folder);
  } finally {
    await Deno.remove(flightRoot, { recursive: true });
  }
}

Deno.test("a recorded file holds every kind as recorded, with its schema", async () => {
  const kinds = Object.keys(FDR_KINDS) as FdrKind[];
  const messages = await recorded(FDR_FIXTURES.flight_header, ({ sink, clock }) => {
    clock.set(monotonicNs(1e9));
    for (const kind of kinds) {
      sink.enqueue({ kind, timestampNs: clock.now(), payload: FDR_FIXTURES[kind] as never });
    }
    return Promise.resolve();
  });
  for (const kind of kinds) {
    const own = messages.filter(({ record }) => record.kind === kind);
    const said = own.find(({ record }) => record.producerId === "test");
    assert.deepEqual(said?.record.payload, FDR_FIXTURES[kind], kind);
    // The recorder's own records of this kind as well.
    for (const { record, schema, schemaName } of own) {
      assert.deepEqual(schemaFaults(schema, record), [], kind);
      assert.equal(schemaName, channelSchemaName(kind));
    }
  }
  const position = messages.find(({ record }) => record.kind === "nav.state")?.record;
  assert.equal(position?.latitude, FDR_FIXTURES["nav.state"].latitudeDeg);
  assert.deepEqual(position?.timestamp, {
    sec: Date.parse(FDR_FIXTURES.flight_header.startUtc) / 1000 + 1,
    nsec: 0,
  });
});

Deno.test("log lines reach the file through a ring of their own, the longest ones cut", async () => {
  const messages = await recorded(FDR_FIXTURES.flight_header, ({ recorder, clock }) => {
    const bridge = createLogBridge({
      sink: recorder.client("log"),
      clock,
      diagnostics: (line) => assert.fail(line),
    });
    const logger = createLogger({
      component: "tile_cache",
      sink: () => {},
      now: () => new Date(0),
      observer: bridge,
    });
    logger.info("quiet");
    logger.warn("c6.slow", { tookMs: 812 }, "a tile took long");
    logger.error("c6.fault", {}, "é".repeat(50_000), new Error("why"));
    logger.child("flight_recorder").error("own");
    return Promise.resolve();
  });
  const logs = messages.filter(({ record }) => record.kind === "log").map(({ record }) => record);
  assert.deepEqual(logs.map(({ payload }) => [payload.level, payload.kind]), [
    ["WARN", "c6.slow"],
    ["ERROR", "c6.fault"],
  ]);
  assert.deepEqual(logs[0].payload.fields, { tookMs: 812 });
  assert.match(String(logs[1].payload.message), /^é{1500,}…$/);
  assert.match(String(logs[1].payload.cut), /^message: \d+ of 50000 characters$/);
});

Deno.test("a flight can be replayed from its records, except for the pixels", async () => {
  const folder = await Deno.makeTempDir({ prefix: "gdn-replayable-" });
  try {
    await writeFlight(`${folder}/flown`);
    const flown = await openRecordedFlight(`${folder}/flown`);
    const events = await Array.fromAsync(flown.events());
    const { format: _format, formatVersion: _version, ...description } = flown.description;
    const header = { ...description, software: "test", strategies: {} };
    const messages = await recorded(header, ({ sink, clock }) => {
      const sensors = new SensorRecords(sink);
      for (const event of events) {
        clock.set(event.receivedNs);
        if (event.kind === "frame") sink.enqueue(frameMeta(event, clock.now()));
        else sensors.add(event);
      }
      sensors.flush();
      return Promise.resolve();
    });
    await writeBack(`${folder}/again`, messages.map(({ record }) => record));
    for (const name of await Array.fromAsync(Deno.readDir(`${folder}/flown/frames`))) {
      await Deno.copyFile(
        `${folder}/flown/frames/${name.name}`,
        `${folder}/again/frames/${name.name}`,
      );
    }
    const again = await openRecordedFlight(`${folder}/again`);
    assert.deepEqual(again.description, flown.description);
    assert.deepEqual(again.extent, flown.extent);
    const nameless = (event: RecordedEvent) =>
      event.kind === "frame" ? { ...event, frame: { ...event.frame, name: "" } } : event;
    assert.deepEqual((await Array.fromAsync(again.events())).map(nameless), events.map(nameless));
    assert.ok(events.length > 280 && FIXTURE_DESCRIPTION.imuRateHz > 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

function frameMeta(event: Extract<RecordedEvent, { kind: "frame" }>, nowNs: MonotonicNs) {
  const { sequence, exposureMidNs, jpeg, calibration } = event.frame;
  const payload: FdrPayload<"frame.meta"> = {
    sequence,
    exposureMidNs,
    availableNs: event.receivedNs,
    widthPx: calibration.widthPx,
    heightPx: calibration.heightPx,
    jpegBytes: jpeg.length,
    calibrationId: calibration.id,
    file: `frames/${sequence}.jpg`,
  };
  return { kind: "frame.meta", timestampNs: nowNs, payload } as const;
}

/** The streams of a recorded flight from its records, and nothing else. */
async function writeBack(folder: string, records: readonly FdrRecord[]): Promise<void> {
  const payloads = <K extends FdrKind>(kind: K) =>
    records.filter((record) => record.kind === kind && record.producerId === "test")
      .map((record) => record.payload as FdrPayload<K>);
  const times = (payload: { controllerNs: number; receivedNs: number }) => [
    payload.controllerNs,
    payload.receivedNs,
  ];
  const streams: Partial<Record<StreamFile, (string | number)[][]>> = {
    "imu.csv": payloads("sensor.imu").flatMap((batch) =>
      batch.controllerNs.map((controllerNs, i) => [
        ...[controllerNs, batch.receivedNs[i], batch.axMps2[i], batch.ayMps2[i], batch.azMps2[i]],
        ...[batch.gxRps[i], batch.gyRps[i], batch.gzRps[i]],
      ])
    ),
    "attitude.csv": payloads("sensor.attitude").map((row) => [...times(row), ...row.localFromBody]),
    "baro.csv": payloads("sensor.baro").map((row) => [...times(row), row.heightM]),
    "gps.csv": payloads("sensor.gps").map((row) => [
      ...[...times(row), row.fix, row.latitudeDeg, row.longitudeDeg, row.heightM],
      ...[...row.velocityEnuMps, row.sigmaHorizontalM, row.sigmaVerticalM, row.satellites],
      row.integrity,
    ]),
    "frames.csv": payloads("frame.meta").map((row) => [
      ...[row.sequence, row.exposureMidNs, row.availableNs, row.file ?? ""],
    ]),
  };
  await Deno.mkdir(`${folder}/frames`, { recursive: true });
  for (const [name, rows] of Object.entries(streams)) {
    const lines = [STREAM_COLUMNS[name as StreamFile], ...rows].map((row) => row.join(","));
    await Deno.writeTextFile(`${folder}/${name}`, lines.join("\n") + "\n");
  }
  const header = records.find((record) => record.kind === "flight_header")?.payload;
  assert.ok(header !== undefined);
  const { software: _software, strategies: _strategies, flightId: _id, ...description } = header;
  await Deno.writeTextFile(
    `${folder}/flight.json`,
    JSON.stringify({ format: "gdn-recorded-flight", formatVersion: 1, ...description }),
  );
}
