/**
 * The recorder's way of a record, beside what a user would pick instead.
 *
 * - "ring": 4096 records of 256 bytes in and out, one thread, no encoding.
 * - "enqueue": one record between two pieces of work of a busy loop, while another thread drains; each
 *   call is timed by itself, the clock's own time (about 0.1 µs) included. p99 is the bar (≤ 5 µs).
 * - "to file": 20,000 records on one thread, from the producer's call to an MCAP file with check sums.
 *
 * @module
 */
import { type IWritable, McapWriter } from "@mcap/core";
import { SystemClock } from "../../src/core/mod.ts";
import {
  FdrConfigSchema,
  fdrJsonSchema,
  type FdrKind,
  FlightRecorder,
  foxgloveFields,
  makeFdrClient,
} from "../../src/flight/flight_recorder/mod.ts";
import { realDisk } from "../../src/flight/flight_recorder/disk.ts";
import { createRing, RingConsumer, RingProducer } from "../../src/flight/flight_recorder/ring.ts";
import { Writer } from "../../src/flight/flight_recorder/writer.ts";
import { BENCH_RECORD_BYTES, benchRecord } from "../support/fdr_bench_record.ts";

const CAPACITY = 4096;
const HEADER = {
  name: "bench",
  software: "bench",
  startUtc: "2026-11-21T10:00:00Z",
  strategies: {},
};
const bytes = new Uint8Array(BENCH_RECORD_BYTES).fill(7);
let visited = 0;

// --- ring
const STRIDE = BENCH_RECORD_BYTES + 8;
const shared = new Uint8Array(new SharedArrayBuffer(CAPACITY * STRIDE));
const own = new Uint8Array(256 * STRIDE);

Deno.bench({ name: "bare copy loop, slot by slot", group: "ring", baseline: true }, () => {
  for (let first = 0; first < CAPACITY; first += 256) {
    for (let i = first; i < first + 256; i++) shared.set(bytes, i * STRIDE + 8);
    for (let i = first; i < first + 256; i++) {
      const from = i * STRIDE + 8;
      own.set(shared.subarray(from, from + BENCH_RECORD_BYTES), (i - first) * STRIDE + 8);
      visited++;
    }
  }
});

Deno.bench({ name: "bare copy loop, 256 slots out at once", group: "ring" }, () => {
  for (let first = 0; first < CAPACITY; first += 256) {
    for (let i = first; i < first + 256; i++) shared.set(bytes, i * STRIDE + 8);
    own.set(shared.subarray(first * STRIDE, (first + 256) * STRIDE));
    visited += 256;
  }
});

const ring = createRing("bench", { capacity: CAPACITY, slotBytes: BENCH_RECORD_BYTES });
const producer = new RingProducer(ring), consumer = new RingConsumer(ring);
Deno.bench({ name: "ring", group: "ring" }, () => {
  for (let first = 0; first < CAPACITY; first += 256) {
    for (let i = 0; i < 256; i++) producer.push(bytes);
    consumer.drain(256, () => visited++);
  }
});

// --- enqueue
/** What a flight loop does between two records, about 20 µs. */
let state = 1;
function work(): void {
  for (let i = 0; i < 4000; i++) state = (state * 1103515245 + 12345) % 2147483648;
}

