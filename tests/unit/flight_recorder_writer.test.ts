import assert from "node:assert/strict";
import {
  FdrFlightMismatchError,
  FdrFlightStateError,
} from "../../src/flight/flight_recorder/mod.ts";
import { RECORDER_PRODUCER_ID } from "../../src/flight/flight_recorder/flight_counters.ts";
import { RateWindow } from "../../src/flight/flight_recorder/rate_window.ts";
import { RingProducer } from "../../src/flight/flight_recorder/ring.ts";
import { FLOAT, SLOTS_OFFSET } from "../../src/flight/flight_recorder/ring_layout.ts";
import { FLIGHT_ID, START_UTC, WriterBench } from "../support/flight_writer_bench.ts";
import { JournalDisk } from "../support/journal_disk.ts";
import { indexed, type ReadRecord, salvage } from "../support/mcap_records.ts";

const MEBIBYTE = 1024 * 1024;

function bench(config: ConstructorParameters<typeof WriterBench>[1] = {}) {
  const disk = new JournalDisk();
  return { disk, on: new WriterBench(disk, config) };
}

function recordsOf(disk: JournalDisk): ReadRecord[] {
  return [...disk.names.keys()].filter((path) => path.endsWith(".mcap")).sort()
    .flatMap((path) => [...salvage(disk.read(path)).records]);
}

const numbers = (records: readonly ReadRecord[], producerId: string) =>
  records.filter((record) => record.producerId === producerId)
    .map((record) => (record.payload.fields as { number: number }).number);

Deno.test("Writer brings records to a file that the indexed reader opens with its check sums", async () => {
  const { disk, on } = bench();
  on.open();
  for (let i = 0; i < 500; i++) {
    on.record("nav", i, `größer als ${i}`);
    on.advance(1, 1);
  }
  const { counters, complete } = on.close();
  assert.ok(complete);
  const [path] = [...disk.names.keys()];
  const bytes = disk.read(path);
  const { records, whole } = salvage(bytes);
  assert.ok(whole);
  assert.deepEqual(numbers(records, "nav"), [...Array(500).keys()]);
  assert.equal(records[1].wallTime, START_UTC);
  assert.equal(records[1].flightId, FLIGHT_ID);

  const reader = await indexed(bytes);
  assert.equal(reader.statistics?.messageCount, 502n);
  assert.equal(counters.recordsWritten, 501, "the footer does not count itself");
  const topics = [...reader.channelsById.values()].map(({ topic }) => topic);
  assert.deepEqual(topics, ["flight_header", "log", "flight_footer"]);
  let messages = 0;
  for await (const message of reader.readMessages({ validateCrcs: true })) {
    assert.equal(JSON.parse(new TextDecoder().decode(message.data)).flightId, FLIGHT_ID);
    messages++;
  }
  assert.equal(messages, 502);
  const schema = [...reader.schemasById.values()].find(({ name }) => name === "log");
  assert.equal(JSON.parse(new TextDecoder().decode(schema?.data)).title, "log");
  const metadata = new Map<string, ReadonlyMap<string, string>>();
  for await (const each of reader.readMetadata()) metadata.set(each.name, each.metadata);
  assert.equal(metadata.get("flight_header")?.get("name"), "bench");
  assert.equal(metadata.get("flight_footer")?.get("recordsWritten"), "501");
});

Deno.test("Writer gives position records the fields of foxglove.LocationFix and its schema name", async () => {
  const { disk, on } = bench();
  on.open();
  on.client("gps").enqueue({
    kind: "sensor.gps",
    timestampNs: on.nowNs,
    payload: {
      fix: "3d",
      latitudeDeg: 50,
      longitudeDeg: 30,
      heightM: 120,
      velocityEnuMps: [0, 0, 0],
      sigmaHorizontalM: 2,
      sigmaVerticalM: 3,
      satellites: 9,
      integrity: "ok",
      controllerNs: 0,
      receivedNs: 0,
    },
  });
  on.advance(300);
  on.close();
  const bytes = disk.read([...disk.names.keys()][0]);
  const record = salvage(bytes).records.find(({ kind }) => kind === "sensor.gps");
  assert.equal(record?.latitude, 50);
  assert.deepEqual(record?.position_covariance, [4, 0, 0, 0, 4, 0, 0, 0, 9]);
  const names = [...(await indexed(bytes)).schemasById.values()].map(({ name }) => name);
  assert.ok(names.includes("foxglove.LocationFix"));
});

