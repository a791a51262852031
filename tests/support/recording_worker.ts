/**
 * A component on a thread of its own: records as instructed into the given ring.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { monotonicNs } from "../../src/core/mod.ts";
import { attachFdrClient } from "../../src/flight/flight_recorder/mod.ts";

self.onmessage = ({ data }: MessageEvent<{ ring: SharedArrayBuffer; count: number }>) => {
  const client = attachFdrClient(data.ring, { overrun: () => {} });
  for (let number = 0; number < data.count; number++) {
    client.enqueue({
      kind: "log",
      timestampNs: monotonicNs(number),
      payload: { level: "WARN", component: "worker", message: "from a worker", fields: { number } },
    });
  }
  self.postMessage("done");
};
