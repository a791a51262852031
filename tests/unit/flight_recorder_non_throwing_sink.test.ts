import assert from "node:assert/strict";
import { createLogger, monotonicNs } from "../../src/core/mod.ts";
import { FakeFdrSink } from "../../src/flight/flight_recorder/fake_fdr_sink.ts";
import { type NewRecord, NonThrowingSink } from "../../src/flight/flight_recorder/mod.ts";

const warn = (message: string): NewRecord<"log"> => ({
  kind: "log",
  timestampNs: monotonicNs(1),
  payload: { level: "WARN", component: "test", message },
});

function sinkOf(slotBytes: number, onLine: (line: string) => void) {
  const fake = new FakeFdrSink({ producerId: "nav", slotBytes });
  const time = { nowMs: 0 };
  const sink = new NonThrowingSink({
    sink: fake,
    logger: createLogger({ component: "nav", sink: onLine, now: () => new Date(0) }),
    nowMs: () => time.nowMs,
  });
  return { fake, sink, time };
}

Deno.test("NonThrowingSink never throws: what cannot be recorded is counted and logged, the rest is in", () => {
  const lines: string[] = [];
  const { fake, sink, time } = sinkOf(128, (line) => lines.push(line));
  const refused = [
    warn("too long for its slot ".repeat(20)),
    { ...warn("no such kind"), kind: "nonsense" },
    { ...warn("forbidden"), kind: "raw_nav_frame" },
    { ...warn("no moment"), timestampNs: 0.5 },
    { ...warn("a key is missing"), payload: { level: "WARN" } },
    { ...warn("no payload"), payload: null },
  ] as unknown as NewRecord<"log">[];
  for (const record of refused) {
    assert.equal(sink.enqueue(record), "refused");
    assert.equal(sink.enqueue(warn("well")), "ok");
    time.nowMs += 100;
  }
  assert.equal(sink.producerId, "nav");
  assert.equal(sink.refused, refused.length);
  assert.equal(fake.records.length, refused.length);
  assert.equal(lines.length, 1, "at most one line a second");
  assert.match(lines[0], /"1 not recorded: Cannot record a log that takes more than.*"refused":1,/);
  sink.report();
  sink.report();
  assert.equal(lines.length, 2, "what was not logged yet is logged at the end, once");
  const { level, kind, fields } = JSON.parse(lines[1]);
  assert.deepEqual([level, kind], ["error", "c13.record_refused"]);
  const count = refused.length;
  assert.deepEqual(
    fields,
    { producerId: "nav", recordKind: "log", refused: count - 1, refusedTotal: count },
  );
});

Deno.test("NonThrowingSink outlives a log that throws", () => {
  const { sink } = sinkOf(64, () => {
    throw new Error("the terminal is gone");
  });
  assert.equal(sink.enqueue(warn("x".repeat(100))), "refused");
  sink.report();
  assert.equal(sink.refused, 1);
});
