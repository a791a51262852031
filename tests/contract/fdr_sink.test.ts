/**
 * The sink contract on the client of the recorder and on the fake, and what the fake has for tests.
 *
 * @module
 */
import assert from "node:assert/strict";
import { monotonicNs } from "../../src/core/mod.ts";
import { FakeFdrSink } from "../../src/flight/flight_recorder/fake_fdr_sink.ts";
import { FdrConfigSchema, makeFdrClient } from "../../src/flight/flight_recorder/mod.ts";
import { decodeSlot, type SlotRecord } from "../../src/flight/flight_recorder/record_encoder.ts";
import { RingConsumer } from "../../src/flight/flight_recorder/ring.ts";
import { fdrSinkSuite } from "./fdr_sink_suite.ts";

/** As the writer drains it. */
function drained(consumer: RingConsumer): SlotRecord[] {
  const records: SlotRecord[] = [];
  const { producerId } = consumer;
  consumer.drain(Infinity, (bytes, droppedCount) => {
    if (droppedCount === 0) return records.push(decodeSlot(bytes));
    const payload = { droppedCount, producerId, reason: "ring" };
    records.push({ kind: "overrun", timestampNs: 0, payload });
  });
  return records;
}

fdrSinkSuite("FdrClient", ({ producerId, capacity, slotBytes }) => {
  const rings: SharedArrayBuffer[] = [];
  const config = FdrConfigSchema.parse({ queueSize: capacity, slotBytes });
  const sink = makeFdrClient(producerId, config, {
    overrun: () => {},
    registerRing: (ring) => rings.push(ring),
  });
  return { sink, found: () => drained(new RingConsumer(rings[0])) };
});

fdrSinkSuite("FakeFdrSink", (settings) => {
  const sink = new FakeFdrSink(settings);
  return { sink, found: () => sink.records };
});

Deno.test("FakeFdrSink.records looks and takes nothing out; allRecordsEver has the lost ones", () => {
  const sink = new FakeFdrSink({ capacity: 2 });
  const kinds = () => sink.records.map(({ kind }) => kind);
  assert.deepEqual(kinds(), []);
  for (let index = 0; index < 5; index++) {
    const payload = { reason: `no origin ${index}` };
    sink.enqueue({
      kind: "c5.cold_start_origin.unavailable",
      timestampNs: monotonicNs(index),
      payload,
    });
  }
  const kind = "c5.cold_start_origin.unavailable";
  assert.deepEqual(kinds(), ["overrun", kind, kind]);
  assert.deepEqual(kinds(), ["overrun", kind, kind]);
  assert.equal(sink.records[0].payload.droppedCount, 3);
  assert.deepEqual(
    sink.allRecordsEver.map(({ payload }) => payload.reason),
    [0, 1, 2, 3, 4].map((index) => `no origin ${index}`),
  );
  assert.deepEqual([sink.produced, sink.dropped], [5, 3]);
});
