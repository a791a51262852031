/**
 * What a line costs at a flight controller's rate: 200 bursts of 100 bytes a second, for 10 s. From the
 * write at the other end to the chunk, and the processor time of the whole process (both ends).
 *
 * usage: deno run -A tests/bench/link_latency.ts
 *
 * @module
 */
import process from "node:process";
import { SystemClock } from "../../src/core/mod.ts";
import { createLink } from "../../src/link/transport/mod.ts";
import { openDevice } from "../../src/native/device/mod.ts";
import { type LinePeer, serialPeer, tcpPeer, udpPeer } from "../support/line_peers.ts";

const BURST_BYTES = 100, PERIOD_MS = 5, SECONDS = 10;

async function measure(name: string, peer: LinePeer): Promise<void> {
  const clock = new SystemClock();
  await using link = createLink(peer.address, { clock, openDevice });
  await link.open();
  while (!link.health().connected) {
    link.write(Uint8Array.of(0));
    await peer.send(new Uint8Array(BURST_BYTES));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const stop = new AbortController(), latenciesMs: number[] = [];
  let chunks = 0, bytes = 0, sentNs = 0;
  const reading = (async () => {
    for await (const chunk of link.chunks(stop.signal)) {
      chunks++;
      bytes += chunk.bytes.length;
      if (sentNs > 0) latenciesMs.push((chunk.receivedNs - sentNs) / 1e6);
    }
  })();
  const cpu = process.cpuUsage(), start = performance.now();
  for (let i = 0; i < SECONDS * 1000 / PERIOD_MS; i++) {
    await new Promise((resolve) =>
      setTimeout(resolve, Math.max(0, start + i * PERIOD_MS - performance.now()))
    );
    sentNs = clock.now();
    await peer.send(new Uint8Array(BURST_BYTES));
  }
  const { user, system } = process.cpuUsage(cpu);
  await new Promise((resolve) => setTimeout(resolve, 100));
  stop.abort();
  await reading;
  latenciesMs.sort((a, b) => a - b);
  const part = (share: number) => latenciesMs[Math.floor(share * latenciesMs.length)]?.toFixed(2);
  console.log(
    `${name}: ${chunks} chunks, ${bytes} bytes; p50 ${part(0.5)} ms, p99 ${part(0.99)} ms; ` +
      `${((user + system) / 1e4 / SECONDS).toFixed(1)} % of a core`,
  );
}

using device = openDevice();
for (
  const [name, make] of [
    ["serial", () => serialPeer(device)],
    ["tcp", () => tcpPeer("tcp")],
    ["udp", () => udpPeer("udp")],
  ] as const
) {
  await using peer = await make();
  await measure(name, peer);
}
