/**
 * A producer on a thread of its own: log records of many sizes through an attached client.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { messageOf, seededRandom } from "../../src/core/mod.ts";
import { attachFdrClient } from "../../src/flight/flight_recorder/mod.ts";
import { produceLogs } from "./fdr_producer.ts";

export interface ClientTask {
  readonly ring: SharedArrayBuffer;
  readonly seed: string;
  readonly records: number;
}

export type ClientEnded =
  | { readonly produced: number; readonly dropped: number }
  | { readonly error: string };

self.onmessage = async ({ data }: MessageEvent<ClientTask>) => {
  try {
    const client = attachFdrClient(data.ring, { overrun: () => {} });
    await produceLogs(client, seededRandom(data.seed), data.records);
    self.postMessage({ produced: client.produced, dropped: client.dropped });
  } catch (error) {
    self.postMessage({ error: messageOf(error) });
  }
};
