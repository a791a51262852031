/**
 * The contract suite that every line must pass.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ByteLink } from "../../src/link/transport/mod.ts";
import type { LinePeer } from "../support/line_peers.ts";

/** Longer than anything takes on a busy machine; nothing waits for it where all is well. */
const PATIENCE_MS = 30_000;

async function until(what: string, holds: () => boolean): Promise<void> {
  const start = performance.now();
  while (!holds()) {
    assert.ok(performance.now() - start < PATIENCE_MS, `${what}: not within ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function pattern(length: number, start = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (start + i * 7 + (i >> 8)) & 0xff);
}

/** Reads until `length` bytes have come. */
async function readBytes(link: ByteLink, length: number): Promise<Uint8Array> {
  const stop = new AbortController(), parts: Uint8Array[] = [];
  let lastNs = 0, count = 0;
  for await (const { receivedNs, bytes } of link.chunks(stop.signal)) {
    assert.ok(receivedNs >= lastNs, "chunks are stamped in their order");
    lastNs = receivedNs;
    parts.push(bytes);
    count += bytes.length;
    if (count >= length) stop.abort();
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

/** Both ends have heard each other. */
async function met(link: ByteLink, peer: LinePeer): Promise<void> {
  const sent = peer.received().length, heard = link.health().bytesIn;
  await until("the first byte to the peer", () => {
    if (!peer.address.startsWith("udp:")) link.write(Uint8Array.of(1));
    return peer.address.startsWith("udp:") || peer.received().length > sent;
  });
  await until("the first byte from the peer", () => {
    void peer.send(Uint8Array.of(2));
    return link.health().bytesIn > heard;
  });
  // What is under way at this moment has to arrive before a test counts.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const stop = new AbortController();
  const reading = (async () => {
    for await (const { bytes } of link.chunks(stop.signal)) assert.ok(bytes.every((b) => b === 2));
  })();
  await new Promise((resolve) => setTimeout(resolve, 0));
  stop.abort();
  await reading;
}

async function absentPeer(link: ByteLink, peer: LinePeer): Promise<void> {
  assert.deepEqual([link.health().connected, link.health().fault], [
    false,
    "it was not opened yet",
  ]);
  assert.equal(link.write(pattern(3)), false);
  assert.equal(link.health().writesRefused, 1);
  await peer.cut();
  await link.open();
  await until("a reason", () => !/not opened|being opened/.test(link.health().fault));
  assert.equal(link.health().connected, false);
  assert.notEqual(link.health().fault, "");
  await peer.restore();
  await met(link, peer);
  assert.deepEqual([link.health().connected, link.health().fault], [true, ""]);
}

async function bytesBothWays(link: ByteLink, peer: LinePeer): Promise<void> {
  await link.open();
  await met(link, peer);
  const before = peer.received().length, sent: number[] = [], buffer = new Uint8Array(200);
  for (let i = 0; i < 20; i++) {
    buffer.set(pattern(200, i));
    sent.push(...buffer);
    assert.equal(link.write(buffer), true);
    // The writer's buffer is its own again.
    buffer.fill(0xaa);
  }
  await until("what was written", () => peer.received().length >= before + sent.length);
  assert.deepEqual([...peer.received().subarray(before)], sent);

  const reading = readBytes(link, 20 * 200);
  for (let i = 0; i < 20; i++) await peer.send(pattern(200, i));
  assert.deepEqual([...await reading], sent);
  const { bytesIn, bytesOut, bytesDropped } = link.health();
  assert.ok(bytesIn >= 4000 && bytesOut >= 4000);
  assert.equal(bytesDropped, 0);
}

async function cutAndRestored(link: ByteLink, peer: LinePeer): Promise<void> {
  await link.open();
  await met(link, peer);
  await peer.cut();
  if (peer.kind !== "datagrams") {
    await until("the cut", () => !link.health().connected);
    assert.equal(link.write(pattern(3)), false);
  }
  await peer.restore();
  await met(link, peer);
  assert.equal(link.health().reconnects, peer.kind === "datagrams" ? 0 : 1);
}

async function flood(link: ByteLink, peer: LinePeer): Promise<void> {
  await link.open();
  await met(link, peer);
  const FLOOD_BYTES = 8 * 1024 * 1024, BLOCK = 8192, before = link.health();
  const waits = peer.kind === "stream", dropped = () => link.health().bytesDropped;
  const flood = (async () => {
    // Of datagrams the kernel drops most before they reach the program.
    for (let sent = 0; waits ? sent < FLOOD_BYTES : dropped() === 0; sent += BLOCK) {
      await peer.send(pattern(BLOCK));
      if (!waits) await new Promise((resolve) => setTimeout(resolve, 0));
    }
  })();
  if (!waits) await flood;
  else await until("a full queue", () => link.health().bytesIn - before.bytesIn > 128 * 1024);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const { bytesIn, bytesDropped } = link.health();
  const kept = bytesIn - before.bytesIn - bytesDropped;
  assert.ok(kept <= 256 * 1024 + 65536, `${kept} bytes are kept`);
  if (waits) assert.equal(bytesDropped, 0, "a stream makes its peer wait");
  const read = await readBytes(link, waits ? FLOOD_BYTES : kept);
  await flood;
  assert.equal(read.length, waits ? FLOOD_BYTES : kept);
  const expected = pattern(BLOCK);
  // Of datagrams whole ones are dropped.
  if (peer.kind !== "wire") assert.ok(read.every((byte, i) => byte === expected[i % BLOCK]));
}

async function deafPeer(link: ByteLink, peer: LinePeer): Promise<void> {
  await link.open();
  await met(link, peer);
  peer.stopReading();
  const frame = pattern(1000), before = link.health();
  let longestMs = 0;
  for (let i = 0; i < 20_000; i++) {
    const start = performance.now();
    link.write(frame);
    longestMs = Math.max(longestMs, performance.now() - start);
    if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const { bytesOut, writesRefused } = link.health();
  const refused = writesRefused - before.writesRefused;
  assert.equal(bytesOut - before.bytesOut, (20_000 - refused) * 1000);
  if (peer.kind !== "datagrams") assert.ok(refused > 0, "20 MB fit no buffer of the kernel");
  assert.ok(longestMs < 1000, `a write took ${longestMs} ms`);
}

async function readers(link: ByteLink, peer: LinePeer): Promise<void> {
  await link.open();
  await met(link, peer);
  const stop = new AbortController();
  const first = link.chunks(stop.signal)[Symbol.asyncIterator](), waiting = first.next();
  await assert.rejects(link.chunks(stop.signal)[Symbol.asyncIterator]().next(), /read already/);
  stop.abort();
  assert.deepEqual(await waiting, { done: true, value: undefined });
  const reading = readBytes(link, 10);
  await peer.send(pattern(10));
  assert.deepEqual(await reading, pattern(10));
}

async function disposal(link: ByteLink, peer: LinePeer): Promise<void> {
  await link.open();
  await met(link, peer);
  const reading = Array.fromAsync(link.chunks(new AbortController().signal));
  await new Promise((resolve) => setTimeout(resolve, 0));
  await link[Symbol.asyncDispose]();
  assert.deepEqual(await reading, []);
  await link[Symbol.asyncDispose]();
  assert.equal(link.write(pattern(1)), false);
  assert.equal(link.health().fault, "it is closed");
  assert.throws(() => link.open(), /is closed/);
}

const CASES: Readonly<Record<string, (link: ByteLink, peer: LinePeer) => Promise<void>>> = {
  "a peer that is not there is retried, told, and no error": absentPeer,
  "bytes arrive as they were, in both directions": bytesBothWays,
  "a line that was cut is opened again": cutAndRestored,
  "a flood that nobody reads takes no memory": flood,
  "a peer that reads nothing holds no writer up": deafPeer,
  "chunks() ends with its signal, goes on for the next reader, and has one at a time": readers,
  "disposal ends its reader, can be repeated, and is final": disposal,
};

/** A line that is not open, and its other end. */
export interface LineUnderTest {
  readonly link: ByteLink;
  readonly peer: LinePeer;
}

export function byteLinkSuite(name: string, make: () => Promise<LineUnderTest>): void {
  for (const [what, body] of Object.entries(CASES)) {
    Deno.test(`${name}: ${what}`, async () => {
      const made = await make();
      await using peer = made.peer;
      await using link = made.link;
      await body(link, peer);
    });
  }
}