Deno.test("Writer rolls over by size; every segment begins with the header and reads alone", () => {
  const { disk, on } = bench({ segmentSizeBytes: 64 * 1024 });
  on.open();
  for (let i = 0; i < 1000; i++) {
    on.record("nav", i);
    on.advance(5);
  }
  const { counters } = on.close();
  const paths = [...disk.names.keys()].sort();
  assert.ok(paths.length >= 4);
  assert.equal(counters.rolloverCount, paths.length - 1);
  let bytesAll = 0;
  for (const path of paths) {
    const bytes = disk.read(path);
    const { records, whole } = salvage(bytes);
    assert.ok(whole, path);
    assert.equal(records[0].kind, "flight_header");
    bytesAll += bytes.length;
  }
  const records = recordsOf(disk);
  assert.deepEqual(numbers(records, "nav"), [...Array(1000).keys()]);
  assert.equal(records.length, counters.recordsWritten + 1);
  assert.ok(counters.bytesWritten < bytesAll && counters.bytesWritten > bytesAll - 16_384);
  assert.deepEqual(records.at(-1)?.payload.producers, counters.producers);
  assert.deepEqual(records.at(-1)?.payload.rolloverCount, counters.rolloverCount);
});

Deno.test("Writer drops the oldest closed segments over the cap and records each", () => {
  const { disk, on } = bench({ segmentSizeBytes: 300 * 1024, flightCapBytes: MEBIBYTE });
  on.open();
  for (let i = 0; i < 6000; i++) {
    on.record("nav", i, "x".repeat(400));
    on.advance(5);
  }
  const { counters } = on.close();
  const kept = recordsOf(disk);
  const rollovers = kept.filter(({ kind }) => kind === "segment_rollover");
  assert.ok(counters.recordsDroppedCap > 1000);
  assert.ok(rollovers.length > 0);
  assert.equal(kept.length - 1, counters.recordsWritten - counters.recordsDroppedCap);
  assert.ok(!disk.names.has(`${on.folder}/segment_0000.mcap`));
  assert.deepEqual(on.alerts, []);
  const total = [...disk.names.values()].reduce((sum, inode) => sum + inode.length, 0);
  assert.ok(total <= MEBIBYTE + 300 * 1024 + 64 * 1024, `${total} bytes`);
  const [{ payload }] = rollovers;
  assert.match(String(payload.segment), /^segment_\d{4}\.mcap$/);
  assert.ok(Number(payload.droppedRecords) > 100);
});

Deno.test("Writer reports a cap that is smaller than one segment, and drops nothing", () => {
  const { disk, on } = bench({ segmentSizeBytes: 2 * MEBIBYTE, flightCapBytes: MEBIBYTE });
  on.open();
  assert.deepEqual(on.alerts.map(({ reason }) => reason), ["cap_misconfigured"]);
  assert.ok(
    on.logs.some(({ level, kind }) => level === "error" && kind === "c13.cap_misconfigured"),
  );
  for (let i = 0; i < 9000; i++) {
    on.record("nav", i, "x".repeat(400));
    if (i % 8 === 0) on.advance(5);
  }
  const { counters } = on.close();
  assert.ok(counters.rolloverCount >= 2);
  assert.equal(counters.recordsDroppedCap, 0);
  assert.equal(on.alerts.length, 1);
  const records = recordsOf(disk);
  assert.equal(records.filter(({ kind }) => kind === "c8.alert").length, 1);
});

