/**
 * Hostile bytes for MSP: random, frames with changed content and a right check sum, frames cut and run
 * together. The splitter and the intake live, keep nothing, tell nothing that no aircraft measures, and the
 * first good frame after any of it is found. `GDN_HOSTILE_MSP_BYTES` makes it longer
 * (`deno task campaign --only msp`).
 */
import assert from "node:assert/strict";
import {
  decodeMessage,
  encodeFrame,
  encodePayload,
  MSP_MESSAGES,
  type MspFrame,
  MspSplitter,
} from "../../src/link/msp/mod.ts";
import { monotonicNs, type Random, seededRandom } from "../../src/core/mod.ts";
import { Intake } from "../../src/flight/flight_controller/inav/intake.ts";
import { InavSerial } from "../../src/workstation/simulated_controller/inav_serial.ts";

const SEED = Deno.env.get("GDN_TEST_SEED") ?? "1";
const BYTES = Number(Deno.env.get("GDN_HOSTILE_MSP_BYTES") ?? 10_000_000);
const BLOCK_BYTES = 8192;
const HEAP_GROWTH_MAX = 64 * 2 ** 20;

const IDS = Object.values(MSP_MESSAGES).map(({ id }) => id);

/** Fast and of no quality: a generator of good quality takes most of the time. */
function noise(random: Random, length: number): Uint8Array {
  let state = (random.integer(0x7FFFFFFF) | 1) >>> 0;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 255;
  });
}

function frame(random: Random): MspFrame {
  const known = random.integer(4) > 0;
  const version = random.integer(4) === 0 ? 1 : 2;
  const id = known ? IDS[random.integer(IDS.length)] : random.integer(65536);
  return {
    version,
    direction: (["reply", "reply", "error", "request"] as const)[random.integer(4)],
    flags: version === 1 ? 0 : random.integer(256),
    function: version === 1 ? id % 255 : id,
    payload: noise(random, random.integer(3) === 0 ? random.integer(250) : 9 + random.integer(20)),
  };
}

function* blocks(random: Random, make: (random: Random) => Uint8Array): Generator<Uint8Array> {
  const block: number[] = [];
  while (block.length < BLOCK_BYTES) block.push(...make(random));
  yield Uint8Array.from(block);
}

const attacks: Readonly<Record<string, (random: Random) => Iterable<Uint8Array>>> = {
  random: (random) => [noise(random, BLOCK_BYTES)],
  "dollars and heads": (random) => {
    const heads = [0x24, 0x24, 0x58, 0x4D, 0x3E, 0x3C, 0, 255];
    return [noise(random, BLOCK_BYTES).map((byte) => byte < 200 ? heads[byte & 7] : byte)];
  },
  "changed content with a right check sum": (random) =>
    blocks(random, (r) => encodeFrame(frame(r))),
  "cut frames": (random) =>
    blocks(random, (r) => {
      const bytes = encodeFrame(frame(r));
      return bytes.subarray(0, r.integer(bytes.length + 1));
    }),
};

const GOOD = encodeFrame({
  version: 2,
  direction: "reply",
  flags: 0,
  function: MSP_MESSAGES.MSP_FC_VERSION.id,
  payload: encodePayload("MSP_FC_VERSION", { major: 251, minor: 252, patch: 253 }),
});

function isGood(frame: MspFrame): boolean {
  return frame.function === 3 && frame.payload.join() === "251,252,253";
}

function assertFinite(value: unknown, path: string): void {
  if (typeof value === "number") assert.ok(Number.isFinite(value), `${path} is ${value}`);
  else if (value !== null && typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) assertFinite(inner, `${path}.${key}`);
  }
}

for (const [title, attack] of Object.entries(attacks)) {
  Deno.test(`hostile MSP: ${title}`, () => {
    const random = seededRandom(`${SEED}/hostile MSP/${title}`);
    const splitter = new MspSplitter(), intake = new Intake();
    intake.restart(-10e9);
    const target = BYTES / Object.keys(attacks).length;
    const heapBefore = Deno.memoryUsage().heapUsed;
    let bytes = 0, events = 0;
    while (bytes < target) {
      for (const block of attack(random)) {
        for (const found of splitter.push(block)) {
          const message = decodeMessage(found);
          if (message === undefined) continue;
          const event = intake.event(message, monotonicNs(bytes), bytes);
          if (event === null) continue;
          events++;
          if (events % 16 === 0) assertFinite(event, event.kind);
        }
        bytes += block.length;
      }
      const after = splitter.push(GOOD);
      assert.ok(after.some(isGood), `not found after ${bytes} bytes, GDN_TEST_SEED=${SEED}`);
      bytes += GOOD.length;
    }
    const grown = Deno.memoryUsage().heapUsed - heapBefore;
    assert.ok(grown < HEAP_GROWTH_MAX, `the heap grew by ${grown} bytes`);
    const { counters } = splitter;
    assert.ok(counters.frames > 0 && counters.bytesSkipped + counters.frames > 0);
    if (title !== "random" && title !== "dollars and heads") assert.ok(events > 0);
  });
}

Deno.test("hostile MSP: the simulated iNav answers its companion after it, too", () => {
  const random = seededRandom(`${SEED}/hostile MSP/serial`);
  let answers = 0;
  const serial = new InavSerial({
    state: () => assert.fail("no request of this test needs the vehicle"),
    onPosition: (values) => assertFinite(values, "position"),
    write: () => answers++,
  });
  const request = encodeFrame({
    version: 2,
    direction: "request",
    flags: 0,
    function: 0x7FFF,
    payload: new Uint8Array(),
  });
  for (let i = 0; i < 500; i++) {
    serial.receive(noise(random, 300));
    for (let run = 0; run < 3; run++) serial.tick(i + run / 50);
    const before = answers;
    serial.receive(request);
    for (let run = 0; run < 3; run++) serial.tick(i + 0.5 + run / 50);
    assert.ok(answers > before);
  }
});
