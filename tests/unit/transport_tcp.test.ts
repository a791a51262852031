import assert from "node:assert/strict";
import { SystemClock } from "../../src/core/mod.ts";
import { type Connector, Line } from "../../src/link/transport/line.ts";
import { TcpClient, TcpServer } from "../../src/link/transport/tcp.ts";
import { freePort } from "../support/line_peers.ts";

const clock = new SystemClock();
const TIMES = { connectMsMax: 300, stallMsMax: 300, silenceMsMax: 400, idlePeerMs: 200 };

async function until(holds: () => boolean): Promise<void> {
  const start = performance.now();
  while (!holds()) {
    assert.ok(performance.now() - start < 30_000, "not within 30 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function opened(connector: Connector): Promise<Line> {
  const line = new Line("tested", connector, clock);
  await line.open();
  return line;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("a peer that has spoken and then falls silent is given up, and looked for again", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const at = { kind: "tcp", host: "127.0.0.1", port: listener.addr.port } as const;
  await using line = await opened(new TcpClient(at, TIMES));
  using first = await listener.accept();
  // One that never speaks is left alone: it may have nothing to say.
  await pause(3 * TIMES.silenceMsMax);
  assert.equal(line.health().reconnects, 0);
  assert.equal(line.health().connected, true);
  await first.write(Uint8Array.of(1));
  using _second = await listener.accept();
  await until(() => line.health().reconnects === 1);
  assert.equal(line.health().connected, true);
});

Deno.test("a peer that takes nothing is given up, and what it did not take goes with it", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const at = { kind: "tcp", host: "127.0.0.1", port: listener.addr.port } as const;
  await using line = await opened(new TcpClient(at, TIMES));
  using _deaf = await listener.accept();
  await until(() => line.health().connected);
  let accepting = true;
  const next = listener.accept().finally(() => (accepting = false));
  // The kernel takes some megabytes before it refuses.
  while (accepting) {
    for (let i = 0; i < 100; i++) line.write(new Uint8Array(10_000));
    await pause(1);
  }
  using second = await next;
  await until(() => line.health().connected);
  assert.equal(line.write(Uint8Array.of(7)), true);
  const buffer = new Uint8Array(16);
  assert.deepEqual(
    [await second.read(buffer), buffer[0]],
    [1, 7],
    "nothing of before comes first",
  );
});

Deno.test("a peer that is made to wait by a slow reader is not taken for silent", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const at = { kind: "tcp", host: "127.0.0.1", port: listener.addr.port } as const;
  await using line = await opened(new TcpClient(at, TIMES));
  using peer = await listener.accept();
  const flood = (async () => {
    for (let sent = 0; sent < 8e6;) sent += await peer.write(new Uint8Array(65_536));
  })();
  await until(() => line.health().bytesIn > 128 * 1024);
  await pause(3 * TIMES.silenceMsMax);
  assert.deepEqual([line.health().connected, line.health().reconnects], [true, 0]);
  const stop = new AbortController();
  for await (const _ of line.chunks(stop.signal)) if (line.health().bytesIn >= 8e6) stop.abort();
  await flood;
});

Deno.test("a host that does not answer is given up, with the reason", async () => {
  // Of the block for documentation (RFC 5737); a machine without a route says so at once.
  const at = { kind: "tcp", host: "192.0.2.1", port: 9 } as const;
  await using line = await opened(new TcpClient(at, TIMES));
  await until(() => !/opened/.test(line.health().fault));
  assert.match(
    line.health().fault,
    /has not answered for 0.3 s|no network leads there|nobody listens there|timed out/i,
  );
});

Deno.test("a second peer is turned away while the first speaks, and replaces it when that is silent", async () => {
  const at = { kind: "tcpin", host: "127.0.0.1", port: freePort() } as const;
  await using line = await opened(new TcpServer(at, TIMES));
  await until(() => /nobody has connected/.test(line.health().fault));
  const connect = () => Deno.connect({ hostname: at.host, port: at.port });
  using first = await connect();
  const speaking = setInterval(() => void first.write(Uint8Array.of(1)).catch(() => {}), 20);
  try {
    await until(() => line.health().bytesIn > 0);
    using second = await connect();
    assert.equal(await second.read(new Uint8Array(1)), null, "turned away");
    assert.equal(line.health().connected, true);
  } finally {
    clearInterval(speaking);
  }
  await pause(2 * TIMES.idlePeerMs);
  using third = await connect();
  const length = await first.read(new Uint8Array(1)).catch(() => null);
  assert.equal(length, null, "the silent one is let go");
  await until(() => line.write(Uint8Array.of(9)));
  const buffer = new Uint8Array(4);
  assert.deepEqual([await third.read(buffer), buffer[0]], [1, 9]);
  assert.equal(line.health().reconnects, 1);
});

Deno.test("a peer that resets the connection, and one that closes at once, again and again", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const at = { kind: "tcp", host: "127.0.0.1", port: listener.addr.port } as const;
  await using line = await opened(new TcpClient(at, TIMES));
  for (let i = 0; i < 3; i++) {
    const peer = await listener.accept();
    // Closed with bytes unread: the kernel resets the connection.
    line.write(new Uint8Array(1000));
    await pause(20);
    peer.close();
  }
  using last = await listener.accept();
  await last.write(Uint8Array.of(5));
  await until(() => line.health().bytesIn === 1);
  assert.deepEqual([line.health().connected, line.health().fault], [true, ""]);
});