Deno.test("Writer lets one thumbnail of a window of 10 s pass and reports the others in one record", () => {
  const { disk, on } = bench();
  on.open();
  const thumbnail = (producerId: string) =>
    on.client(producerId).enqueue({
      kind: "failed_tile_thumbnail",
      timestampNs: on.nowNs,
      payload: { reason: "blur", format: "jpeg", data: "AAAA", widthPx: 8, heightPx: 8 },
    });
  for (let second = 0; second < 25; second++) {
    thumbnail("mapper");
    if (second < 10) thumbnail("other");
    on.record("nav", second);
    on.advance(1000, 50);
  }
  const { counters } = on.close();
  const records = recordsOf(disk);
  const passed = records.filter(({ kind }) => kind === "failed_tile_thumbnail");
  assert.deepEqual(passed.map(({ timestampNs }) => timestampNs / 1e9), [0, 10, 20]);
  const overruns = records.filter(({ kind }) => kind === "overrun").map(({ payload }) => payload);
  const rate = (producerId: string, droppedCount: number) => ({
    droppedCount,
    producerId,
    reason: "rate",
    droppedKind: "failed_tile_thumbnail",
  });
  assert.deepEqual(overruns, [
    rate("mapper", 9),
    rate("other", 10),
    rate("mapper", 9),
    rate("mapper", 4),
  ]);
  assert.equal(counters.recordsDroppedPolicy, 32);
  assert.equal(counters.producers.mapper.droppedPolicy, 22);
});

Deno.test("RateWindow lets one record of a window pass, and outlives a record of a wrong time", () => {
  const window = new RateWindow(10);
  const admitted = [0, 9, 10, 8, 19, 25, 1000, 995, 31, 32, 40].filter((at) => window.admit(at));
  assert.deepEqual(admitted, [0, 10, 25, 1000, 31, 40]);
  assert.ok(!window.isOver(49) && window.isOver(50));
});

Deno.test("Writer puts an overrun record where a ring lost records, and counts to the last", () => {
  const { disk, on } = bench({ queueSize: 64 });
  on.open();
  for (let i = 0; i < 100; i++) on.record("nav", i);
  on.advance(5);
  for (let i = 100; i < 120; i++) on.record("nav", i);
  const { counters } = on.close();
  const records = recordsOf(disk).slice(1, -1);
  assert.equal(records[0].kind, "overrun");
  assert.equal(records[0].producerId, RECORDER_PRODUCER_ID);
  assert.deepEqual(records[0].payload, { droppedCount: 36, producerId: "nav", reason: "ring" });
  assert.deepEqual(numbers(records, "nav"), [...Array(84).keys()].map((i) => i + 36));
  assert.deepEqual(counters.producers.nav, {
    produced: 120,
    written: 84,
    droppedOverrun: 36,
    droppedDisk: 0,
    droppedPolicy: 0,
    droppedInvalid: 0,
  });
});

Deno.test("Writer counts invalid records and continues", () => {
  const { disk, on } = bench();
  on.open();
  const client = on.client("hostile");
  const producer = new RingProducer(client.ring);
  const bytes = [
    new Uint8Array([0xc1, 1, 2]),
    new Uint8Array([0x93, 0xa1, 0x78, 0x01, 0x80]),
    new TextEncoder().encode("no message pack at all"),
  ];
  for (const each of bytes) producer.push(each);
  on.record("nav", 1);
  on.advance(200);
  const { counters, complete } = on.close();
  assert.ok(complete);
  assert.equal(counters.recordsDroppedInvalid, 3);
  assert.equal(counters.producers.hostile.droppedInvalid, 3);
  assert.deepEqual(numbers(recordsOf(disk), "nav"), [1]);
  const lost = recordsOf(disk).find(({ kind }) => kind === "overrun");
  assert.deepEqual(lost?.payload, { droppedCount: 3, producerId: "hostile", reason: "invalid" });
});

