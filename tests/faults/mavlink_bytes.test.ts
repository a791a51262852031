/**
 * Any bytes at all into the MAVLink splitter: nothing is thrown, memory stays bounded, and the first good
 * frame behind them arrives. `GDN_TEST_SEED` and `GDN_MAVLINK_BYTES` vary it
 * (`deno task campaign --only mavlink`).
 */
import assert from "node:assert/strict";
import { collectGarbage, type Random, seededRandom } from "../../src/core/mod.ts";
import {
  decodeMessage,
  MavlinkEncoder,
  MavlinkSigning,
  MavlinkSplitter,
  type Packet,
  SigningKey,
} from "../../src/link/mavlink/mod.ts";
import { anyFrame, concatenated, cuts, noise, piece } from "../support/mavlink_stream.ts";

const SEED = Deno.env.get("GDN_TEST_SEED") ?? "1";
const BYTES = Number(Deno.env.get("GDN_MAVLINK_BYTES") ?? 10_000_000);
/** Bytes of one scene, and between two looks at the memory. */
const SCENE_BYTES = 1_000_000;

const HEARTBEAT = {
  name: "HEARTBEAT",
  customMode: 4,
  type: 2,
  autopilot: 3,
  baseMode: 209,
  systemStatus: 4,
  mavlinkVersion: 3,
} as const;

/** Takes what is in a frame, not how it is written: zeros and versions have their own tests. */
function identity(packet: Omit<Packet, "offset" | "bytes" | "signed">): string {
  const { version, systemId, componentId, sequence, messageId, payload } = packet;
  return `${version} ${systemId} ${componentId} ${sequence} ${messageId} ${payload}`;
}

function identityOfFrame(frame: Uint8Array): string {
  const isV1 = frame[0] === 0xfe;
  const header = isV1 ? 6 : 10;
  const [sequence, systemId, componentId] = frame.subarray(isV1 ? 2 : 4);
  return identity({
    version: isV1 ? 1 : 2,
    systemId,
    componentId,
    sequence,
    messageId: isV1 ? frame[5] : frame[7] | frame[8] << 8 | frame[9] << 16,
    payload: frame.subarray(header, header + frame[1]),
  });
}

interface Scene {
  readonly frames: number;
  /** Good frames that did not arrive, and what arrived and was none of them. */
  readonly missing: number;
  readonly invented: number;
}

function play(splitter: MavlinkSplitter, random: Random): Scene {
  const parts: Uint8Array[] = [], expected: string[] = [];
  for (let bytes = 0; bytes < SCENE_BYTES;) {
    const next = piece(random);
    parts.push(next.bytes);
    bytes += next.bytes.length;
    if (next.isFrame) expected.push(identityOfFrame(next.bytes));
  }
  const got: string[] = [];
  for (const chunk of cuts(concatenated(parts), random)) {
    const copy = chunk.slice();
    for (const packet of splitter.push(copy)) {
      decodeMessage(packet);
      got.push(identity(packet));
    }
    // A line reads into the same memory again.
    copy.fill(0xfd);
  }
  // The last frames may still wait for the end of something before them.
  splitter.push(new Uint8Array(300)).forEach((packet) => got.push(identity(packet)));
  let at = 0, missing = 0;
  for (const frame of expected) {
    const found = got.indexOf(frame, at);
    if (found < 0) missing++;
    else at = found + 1;
  }
  return { frames: expected.length, missing, invented: got.length - (expected.length - missing) };
}

Deno.test(`${BYTES / 1e6} million hostile bytes: every good frame among them arrives`, () => {
  const splitter = new MavlinkSplitter();
  let frames = 0, missing = 0, invented = 0, heapBytes = 0;
  const scenes = Math.ceil(BYTES / SCENE_BYTES);
  for (let scene = 0; scene < scenes; scene++) {
    const played = play(splitter, seededRandom(`${SEED}/${scene}`));
    frames += played.frames;
    missing += played.missing;
    invented += played.invented;
    if (scene !== 0 && scene !== scenes - 1) continue;
    collectGarbage();
    const now = Deno.memoryUsage().heapUsed;
    if (scene > 0) assert.ok(now - heapBytes < 4e6, `${now - heapBytes} bytes were kept`);
    heapBytes = now;
  }
  console.log(`seed ${SEED}: ${frames} good frames, ${missing} missing, ${invented} by chance`);
  assert.ok(frames > BYTES / 400, "there were frames");
  // A check sum of 16 bits holds for 1 of 65,536 damaged frames; what it covers is lost.
  assert.ok(invented <= 3 + frames / 20_000, `GDN_TEST_SEED=${SEED}: ${invented} were invented`);
  assert.ok(missing <= 4 * invented, `GDN_TEST_SEED=${SEED}: ${missing} are missing`);
});