const folder = await Deno.makeTempDir({ prefix: "gdn-bench-recorder-" });
const recorder = new FlightRecorder({
  flightRoot: `${folder}/thread`,
  config: FdrConfigSchema.parse({}),
});
await recorder.start();
await recorder.openFlight({ header: HEADER, clock: new SystemClock() });
const client = recorder.client("bench");
const idle = new Worker("data:text/javascript,onmessage = () => {};", { type: "module" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
let index = 0;

Deno.bench({ name: "enqueue()", group: "enqueue", baseline: true, n: 50_000 }, (b) => {
  const record = benchRecord(index++);
  work();
  b.start();
  client.enqueue(record);
  b.end();
});

Deno.bench({
  name: "nothing: the clock, and what else the machine does",
  group: "enqueue",
  n: 50_000,
}, (b) => {
  benchRecord(index++);
  work();
  b.start();
  b.end();
});

Deno.bench({ name: "postMessage() to a worker", group: "enqueue", n: 50_000 }, (b) => {
  const record = benchRecord(index++);
  work();
  b.start();
  idle.postMessage(record);
  b.end();
});

// --- to file
const RECORDS = 20_000;

/** What the recorder writes, by the plain writer: whole records as JSON, chunks, check sums, index. */
class AppendFile implements IWritable {
  readonly #file: Deno.FsFile;
  #bytes = 0;
  constructor(path: string) {
    this.#file = Deno.openSync(path, { write: true, create: true, truncate: true });
  }
  write(buffer: Uint8Array): Promise<void> {
    for (let at = 0; at < buffer.length;) at += this.#file.writeSync(buffer.subarray(at));
    this.#bytes += buffer.length;
    return Promise.resolve();
  }
  position(): bigint {
    return BigInt(this.#bytes);
  }
  close(): void {
    this.#file.syncDataSync();
    this.#file.close();
  }
}

async function rawMcap(path: string): Promise<void> {
  const file = new AppendFile(path);
  const writer = new McapWriter({ writable: file, chunkSize: 256 * 1024 });
  await writer.start({ profile: "", library: "bench" });
  const kind: FdrKind = "sensor.gps";
  const encoder = new TextEncoder();
  const schemaId = await writer.registerSchema({
    name: "foxglove.LocationFix",
    encoding: "jsonschema",
    data: encoder.encode(JSON.stringify(fdrJsonSchema(kind))),
  });
  const metadata = new Map<string, string>();
  const channelId = await writer.registerChannel({
    topic: kind,
    schemaId,
    messageEncoding: "json",
    metadata,
  });
  for (let i = 0; i < RECORDS; i++) {
    const record = {
      schemaVersion: "1.0.0",
      producerId: "bench",
      wallTime: new Date(Math.floor(benchRecord(i).timestampNs / 1e6)).toISOString(),
      flightId: "0b5cf1a2-6f0c-4b8e-9d8e-3f2a51c07d11",
      ...benchRecord(i),
    };
    const data = encoder.encode(
      JSON.stringify({ ...record, ...foxgloveFields(kind, record) }),
    );
    const time = BigInt(record.timestampNs);
    await writer.addMessage({ channelId, sequence: i, logTime: time, publishTime: time, data });
  }
  await writer.end();
  file.close();
}

function ringToFile(flightRoot: string): void {
  const config = FdrConfigSchema.parse({ queueSize: CAPACITY });
  const writer = new Writer({
    flightRoot,
    config,
    disk: realDisk,
    nowMs: () => performance.now(),
    events: { alert: () => {}, log: () => {} },
  });
  const registerRing = (memory: SharedArrayBuffer) => writer.register(memory);
  const sink = makeFdrClient("bench", config, { overrun: () => {}, registerRing });
  const flightId = crypto.randomUUID();
  writer.openFlight({ flightId, header: HEADER, timestampNs: 0, utcOfZeroMs: 0 });
  for (let i = 0; i < RECORDS; i++) {
    sink.enqueue(benchRecord(i));
    if (i % 2000 === 1999) { while (writer.poll() > 0); }
  }
  const { counters } = writer.closeFlight({ flightId, cleanShutdown: true });
  if (counters.producers.bench.written !== RECORDS) throw new Error("the bench lost records");
}

Deno.bench({ name: "raw @mcap/core writer", group: "to file", baseline: true, n: 12 }, async () => {
  await rawMcap(`${folder}/raw.mcap`);
});
Deno.bench({ name: "enqueue(), ring, writer", group: "to file", n: 12 }, () => {
  ringToFile(`${folder}/ours`);
});
