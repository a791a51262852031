import assert from "node:assert/strict";
import { createLogger, type LogLevel, LogRelay, ManualClock } from "../../src/core/mod.ts";
import type {
  EnqueueResult,
  FdrSink,
  NewRecord,
} from "../../src/flight/flight_recorder/contract.ts";
import { createLogBridge, type LogBridge } from "../../src/flight/flight_recorder/log_bridge.ts";
import { RecordEncoder } from "../../src/flight/flight_recorder/record_encoder.ts";
import { checkProduced, FDR_KINDS } from "../../src/flight/flight_recorder/mod.ts";
import { between, property } from "../support/properties.ts";
import type { Random } from "../../src/core/mod.ts";

/** Accepts what a ring with slots of this size accepts, and returns the given outcome. */
class SlotSink implements FdrSink {
  readonly producerId = "log";
  readonly records: NewRecord<"log">[] = [];
  result: EnqueueResult = "ok";

  readonly #encoder: RecordEncoder;

  constructor(slotBytes = 4096) {
    this.#encoder = new RecordEncoder(slotBytes);
  }

  enqueue(record: NewRecord): EnqueueResult {
    checkProduced(record.kind, record.payload);
    this.#encoder.encode(record.kind, record.timestampNs, record.payload);
    FDR_KINDS.log.parse(record.payload);
    this.records.push(record as NewRecord<"log">);
    return this.result;
  }
}

function bridged(sink: FdrSink, level: LogLevel = "error", slotBytes?: number) {
  const lines: string[] = [];
  const diagnostics: string[] = [];
  const bridge = createLogBridge({
    sink,
    clock: new ManualClock(),
    diagnostics: (line) => diagnostics.push(line),
    slotBytes,
  });
  const logger = createLogger({
    component: "tile_cache",
    sink: (line) => lines.push(line),
    now: () => new Date(0),
    level,
    observer: bridge,
  });
  return { bridge, logger, lines, diagnostics };
}

Deno.test("the bridge forwards WARN and ERROR, never DEBUG and INFO, whatever the lines' level", () => {
  for (const level of ["debug", "info", "warn", "error"] as const) {
    const sink = new SlotSink();
    const { logger } = bridged(sink, level);
    logger.debug("a");
    logger.info("b");
    logger.warn("c", { path: "x" }, "careful");
    logger.child("camera").error("d", {}, "gone", new TypeError("t", { cause: new Error("u") }));
    assert.deepEqual(sink.records.map((record) => record.payload), [
      {
        level: "WARN",
        component: "tile_cache",
        kind: "c",
        message: "careful",
        fields: { path: "x" },
      },
      {
        level: "ERROR",
        component: "camera",
        kind: "d",
        message: "gone",
        error: { type: "TypeError", message: "t", causes: ["Error: u"] },
      },
    ], level);
  }
});

Deno.test("createLogger() keeps its lines as they are beside an observer", () => {
  const { logger, lines } = bridged(new SlotSink(), "error");
  logger.warn("only for the recorder");
  logger.error("for both");
  assert.deepEqual(lines.map((line) => JSON.parse(line).kind), ["for both"]);
});

Deno.test("LogRelay passes on nothing before its receiver is set, and everything after", () => {
  const sink = new SlotSink();
  const relay = new LogRelay("warn");
  const logger = createLogger({
    component: "x",
    sink: () => {},
    now: () => new Date(0),
    observer: relay,
  }).child("y");
  logger.warn("early");
  relay.target = createLogBridge({ sink, clock: new ManualClock(), diagnostics: () => {} });
  logger.info("never");
  logger.warn("late");
  assert.deepEqual(sink.records.map((record) => record.payload.kind), ["late"]);
});

Deno.test("the bridge keeps the recorder's own lines out, and a sink that logs", () => {
  class LoggingSink extends SlotSink {
    log: (() => void) | null = null;
    override enqueue(record: NewRecord): EnqueueResult {
      this.log?.();
      return super.enqueue(record);
    }
  }
  const sink = new LoggingSink();
  const { logger, bridge } = bridged(sink);
  sink.log = () => logger.child("disk").error("from inside");
  logger.warn("once");
  logger.child("flight_recorder").error("own");
  logger.child("flight_recorder.writer").error("own");
  logger.child("flight_recorder_of_another").warn("not own");
  assert.deepEqual(sink.records.map((record) => record.payload.kind), ["once", "not own"]);
  assert.equal(bridge.counts().own, 4);
});

Deno.test("the bridge reports every 1,000 drops of a saturated ring on its own output", () => {
  const sink = new SlotSink();
  const { logger, bridge, diagnostics } = bridged(sink);
  for (let i = 0; i < 10; i++) logger.warn("still room");
  sink.result = "dropped_oldest";
  for (let i = 0; i < 999; i++) logger.warn("full");
  assert.equal(diagnostics.length, 0);
  for (let i = 0; i < 2001; i++) logger.warn("full");
  const told = diagnostics.map((line) => JSON.parse(line));
  assert.deepEqual(told.map((line) => line.fields.drops), [1000, 2000, 3000]);
  assert.equal(told[0].component, "flight_recorder.log_bridge");
  assert.equal(told[0].kind, "fdr.log_bridge.saturated");
  assert.deepEqual(bridge.counts(), {
    forwarded: 3010,
    droppedOldest: 3000,
    own: 0,
    refused: 0,
  });
  assert.equal(sink.records.length, 3010);
});

