import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  MavlinkEncoder,
  MavlinkSigning,
  MavlinkSplitter,
  type Message,
  SigningKey,
  type SigningStamps,
} from "../../src/link/mavlink/mod.ts";

const SECRET = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
const UTC_MS = Date.UTC(2026, 10, 29);
const HEARTBEAT = {
  name: "HEARTBEAT",
  customMode: 1,
  type: 18,
  autopilot: 8,
  baseMode: 0,
  systemStatus: 4,
  mavlinkVersion: 3,
} as const satisfies Message;

interface Options {
  readonly linkId?: number;
  readonly secret?: Uint8Array;
  readonly utcMs?: number | null;
  readonly unsigned?: readonly number[];
  readonly before?: SigningStamps;
}

function signing(options: Options = {}): MavlinkSigning {
  const { linkId = 1, secret = SECRET, utcMs = UTC_MS, unsigned = [], before } = options;
  return new MavlinkSigning({
    key: new SigningKey(secret),
    linkId,
    utcMs: () => utcMs,
    acceptUnsigned: (messageId) => unsigned.includes(messageId),
    before,
  });
}

function sender(options: Options = {}): MavlinkEncoder {
  return new MavlinkEncoder({ systemId: 1, componentId: 1, signing: signing(options) });
}

function receiver(options: Options = {}): MavlinkSplitter {
  return new MavlinkSplitter({ signing: signing(options) });
}

function stampOf(frame: Uint8Array): number {
  return Number(
    new DataView(frame.slice(-12, -6).buffer).getUint16(4, true) * 2 ** 32 +
      new DataView(frame.slice(-12, -6).buffer).getUint32(0, true),
  );
}

Deno.test("MavlinkEncoder signs as the guide says: SHA-256 of key and frame, 10 µs since 2015", () => {
  const frame = sender({ linkId: 7 }).encode(HEARTBEAT);
  assert.equal(frame[2], 1, "incompatibility flag");
  assert.equal(frame.at(-13), 7);
  assert.equal(stampOf(frame), (UTC_MS - Date.UTC(2015, 0, 1)) * 100);
  const digest = createHash("sha256").update(SECRET).update(frame.subarray(0, -6)).digest();
  assert.deepEqual([...frame.slice(-6)], [...digest.subarray(0, 6)]);
});

Deno.test("MavlinkEncoder's stamps rise by each frame, also while the clock stands or goes back", () => {
  let utcMs = UTC_MS;
  const encoder = new MavlinkEncoder({
    systemId: 1,
    componentId: 1,
    signing: new MavlinkSigning({
      key: new SigningKey(SECRET),
      linkId: 0,
      utcMs: () => utcMs,
      acceptUnsigned: () => false,
    }),
  });
  let last = 0;
  for (const step of [0, 0, -5_000, 0, 10, -86_400_000, 1]) {
    utcMs += step;
    const stamp = stampOf(encoder.encode(HEARTBEAT));
    assert.ok(stamp > last, `${stamp} after ${last}`);
    last = stamp;
  }
});

Deno.test("MavlinkSplitter with a key takes what was signed with it, and counts the rest", () => {
  const splitter = receiver();
  const good = sender();
  const [packet] = splitter.push(good.encode(HEARTBEAT));
  assert.ok(packet.signed);
  assert.equal(splitter.push(sender({ secret: SECRET.toReversed() }).encode(HEARTBEAT)).length, 0);
  const changed = good.encode(HEARTBEAT);
  changed[changed.length - 1] ^= 1;
  assert.equal(splitter.push(changed).length, 0);
  const unsigned = new MavlinkEncoder({ systemId: 1, componentId: 1 });
  assert.equal(splitter.push(unsigned.encode(HEARTBEAT)).length, 0);
  assert.equal(splitter.push(good.encode(HEARTBEAT)).length, 1, "and goes on");
  const { signaturesRefused, unsignedRefused, bytesSkipped, framesLost } = splitter.counters;
  assert.deepEqual(
    { signaturesRefused, unsignedRefused, bytesSkipped, framesLost },
    // One frame of the good sender was changed on the way.
    { signaturesRefused: 2, unsignedRefused: 1, bytesSkipped: 0, framesLost: 1 },
  );
});

