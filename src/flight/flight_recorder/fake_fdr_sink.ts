/**
 * A sink for tests: a client on a ring that nothing drains, so that a full ring behaves as in
 * flight, and its content can be inspected.
 *
 * @module
 */
import { FdrClient, type FdrClientOptions } from "./client.ts";
import type { EnqueueResult, NewRecord } from "./contract.ts";
import { decodeSlot, RecordEncoder, type SlotRecord } from "./record_encoder.ts";
import type { FdrKind } from "./registry.ts";
import { createRing, RingConsumer, type RingGeometry } from "./ring.ts";

interface FakeFdrSinkOptions extends Partial<FdrClientOptions>, Partial<RingGeometry> {
  readonly producerId?: string;
}

const CAPACITY = 256;
const SLOT_BYTES = 4096;

export class FakeFdrSink extends FdrClient {
  readonly #encoder: RecordEncoder;
  readonly #ever: SlotRecord[] = [];

  constructor(options: FakeFdrSinkOptions = {}) {
    const { producerId = "fake", capacity = CAPACITY, slotBytes = SLOT_BYTES } = options;
    super(createRing(producerId, { capacity, slotBytes }), { overrun: () => {}, ...options });
    this.#encoder = new RecordEncoder(slotBytes);
  }

  override enqueue<K extends FdrKind>(record: NewRecord<K>): EnqueueResult {
    const result = super.enqueue(record);
    const { kind, timestampNs, payload } = record;
    this.#ever.push(decodeSlot(this.#encoder.encode(kind, timestampNs, payload)));
    return result;
  }

  /** What the writer would find now: an `overrun` record in place of lost ones. */
  get records(): readonly SlotRecord[] {
    return drainRecords(new RingConsumer(copyOf(this.ring)));
  }

  /** All records that were accepted, lost ones included. */
  get allRecordsEver(): readonly SlotRecord[] {
    return this.#ever;
  }
}

function drainRecords(consumer: RingConsumer): SlotRecord[] {
  const records: SlotRecord[] = [];
  let droppedCount = 0;
  consumer.drain(Infinity, (bytes, overrun) => {
    if (overrun > 0) {
      droppedCount = overrun;
      return;
    }
    const record = decodeSlot(bytes);
    if (droppedCount > 0) {
      const payload = { droppedCount, producerId: consumer.producerId, reason: "ring" };
      records.push({ kind: "overrun", timestampNs: record.timestampNs, payload });
      droppedCount = 0;
    }
    records.push(record);
  });
  return records;
}

/** A copy, so that inspection does not remove records. */
function copyOf(ring: SharedArrayBuffer): SharedArrayBuffer {
  const copy = new SharedArrayBuffer(ring.byteLength);
  new Uint8Array(copy).set(new Uint8Array(ring));
  return copy;
}