Deno.test("Writer holds the durability bound while the disk is fast, and reports the longest time", () => {
  const { on } = bench({ durabilityMs: 100 });
  on.open();
  for (let i = 0; i < 300; i++) {
    on.record("nav", i);
    on.advance(7, 7);
  }
  const { durabilityMsMax } = on.close();
  assert.ok(durabilityMsMax > 20 && durabilityMsMax <= 70, `${durabilityMsMax} ms`);
});

Deno.test("Writer refuses a second flight, another flight's end, and an end without a flight", () => {
  const { on } = bench();
  assert.throws(() => on.close(), FdrFlightStateError);
  on.open();
  assert.throws(() => on.open(), FdrFlightStateError);
  const other = { flightId: crypto.randomUUID(), cleanShutdown: true };
  assert.throws(() => on.writer.closeFlight(other), FdrFlightMismatchError);
  on.close();
  assert.throws(() => on.close(), FdrFlightStateError);
});

Deno.test("Writer keeps what is recorded before a flight for it, in the ring", () => {
  const { disk, on } = bench();
  on.record("nav", 1);
  on.advance(5000);
  on.open();
  on.record("nav", 2);
  const { durabilityMsMax } = on.close();
  assert.ok(durabilityMsMax < 100, "the bound begins with the flight");
  assert.deepEqual(numbers(recordsOf(disk), "nav"), [1, 2]);
});

Deno.test("Writer counts what a producer evicts while the flight is being closed", () => {
  const { disk, on } = bench({ queueSize: 64, batchSize: 8 });
  on.open();
  for (let i = 0; i < 64; i++) on.record("nav", i);
  let calls = 0;
  // A slow machine: a pass takes one batch, and then the producer runs the ring over.
  Object.defineProperty(on, "nowMs", {
    get() {
      if (++calls === 5) { for (let i = 64; i < 300; i++) on.record("nav", i); }
      return 1_000 + 30 * calls;
    },
  });
  const { counters } = on.close();
  const { produced, written, droppedOverrun } = counters.producers.nav;
  assert.ok(produced >= 64, `${produced} of the 64 records before the close are accounted for`);
  assert.ok(droppedOverrun > 0);
  assert.equal(produced, written + droppedOverrun);
  const records = recordsOf(disk).slice(1, -1);
  assert.equal(numbers(records, "nav").length, written);
  const told = records.filter(({ kind }) => kind === "overrun");
  assert.deepEqual(told.map(({ payload }) => payload.droppedCount), [droppedOverrun]);
});

Deno.test("Writer drains the other rings, and ends the flight, when one ring is broken", () => {
  const { disk, on } = bench();
  on.client("broken");
  on.open();
  const floats = new Float64Array(on.client("broken").ring, 0, SLOTS_OFFSET / 8);
  floats[FLOAT.reportedLost] = 1e6;
  for (let i = 0; i < 50; i++) {
    on.record("broken", i);
    on.record("nav", i);
    on.advance(5);
  }
  assert.ok(on.close().complete);
  assert.deepEqual(numbers(recordsOf(disk), "nav"), [...Array(50).keys()]);
  const told = on.logs.filter(({ level }) => level === "error").map(({ message }) => message);
  assert.equal(told.length, 1);
  assert.match(told[0], /^the ring of broken cannot be drained: .*its tail went back/);
});

Deno.test("Writer reports what remains in the rings when draining stops", () => {
  const { on } = bench();
  on.open();
  on.record("nav", 1);
  on.close();
  on.writer.stop();
  const lines = () => on.logs.filter(({ kind }) => kind === "c13.left_behind");
  assert.deepEqual(lines(), []);
  on.record("nav", 2);
  on.record("vio", 3);
  on.writer.stop();
  assert.deepEqual(lines().map(({ message }) => message), [
    "2 records came after the flight was closed; they are not recorded",
  ]);
});

Deno.test("Writer logs each record at DEBUG when configured", () => {
  const { on } = bench({ debugLogPerRecord: true });
  on.open();
  on.record("nav", 1);
  on.close();
  const lines = on.logs.filter(({ kind }) => kind === "c13.record");
  assert.deepEqual(lines.map(({ level }) => level), ["debug"]);
});
