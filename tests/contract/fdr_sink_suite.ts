/**
 * The contract suite that every sink of the flight recorder must pass.
 *
 * @module
 */
import assert from "node:assert/strict";
import { monotonicNs } from "../../src/core/mod.ts";
import {
  FDR_KINDS_FORBIDDEN,
  type FdrKind,
  FdrKindError,
  FdrRecordEncodeError,
  FdrRecordTooLargeError,
  type FdrSink,
  type NewRecord,
  RawFrameWriteForbiddenError,
} from "../../src/flight/flight_recorder/mod.ts";
import type { SlotRecord } from "../../src/flight/flight_recorder/record_encoder.ts";

export interface SinkPlace {
  readonly sink: FdrSink;
  /** What the writer would find, with an `overrun` record where others were lost. Called once. */
  found(): readonly SlotRecord[];
}

export interface SinkSettings {
  readonly producerId: string;
  readonly capacity: number;
  readonly slotBytes: number;
}

function gap(index: number): NewRecord<"nav.estimate_gap"> {
  return {
    kind: "nav.estimate_gap",
    timestampNs: monotonicNs(index),
    payload: { fromNs: index, toNs: null, reason: `gap ${index}` },
  };
}

export function fdrSinkSuite(name: string, make: (settings: SinkSettings) => SinkPlace): void {
  const place = (capacity = 8) => make({ producerId: "nav", capacity, slotBytes: 256 });

  Deno.test(`${name}: enqueue() takes records in order, as they were made`, () => {
    const { sink, found } = place();
    for (let index = 0; index < 5; index++) assert.equal(sink.enqueue(gap(index)), "ok");
    assert.equal(sink.producerId, "nav");
    assert.deepEqual(found(), [0, 1, 2, 3, 4].map(gap));
  });

  Deno.test(`${name}: what happens to a payload after enqueue() does not reach its record`, () => {
    const { sink, found } = place();
    const payload = { fromNs: 1, toNs: null as number | null, reason: "before" };
    sink.enqueue({ kind: "nav.estimate_gap", timestampNs: monotonicNs(1), payload });
    payload.reason = "after";
    assert.equal(found()[0].payload.reason, "before");
  });

  Deno.test(`${name}: a full ring loses its oldest records and says how many where they were`, () => {
    const { sink, found } = place(8);
    const results = Array.from({ length: 20 }, (_, index) => sink.enqueue(gap(index)));
    assert.deepEqual(
      results,
      [...Array(8).fill("ok"), ...Array(12).fill("dropped_oldest")],
    );
    const [marker, ...rest] = found();
    assert.equal(marker.kind, "overrun");
    assert.deepEqual(marker.payload, { droppedCount: 12, producerId: "nav", reason: "ring" });
    assert.deepEqual(rest, [12, 13, 14, 15, 16, 17, 18, 19].map(gap));
  });

  Deno.test(`${name}: whatever cannot be recorded throws by name, and nothing of it is in`, () => {
    const { sink, found } = place(4);
    const ring: Record<string, unknown> = { fromNs: 1, toNs: null, reason: "ring" };
    ring.itself = ring;
    const record = (kind: string, payload: unknown, timestampNs = 1) =>
      ({ kind, timestampNs, payload }) as unknown as NewRecord<FdrKind>;
    const refused: [NewRecord<FdrKind>, new (...given: never[]) => Error][] = [
      [record("nav.nothing", {}), FdrKindError],
      [record("constructor", {}), FdrKindError],
      [record("nav.estimate_gap", { fromNs: 1, toNs: null }), FdrKindError],
      [record("nav.estimate_gap", null), FdrKindError],
      [record("nav.estimate_gap", ring), FdrRecordEncodeError],
      [record("nav.estimate_gap", gap(1).payload, NaN), FdrRecordEncodeError],
      [
        record("nav.estimate_gap", { ...gap(1).payload, reason: "x".repeat(256) }),
        FdrRecordTooLargeError,
      ],
      ...FDR_KINDS_FORBIDDEN.map((kind) =>
        [record(kind, {}), RawFrameWriteForbiddenError] as [
          NewRecord<FdrKind>,
          typeof RawFrameWriteForbiddenError,
        ]
      ),
    ];
    // Full, so that one which evicted something before it threw would be seen.
    for (let index = 0; index < 4; index++) sink.enqueue(gap(index));
    for (const [wrong, error] of refused) assert.throws(() => sink.enqueue(wrong), error);
    assert.deepEqual(found(), [0, 1, 2, 3].map(gap));
  });
}