Deno.test("MavlinkSplitter refuses a frame that it had before, and takes another link's", () => {
  const splitter = receiver();
  const encoder = sender();
  const [first, second] = [encoder.encode(HEARTBEAT), encoder.encode(HEARTBEAT)];
  assert.equal(splitter.push(second).length, 1);
  assert.equal(splitter.push(first).length, 0, "older");
  assert.equal(splitter.push(second).length, 0, "the same");
  assert.equal(splitter.push(sender({ linkId: 2 }).encode(HEARTBEAT)).length, 1, "another stream");
});

Deno.test("MavlinkSplitter refuses a new stream that is more than a minute behind", () => {
  for (const [behindMs, taken] of [[59_999, 1], [60_001, 0], [-3_600_000, 1]]) {
    const old = sender({ utcMs: UTC_MS - behindMs }).encode(HEARTBEAT);
    assert.equal(receiver().push(old).length, taken, `${behindMs} ms`);
  }
  const recorded = sender({ utcMs: UTC_MS - 3_600_000 }).encode(HEARTBEAT);
  const before = { newest: (UTC_MS - Date.UTC(2015, 0, 1)) * 100, streams: [] };
  assert.equal(receiver({ utcMs: null, before }).push(recorded).length, 0, "by an earlier run");
});

Deno.test("what a run has accepted is not taken again by the next one, and its own stamps do not go back", () => {
  const encoder = sender();
  const heard = encoder.encode(HEARTBEAT), next = encoder.encode(HEARTBEAT);
  const first = signing({ utcMs: null });
  assert.equal(new MavlinkSplitter({ signing: first }).push(heard).length, 1);
  const ours = new MavlinkEncoder({ systemId: 9, componentId: 1, signing: first }).encode(
    HEARTBEAT,
  );
  const before = JSON.parse(JSON.stringify(first.stamps()));
  const second = signing({ utcMs: null, before });
  const splitter = new MavlinkSplitter({ signing: second });
  assert.equal(splitter.push(heard).length, 0, "replayed");
  assert.equal(splitter.push(next).length, 1, "the next of the same stream");
  const later = new MavlinkEncoder({ systemId: 9, componentId: 1, signing: second });
  assert.ok(stampOf(later.encode(HEARTBEAT)) > stampOf(ours));
});

Deno.test("MavlinkEncoder without a clock signs only once a verified frame told the time", () => {
  const shared = signing({ utcMs: null });
  const encoder = new MavlinkEncoder({ systemId: 9, componentId: 1, signing: shared });
  const before = encoder.encode(HEARTBEAT);
  assert.equal(before[2], 0);
  assert.equal(new MavlinkSplitter().push(before).length, 1, "a good frame without a signature");
  const splitter = new MavlinkSplitter({ signing: shared });
  const heard = sender().encode(HEARTBEAT);
  assert.equal(splitter.push(heard).length, 1);
  const after = encoder.encode(HEARTBEAT);
  assert.equal(after[2], 1);
  assert.equal(stampOf(after), stampOf(heard) + 1);
});

Deno.test("MavlinkSplitter without a key passes signatures over, and says that there was one", () => {
  const splitter = new MavlinkSplitter();
  const [packet] = splitter.push(sender().encode(HEARTBEAT));
  assert.ok(packet.signed);
  assert.equal(splitter.counters.bytesSkipped, 0);
});

Deno.test("MavlinkSplitter takes unsigned what may be unsigned", () => {
  const radio = new MavlinkEncoder({ systemId: 51, componentId: 68 }).encode({
    name: "RADIO_STATUS",
    rssi: 200,
    remrssi: 190,
    txbuf: 100,
    noise: 40,
    remnoise: 41,
    rxerrors: 0,
    fixed: 0,
  });
  assert.equal(receiver({ unsigned: [109] }).push(radio).length, 1);
  assert.equal(receiver().push(radio).length, 0);
});

Deno.test("SigningKey shows its bytes to nobody", () => {
  const key = new SigningKey(SECRET);
  const shown = `${Deno.inspect(key, { depth: 9, showHidden: true })} ${
    JSON.stringify(key)
  } ${key}`;
  assert.doesNotMatch(shown, /\b1, *2, *3\b|010203/);
  assert.throws(() => new SigningKey(SECRET.subarray(1)), (error: Error) => {
    assert.match(error.message, /31 bytes, not 32/);
    return !Deno.inspect(error).includes("2, 3, 4");
  });
});