Deno.test("whatever came before, the first good frame arrives, with at most 280 bytes behind it", () => {
  for (let round = 0; round < 3000; round++) {
    const random = seededRandom(`${SEED}/first/${round}`);
    const splitter = new MavlinkSplitter();
    const good = new MavlinkEncoder({ systemId: 42, componentId: 1 }).encode(HEARTBEAT);
    const before = round % 3 === 0
      ? noise(random, random.integer(600))
      : round % 3 === 1
      ? anyFrame(random).slice(0, -1 - random.integer(8))
      : concatenated(Array.from({ length: 5 }, () => piece(random).bytes));
    const packets = [before, good, new Uint8Array(280)].flatMap((bytes) => splitter.push(bytes));
    const found = packets.filter((packet) => packet.systemId === 42 && packet.messageId === 0);
    assert.ok(found.length > 0, `GDN_TEST_SEED=${SEED}, round ${round}`);
  }
});

Deno.test("every prefix of a frame, and every byte of it changed, costs no frame behind it", () => {
  const encoder = new MavlinkEncoder({ systemId: 1, componentId: 1 });
  const [first, second] = [encoder.encode(HEARTBEAT), encoder.encode(HEARTBEAT)];
  const arrivesAfter = (before: Uint8Array) => {
    const splitter = new MavlinkSplitter();
    const packets = [before, second, new Uint8Array(280)].flatMap((each) => splitter.push(each));
    return packets.some(({ sequence }) => sequence === 1);
  };
  for (let end = 0; end < first.length; end++) {
    assert.ok(arrivesAfter(first.slice(0, end)), `${end}`);
  }
  for (let at = 0; at < first.length; at++) {
    for (let change = 1; change < 256; change++) {
      const changed = first.slice();
      changed[at] ^= change;
      assert.ok(arrivesAfter(changed), `byte ${at} ^ ${change}`);
    }
  }
});

Deno.test("random payloads under a right check sum are decoded, whatever they hold", () => {
  const splitter = new MavlinkSplitter();
  let spoken = 0;
  for (let round = 0; round < 20_000; round++) {
    for (const packet of splitter.push(anyFrame(seededRandom(`${SEED}/payload/${round}`)))) {
      if (decodeMessage(packet) !== undefined) spoken++;
    }
  }
  const { frames, framesBad, bytesSkipped } = splitter.counters;
  assert.deepEqual([frames, framesBad, bytesSkipped], [20_000, 0, 0]);
  assert.ok(spoken > 1000, `${spoken}`);
});

Deno.test("hostile bytes under a key: nothing that was not signed with it arrives, and every frame that was does", () => {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => 7 * index & 0xff);
  const signing = (utcMs: number) =>
    new MavlinkSigning({
      key: new SigningKey(secret),
      linkId: 1,
      utcMs: () => utcMs,
      acceptUnsigned: () => false,
    });
  const now = Date.UTC(2026, 0, 1);
  const sender = new MavlinkEncoder({ systemId: 42, componentId: 1, signing: signing(now) });
  const splitter = new MavlinkSplitter({ signing: signing(now) });
  const random = seededRandom(`${SEED}/signed`);
  const parts: Uint8Array[] = [];
  let sent = 0;
  for (let round = 0; round < 4000; round++) {
    const good = sender.encode(HEARTBEAT);
    if (random.integer(3) === 0) {
      parts.push(good);
      sent++;
    } else if (random.integer(4) === 0) {
      // Cut inside its signature, or with one byte of it changed.
      if (random.integer(2) === 0) parts.push(good.slice(0, -1 - random.integer(12)));
      else {
        good[good.length - 1 - random.integer(6)] ^= 1 + random.integer(255);
        parts.push(good);
      }
    } else parts.push(piece(random).bytes);
  }
  const stream = concatenated([...parts, new Uint8Array(300)]);
  const packets = [...cuts(stream, random)].flatMap((chunk) => splitter.push(chunk));
  assert.ok(packets.every(({ systemId, signed }) => systemId === 42 && signed));
  assert.equal(packets.length, sent, `GDN_TEST_SEED=${SEED}`);
});