Deno.test("the bridge never throws: a sink that refuses is reported at once and every 1,000 lines", () => {
  const refusing: FdrSink = {
    producerId: "log",
    enqueue: () => {
      throw new Error("closed");
    },
  };
  const { logger, bridge, diagnostics } = bridged(refusing);
  for (let i = 0; i < 1001; i++) logger.error("x");
  assert.equal(diagnostics.length, 2);
  assert.match(diagnostics[0], /does not accept log lines: closed/);
  assert.equal(bridge.counts().refused, 1001);
  const deaf = createLogBridge({
    sink: refusing,
    clock: new ManualClock(),
    diagnostics: () => {
      throw new Error("stderr is closed");
    },
  });
  const record = { time: "", component: "x", kind: "k", message: "", fields: {} };
  deaf.observe({ ...record, level: "error" });
  assert.equal(deaf.counts().refused, 1);
});

Deno.test("the bridge cuts a long message, long causes and many fields, and says what it cut", () => {
  const sink = new SlotSink();
  const { logger } = bridged(sink);
  const cause = new Error("c".repeat(10_000));
  logger.error("x", {}, "m".repeat(20_000));
  logger.error("x", { short: 1, query: "é".repeat(9000) }, "short", new Error("why", { cause }));
  logger.warn("x", Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`field${i}`, i])));
  const [message, causes, fields] = sink.records.map((record) => record.payload);
  assert.match(message.message, /^m{3000,}…$/);
  assert.match(message.cut?.[0] ?? "", /^message: \d+ of 20000 characters$/);
  assert.equal(causes.message, "short");
  assert.equal(causes.error?.message, "why");
  assert.equal(causes.fields?.short, 1);
  assert.match(String(causes.fields?.query), /^é{500,}…$/);
  assert.deepEqual(
    causes.cut?.map((text) => text.replace(/: .*/, "")),
    ["error.causes.0", "fields.query"],
  );
  assert.equal(fields.fields?.field0, 0);
  assert.match(fields.cut?.[0] ?? "", /^fields: \d+ of 500 kept$/);
});

Deno.test("the bridge cuts only what is long: short parts stay whole beside it", () => {
  const short = { fields: { path: "x", n: 1 }, message: "short", fault: new Error("why") };
  const long = "漢".repeat(30_000);
  const error = { type: "Error", message: "why", causes: [] };
  const cases = [
    { ...short, message: long },
    { ...short, fields: { path: "x", n: 1, long } },
    { ...short, fault: new Error(long) },
  ];
  for (const [index, { fields, message, fault }] of cases.entries()) {
    const sink = new SlotSink();
    bridged(sink).logger.error("x", fields, message, fault);
    const { payload } = sink.records[0];
    assert.equal(payload.cut?.length, 1, payload.cut?.join());
    if (index !== 0) assert.equal(payload.message, "short");
    if (index !== 1) assert.deepEqual(payload.fields, short.fields);
    if (index !== 2) assert.deepEqual(payload.error, error);
  }
});

Deno.test("the bridge does not change what fits, to the last bytes of a slot", () => {
  const sink = new SlotSink();
  const { logger } = bridged(sink);
  logger.warn("x", { figures: Array.from({ length: 400 }, (_, i) => i / 7) }, "exactly");
  assert.equal(sink.records[0].payload.cut, undefined);
  assert.equal((sink.records[0].payload.fields?.figures as number[]).length, 400);
});

/** Anything that a program may log by mistake. */
function anything(random: Random, depth = 0): unknown {
  const text = () => {
    const letters = ["a", "é", "漢", "😀", "\ud800", "\n"];
    const length = Math.floor(10 ** between(random, 0, depth === 0 ? 4.3 : 2.5));
    return letters[random.integer(letters.length)].repeat(length);
  };
  switch (random.integer(depth > 3 ? 5 : 8)) {
    case 0:
      return text();
    case 1:
      return between(random, -1e9, 1e9);
    case 2:
      return random.integer(2) === 0 ? null : NaN;
    case 3:
      return new Uint8Array(random.integer(100));
    case 4:
      return new Error(text());
    case 5:
      return Array.from({ length: random.integer(20) }, () => anything(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.integer(12) }, () => [text(), anything(random, depth + 1)]),
      );
  }
}

function logAnything(random: Random, slotBytes: number): { sink: SlotSink; bridge: LogBridge } {
  const sink = new SlotSink(slotBytes);
  const { logger, bridge } = bridged(sink, "error", slotBytes);
  const text = () => String(anything(random));
  const fields = { ...anything(random) as object, more: anything(random) };
  const fault = new Error(text(), { cause: anything(random) });
  logger.child(text()).error(text(), fields, text(), fault);
  return { sink, bridge };
}

Deno.test("the bridge makes a record of any line at all, whatever the slot's size", () => {
  property((random, index) => {
    const slotBytes = [128, 256, 512, 1024, 4096, 65_536][index % 6];
    const { sink, bridge } = logAnything(random, slotBytes);
    assert.deepEqual(bridge.counts(), { forwarded: 1, droppedOldest: 0, own: 0, refused: 0 });
    assert.equal(sink.records.length, 1);
  });
});

Deno.test("the bridge makes a good record, not a bare one, of any line in a slot of 4 KiB", () => {
  property((random) => {
    const { sink } = logAnything(random, 4096);
    const { payload } = sink.records[0];
    assert.notEqual(payload.message, "too long");
    assert.ok(payload.error !== undefined);
    const names = payload.cut ?? [];
    assert.ok(names.length <= 5, JSON.stringify(names));
  });
});
