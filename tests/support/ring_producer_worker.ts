/**
 * A thread that pushes records into a ring as fast as it can, with pauses, until it is done.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { seededRandom } from "../../src/core/mod.ts";
import { RingProducer } from "../../src/flight/flight_recorder/ring.ts";
import { recordOf } from "./ring_records.ts";

export interface ProducerTask {
  readonly ring: SharedArrayBuffer;
  /** Word 0 lets the producers begin, word 1 counts those that have ended. */
  readonly flags: SharedArrayBuffer;
  readonly seed: string;
  readonly records: number;
  readonly slotBytes: number;
  /** Pauses come once in so many records; never where it is 0. */
  readonly pauseEvery: number;
}

self.onmessage = ({ data }: MessageEvent<ProducerTask>) => {
  const { ring, records, slotBytes, pauseEvery } = data;
  const random = seededRandom(data.seed);
  const flags = new Int32Array(data.flags);
  const producer = new RingProducer(ring);
  const scratch = new Uint8Array(slotBytes);
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  self.postMessage("ready");
  Atomics.wait(flags, 0, 0);
  for (let id = 0; id < records; id++) {
    producer.push(recordOf(id, scratch));
    if (pauseEvery > 0 && random.uniform() * pauseEvery < 1) {
      Atomics.wait(nothing, 0, 0, random.uniform());
    }
  }
  Atomics.add(flags, 1, 1);
  self.postMessage({ produced: producer.produced, dropped: producer.dropped });
};
