import assert from "node:assert/strict";
import { seededRandom } from "../../src/core/mod.ts";
import {
  decodeMessage,
  MavlinkEncoder,
  MavlinkSplitter,
  type Packet,
} from "../../src/link/mavlink/mod.ts";
import { referenceFrame } from "../support/mavlink_reference.ts";
import { concatenated, cuts } from "../support/mavlink_stream.ts";
import { fc } from "../support/properties.ts";

const HEARTBEAT = {
  name: "HEARTBEAT",
  customMode: 0,
  type: 2,
  autopilot: 3,
  baseMode: 81,
  systemStatus: 4,
  mavlinkVersion: 3,
} as const;

function encoder(systemId: number, version: 1 | 2 = 2, componentId = 1): MavlinkEncoder {
  return new MavlinkEncoder({ systemId, componentId, version });
}

function frames(sender: MavlinkEncoder, count: number): Uint8Array[] {
  return Array.from({ length: count }, () => sender.encode(HEARTBEAT));
}

function pushAll(splitter: MavlinkSplitter, chunks: readonly Uint8Array[]): Packet[] {
  return chunks.flatMap((chunk) => splitter.push(chunk));
}

Deno.test("MavlinkSplitter takes versions 1 and 2 in one stream, however it is cut", () => {
  const senders = [encoder(1, 1), encoder(1, 2, 100), encoder(255, 2)];
  const stream = concatenated(
    Array.from({ length: 300 }, (_, index) => senders[index % 3].encode(HEARTBEAT)),
  );
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const splitter = new MavlinkSplitter();
      const packets = pushAll(splitter, [...cuts(stream, seededRandom(seed))]);
      assert.deepEqual(
        packets.map(({ version, systemId, sequence }) => [version, systemId, sequence]),
        packets.map((_, index) => [
          index % 3 === 0 ? 1 : 2,
          index % 3 === 2 ? 255 : 1,
          Math.floor(index / 3) % 256,
        ]),
      );
      assert.equal(packets.length, 300);
      assert.equal(splitter.counters.framesLost, 0);
    }),
    { numRuns: 20 },
  );
});

Deno.test("MavlinkSplitter gives a frame with its last byte, byte by byte", () => {
  const splitter = new MavlinkSplitter();
  const frame = encoder(1).encode(HEARTBEAT);
  const counts = [...frame].map((byte) => splitter.push(Uint8Array.of(byte)).length);
  assert.deepEqual(counts, [...frame].map((_, index) => index === frame.length - 1 ? 1 : 0));
});

Deno.test("MavlinkSplitter counts what is missing for each system of a link by itself", () => {
  const splitter = new MavlinkSplitter();
  const [one, two] = [frames(encoder(1), 300), frames(encoder(2), 300)];
  const dropped = new Set([5, 6, 7, 200, 255, 256]);
  pushAll(splitter, one.flatMap((frame, index) => dropped.has(index) ? [] : [frame, two[index]]));
  // Those of the second system that would have come with the dropped ones are missing as well.
  assert.equal(splitter.counters.framesLost, 2 * dropped.size);
  assert.equal(splitter.counters.frames, 2 * (300 - dropped.size));
});

Deno.test("MavlinkSplitter: a frame that was overtaken is late, not lost", () => {
  const splitter = new MavlinkSplitter();
  const sent = frames(encoder(1), 20);
  [sent[4], sent[5]] = [sent[5], sent[4]];
  [sent[9], sent[11]] = [sent[11], sent[9]];
  const packets = pushAll(splitter, sent);
  assert.equal(packets.length, 20);
  assert.deepEqual(
    [splitter.counters.framesLost, splitter.counters.framesLate],
    [0, 3],
  );
});

Deno.test("MavlinkSplitter: a sender that starts anew is no storm of losses", () => {
  for (const before of [10, 120, 128, 130, 200]) {
    const splitter = new MavlinkSplitter();
    pushAll(splitter, frames(encoder(1), before));
    pushAll(splitter, frames(encoder(1), 50));
    const { framesLost, framesLate } = splitter.counters;
    assert.ok(framesLost <= 128 && framesLate <= 2, `${before}: ${framesLost}, ${framesLate}`);
    const lost = framesLost;
    pushAll(splitter, [encoder(2).encode(HEARTBEAT)]);
    assert.equal(splitter.counters.framesLost, lost);
  }
});

Deno.test("MavlinkSplitter: a sender that does not count hides no loss of another", () => {
  const splitter = new MavlinkSplitter();
  const [still] = frames(encoder(9), 1);
  pushAll(
    splitter,
    frames(encoder(1), 10).flatMap((frame, index) => index === 4 ? [] : [frame, still]),
  );
  assert.deepEqual([splitter.counters.framesLost, splitter.counters.framesLate], [1, 0]);
});

Deno.test("MavlinkSplitter counts messages that we do not speak in the sequence, and gives them on", () => {
  const splitter = new MavlinkSplitter();
  // SERVO_OUTPUT_RAW.
  const unspoken = referenceFrame({ MSG_ID: 36, MAGIC_NUMBER: 222 }, new Uint8Array(21).fill(7), {
    version: 2,
    sequence: 1,
  });
  const [zero, , two] = frames(encoder(1), 3);
  const packets = pushAll(splitter, [zero, unspoken, two]);
  assert.deepEqual(packets.map((packet) => decodeMessage(packet)?.name), [
    "HEARTBEAT",
    undefined,
    "HEARTBEAT",
  ]);
  assert.equal(splitter.counters.framesLost, 0);
});

Deno.test("MavlinkSplitter passes over a message of no public definition, and what follows arrives", () => {
  const splitter = new MavlinkSplitter();
  const strange = referenceFrame(
    { MSG_ID: 777_777, MAGIC_NUMBER: 1 },
    new Uint8Array(200).fill(9),
    {
      version: 2,
    },
  );
  const packets = pushAll(splitter, [strange, encoder(1).encode(HEARTBEAT)]);
  assert.equal(packets.length, 1);
  assert.equal(splitter.counters.bytesSkipped, strange.length);
  assert.equal(splitter.counters.framesBad, 0);
});

Deno.test("MavlinkSplitter refuses a frame with flags that nobody knows", () => {
  const frame = encoder(1).encode(HEARTBEAT);
  frame[2] = 0x02;
  const splitter = new MavlinkSplitter();
  assert.equal(pushAll(splitter, [frame, new Uint8Array(300)]).length, 0);
});

Deno.test("MavlinkSplitter says of a damaged frame that it is bad, and of noise that it was skipped", () => {
  const splitter = new MavlinkSplitter();
  const damaged = encoder(1).encode(HEARTBEAT);
  damaged[12] ^= 4;
  pushAll(splitter, [Uint8Array.of(1, 2, 3), damaged]);
  const { framesBad, bytesSkipped, frames } = splitter.counters;
  assert.deepEqual([frames, framesBad, bytesSkipped], [0, 1, 3 + damaged.length]);
});
