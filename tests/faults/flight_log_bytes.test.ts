/**
 * Hostile bytes for the readers of flight logs: noise, logs with changed bytes, logs cut and run together.
 * The decoders live, keep nothing, give nothing that no sensor measures, and the first whole messages after
 * any of it are found. `GDN_FLIGHT_LOG_BYTES` makes it longer (`deno task campaign --only logs`).
 */
import assert from "node:assert/strict";
import { type Random, seededRandom } from "../../src/core/mod.ts";
import type { LogDecoder, LogSample } from "../../src/flight/flight_logs/contract.ts";
import { DataflashDecoder } from "../../src/flight/flight_logs/dataflash/decoder.ts";
import { UlogDecoder } from "../../src/flight/flight_logs/ulog/decoder.ts";
import { hover, hoverUlog, modernDataflash, modernUlog } from "../support/flight_log_files.ts";

const SEED = Deno.env.get("GDN_TEST_SEED") ?? "1";
const BYTES = Number(Deno.env.get("GDN_FLIGHT_LOG_BYTES") ?? 10_000_000);
const HEAP_GROWTH_MAX = 64 * 2 ** 20;

/** Fast and of no quality. */
function fill(random: Random, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let state = (random.integer(0x7FFFFFFF) | 1) >>> 0;
  for (let i = 0; i < bytes.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

type Attack = (random: Random, log: Uint8Array, heads: readonly number[]) => Uint8Array;

const attacks: Readonly<Record<string, Attack>> = {
  noise: (random) => fill(random, new Uint8Array(64 * 1024)),
  "heads of messages in noise": (random, _log, heads) =>
    fill(random, new Uint8Array(64 * 1024)).map((byte) =>
      byte < 180 ? heads[byte % heads.length] : byte
    ),
  "changed bytes": (random, log) => {
    const changed = log.slice();
    for (let i = 0; i < log.length / 50; i++) {
      changed[random.integer(log.length)] = random.integer(256);
    }
    return changed;
  },
  "lost bytes": (random, log) => {
    const parts: number[] = [];
    for (let at = 0; at < log.length;) {
      const length = 1 + random.integer(400);
      for (let i = at; i < Math.min(log.length, at + length); i++) parts.push(log[i]);
      at += length + random.integer(60);
    }
    return Uint8Array.from(parts);
  },
};

interface Kind {
  readonly make: () => LogDecoder;
  readonly head: Uint8Array;
  readonly body: Uint8Array;
  /** Bytes that messages begin with. */
  readonly heads: readonly number[];
  /** The rest of a log, whole: 100 IMU samples. */
  readonly good: Uint8Array;
}

const dataflashHead = modernDataflash();
const ulogHead = modernUlog();
const KINDS: Readonly<Record<string, Kind>> = {
  dataflash: {
    make: () => new DataflashDecoder(),
    head: dataflashHead.bytes(),
    body: hover(modernDataflash(), { fromS: 10, seconds: 15 }).bytes(),
    heads: [0xa3, 0x95, 0xa3, 0x95, 128, 131, 132, 133, 134, 0, 89],
    good: hover(modernDataflash(), { fromS: 20, seconds: 2 }).bytes(),
  },
  ulog: {
    make: () => new UlogDecoder(),
    head: ulogHead.bytes(),
    body: hoverUlog(modernUlog(), { fromUs: 1e7, seconds: 5 }).bytes().subarray(ulogHead.length),
    heads: [0x44, 0, 1, 2, 3, 4, 44, 26, 14, 0x46, 0x41, 0x42, 0x49],
    // Its descriptions anew: the hostile bytes may have said others.
    good: hoverUlog(modernUlog(), { fromUs: 2e7, seconds: 0.5 }).bytes().subarray(16),
  },
};

function assertPossible({ event }: LogSample): void {
  assert.ok(Number.isSafeInteger(event.controllerNs) && event.controllerNs >= 0);
  const numbers = (value: unknown): void => {
    if (typeof value === "number") assert.ok(Number.isFinite(value), JSON.stringify(event));
    else if (value !== null && typeof value === "object") Object.values(value).forEach(numbers);
  };
  numbers(event);
  if (event.kind === "gps") assert.ok(Math.abs(event.position.latitudeDeg) <= 90);
}

for (const [kind, { make, head, body, heads, good }] of Object.entries(KINDS)) {
  for (const [title, attack] of Object.entries(attacks)) {
    Deno.test(`hostile ${kind}: ${title}`, () => {
      const random = seededRandom(`${SEED}/hostile ${kind}/${title}`);
      const target = BYTES / Object.keys(attacks).length / Object.keys(KINDS).length;
      const heapBefore = Deno.memoryUsage().heapUsed;
      for (let bytes = 0; bytes < target;) {
        const decoder = make();
        const samples: LogSample[] = [];
        decoder.push(head, samples);
        for (let blocks = 0; blocks < 8 && bytes < target; blocks++) {
          const block = attack(random, body, heads);
          const cut = 1 + random.integer(block.length);
          decoder.push(block.subarray(0, cut), samples);
          decoder.push(block.subarray(cut), samples);
          bytes += block.length;
          samples.forEach((sample, i) => i % 64 === 0 && assertPossible(sample));
          samples.length = 0;
        }
        decoder.push(good, samples);
        decoder.end(samples);
        const found = samples.filter(({ event }) => event.kind === "imu").length;
        assert.ok(found >= 99, `${found} of 100 samples after it, GDN_TEST_SEED=${SEED}`);
        assert.ok(decoder.damage.bytesSkipped > 0);
      }
      const grown = Deno.memoryUsage().heapUsed - heapBefore;
      assert.ok(grown < HEAP_GROWTH_MAX, `the heap grew by ${grown} bytes`);
    });
  }
}
