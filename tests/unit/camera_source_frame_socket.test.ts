import assert from "node:assert/strict";
import { seededRandom, SystemClock } from "../../src/core/mod.ts";
import {
  CameraConfigSchema,
  encodeFramePacket,
  openCamera,
  parseCameraAddress,
} from "../../src/flight/camera_source/mod.ts";
import {
  cameraServer,
  framesForEver,
  SMALL_CAMERA,
  smallPicture,
  writeTo,
} from "../support/camera.ts";

const JPEGS = await Promise.all([0, 1, 2].map((seed) => smallPicture(seed)));
const good = framesForEver(JPEGS, 5);

type Serve = (connection: Deno.Conn) => Promise<void>;

/** Faults that were met before the first picture came; after each bad peer there is a good one. */
async function faultsBefore(picture: number, lostAfterS: number, ...peers: Serve[]) {
  await using server = cameraServer((connection, index) => (peers[index] ?? good)(connection));
  const config = CameraConfigSchema.parse({ lostAfterS });
  await using camera = openCamera({
    address: server.address,
    calibration: SMALL_CAMERA,
    config,
    clock: new SystemClock(),
  });
  const faults = new Set<string>();
  const timer = setInterval(() => faults.add(camera.health().fault), 2);
  let taken = 0;
  for await (const { frame, unreadable } of camera.frames(new AbortController().signal)) {
    assert.equal(unreadable, undefined);
    assert.ok(JPEGS.some((jpeg) => jpeg.length === frame.jpeg.length));
    if (++taken === picture) break;
  }
  clearInterval(timer);
  return { faults: [...faults], health: camera.health() };
}

const sends = (bytes: Uint8Array): Serve => async (connection) => {
  await writeTo(connection, bytes);
  // Until the other side has enough of it.
  await connection.read(new Uint8Array(1)).catch(() => null);
};

Deno.test("encodeFramePacket() writes the layout that it documents", () => {
  const jpeg = Uint8Array.of(1, 2, 3);
  assert.equal(
    encodeFramePacket({ sequence: 0x01020304, ageUs: 41_000, sentUs: 0x0506, jpeg }).toHex(),
    "47444e46" + "0200" + "0000" + "04030201" + "28a00000" + "03000000" + "0605000000000000" +
      "010203",
  );
  assert.throws(() => encodeFramePacket({ sequence: 0, ageUs: -1, sentUs: 0, jpeg }), RangeError);
  assert.throws(() => encodeFramePacket({ sequence: 0, ageUs: NaN, sentUs: 0, jpeg }), RangeError);
  assert.throws(
    () => encodeFramePacket({ sequence: 0, ageUs: 2 ** 32, sentUs: 0, jpeg }),
    RangeError,
  );
});

Deno.test("frames: a stranger on the port is left, with the reason, and its camera found again", async () => {
  const header = encodeFramePacket({ sequence: 0, ageUs: 0, sentUs: 0, jpeg: new Uint8Array(0) });
  const altered = (at: number, ...bytes: number[]) => {
    const out = header.slice();
    out.set(bytes, at);
    return out;
  };
  const { faults, health } = await faultsBefore(
    1,
    5,
    sends(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n")),
    sends(altered(4, 1)),
    sends(altered(16, 0xff, 0xff, 0xff, 0xff)),
  );
  const text = faults.join("\n");
  assert.match(text, /no frame where one should begin \(48545450\)/);
  assert.match(text, /frames of version 1, this program reads 2/);
  assert.match(text, /a frame of 4294967295 bytes, more than 67108864 are not read/);
  assert.equal(health.reconnects, 3);
});

Deno.test("frames: a connection that is cut or stands still is opened again", async () => {
  const packet = encodeFramePacket({ sequence: 0, ageUs: 0, sentUs: 0, jpeg: JPEGS[0] });
  const { faults, health } = await faultsBefore(
    2,
    0.05,
    async (connection) => void await writeTo(connection, packet.subarray(0, 100)),
    sends(packet.subarray(0, 100)),
    // A byte now and then.
    async (connection) => {
      for (const byte of packet) {
        if (!await writeTo(connection, Uint8Array.of(byte))) return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  );
  const text = faults.join("\n");
  assert.match(text, /the camera closed the connection/);
  assert.match(text, /no whole picture within 0.05 s/);
  assert.ok(health.reconnects >= 3);
});

Deno.test("frames: no bytes of a peer end a flight", async () => {
  const seed = "frame socket", random = seededRandom(seed);
  const packet = encodeFramePacket({ sequence: 9, ageUs: 0, sentUs: 0, jpeg: JPEGS[0] });
  const peers = Array.from({ length: 4 }, (): Serve => {
    const bytes = packet.slice();
    for (let i = 0; i < 3; i += 1) bytes[random.integer(28)] = random.integer(256);
    return async (connection) => void await writeTo(connection, bytes);
  });
  await using server = cameraServer((connection, index) => (peers[index] ?? good)(connection));
  await using camera = openCamera({
    address: server.address,
    calibration: SMALL_CAMERA,
    config: CameraConfigSchema.parse({ lostAfterS: 0.2 }),
    clock: new SystemClock(),
  });
  for await (const { unreadable } of camera.frames(new AbortController().signal)) {
    if (unreadable === undefined && camera.health().reconnects >= peers.length) break;
  }
});

Deno.test("frames: a server that does not exist yet is waited for", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await using camera = openCamera({
    address: `frames:tcp:127.0.0.1:${port}`,
    calibration: SMALL_CAMERA,
    config: CameraConfigSchema.parse({}),
    clock: new SystemClock(),
  });
  const stop = new AbortController();
  const events = camera.frames(stop.signal)[Symbol.asyncIterator]();
  const next = events.next();
  while (camera.health().reconnects < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.match(camera.health().fault, /refused/i);
  stop.abort();
  assert.equal((await next).done, true);
});

Deno.test("parseCameraAddress() takes hosts, IPv6 in brackets and ports, and nothing else", () => {
  assert.deepEqual(parseCameraAddress("frames:tcp:127.0.0.1:5600"), {
    kind: "frames",
    hostname: "127.0.0.1",
    port: 5600,
  });
  assert.deepEqual(parseCameraAddress("frames:tcp:[::1]:5600"), {
    kind: "frames",
    hostname: "::1",
    port: 5600,
  });
  for (
    const text of [
      "",
      "frames:",
      "nothing:x",
      "frames:tcp:host",
      "frames:tcp:host:0",
      "frames:tcp:host:70000",
    ]
  ) {
    assert.throws(() => parseCameraAddress(text), /frames:tcp:HOST:PORT/);
  }
});
