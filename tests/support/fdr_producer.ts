/**
 * Numbered log records of random sizes, in bursts.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicNs, type Random } from "../../src/core/mod.ts";
import type { FdrSink } from "../../src/flight/flight_recorder/mod.ts";

export async function produceLogs(sink: FdrSink, random: Random, records: number): Promise<void> {
  const burst = 1 + Math.floor(random.uniform() * 200);
  for (let sequence = 0; sequence < records; sequence++) {
    sink.enqueue({
      kind: "log",
      timestampNs: monotonicNs(1_000_000 + sequence),
      payload: {
        level: "WARN",
        component: sink.producerId,
        message: "x".repeat(Math.floor(random.uniform() ** 4 * 400)),
        fields: { sequence },
      },
    });
    if (random.uniform() * burst < 1) {
      await sleep(random.uniform() * 3);
    }
  }
}
