import assert from "node:assert/strict";
import { ManualClock, monotonicNs } from "../../src/core/mod.ts";
import { LiveCamera } from "../../src/flight/camera_source/live_camera.ts";
import type { Picture, PictureFeed } from "../../src/flight/camera_source/mod.ts";
import type { FrameEvent } from "../../src/flight/flight_events/mod.ts";
import { SMALL_CAMERA, smallPicture } from "../support/camera.ts";

const JPEGS = await Promise.all([0, 1, 2].map((seed) => smallPicture(seed)));

interface Shot {
  readonly atMs: number;
  readonly ageMs?: number;
  readonly sequence?: number;
  readonly jpeg?: Uint8Array<ArrayBuffer>;
}

/** Gives the shots in turn, one for each that was taken; the feed ends behind them. */
class ScriptedFeed implements PictureFeed {
  readonly strategyLabel = "scripted";
  readonly address = "scripted:";
  readonly #runs: (readonly Shot[] | Error)[];
  readonly #clock: ManualClock;
  #next = 0;

  constructor(clock: ManualClock, runs: (readonly Shot[] | Error)[]) {
    this.#clock = clock;
    this.#runs = runs;
  }

  async *pictures(): AsyncGenerator<Picture> {
    const run = this.#runs.shift();
    if (run === undefined) return;
    if (run instanceof Error) throw run;
    for (const { atMs, ageMs = 20, sequence, jpeg } of run) {
      // The consumer takes what came before.
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.#clock.set(monotonicNs(atMs * 1e6));
      const index = this.#next++;
      yield {
        sequence: sequence ?? index,
        exposureMidNs: monotonicNs((atMs - ageMs) * 1e6),
        receivedNs: this.#clock.now(),
        content: { kind: "jpeg", bytes: jpeg ?? JPEGS[index % JPEGS.length] },
      };
    }
    if (this.#runs.length > 0) throw new Error("unplugged");
  }
}

async function fly(...runs: (readonly Shot[] | Error)[]) {
  const clock = new ManualClock();
  const camera = new LiveCamera({
    feed: new ScriptedFeed(clock, runs),
    calibration: SMALL_CAMERA,
    config: { frozenAfterS: 3 },
    clock,
  });
  const events: FrameEvent[] = [];
  const faults: string[] = [];
  for await (const event of camera.frames(new AbortController().signal)) {
    events.push(event);
    faults.push(camera.health().fault);
  }
  return { events, faults, camera, clock };
}

const faultOf = (event: FrameEvent) => event.unreadable?.message ?? "";

Deno.test("a camera that counts from the beginning again, and one that skips, is numbered on", async () => {
  const { events, camera } = await fly(
    [{ atMs: 100, sequence: 7 }, { atMs: 200, sequence: 8 }, { atMs: 300, sequence: 11 }],
    [{ atMs: 400, sequence: 0 }, { atMs: 500, sequence: 2 }, { atMs: 600, sequence: 2 }],
  );
  assert.deepEqual(events.map(({ frame }) => frame.sequence), [7, 8, 11, 12, 14, 15]);
  const { lost, reconnects, frames } = camera.health();
  assert.deepEqual({ lost, reconnects, frames }, { lost: 3, reconnects: 1, frames: 6 });
});

Deno.test("what cannot be used is an event with the reason, and the next picture is good", async () => {
  const other = await smallPicture(1, { widthPx: 48, heightPx: 32 });
  const { events, camera } = await fly([
    { atMs: 100 },
    { atMs: 200, jpeg: other },
    { atMs: 300, jpeg: new TextEncoder().encode("GIF89a") },
    { atMs: 400, jpeg: new Uint8Array(0) },
    { atMs: 500, jpeg: JPEGS[0].slice(0, 30) },
    { atMs: 600, ageMs: -1 },
    { atMs: 700, ageMs: 10_001 },
    { atMs: 800, ageMs: 4_294_967 },
    { atMs: 900, ageMs: 800 },
    { atMs: 1000 },
  ]);
  assert.deepEqual(
    events.map((event) => faultOf(event).split(": ")[1] ?? ""),
    [
      "",
      "the picture has 48x32 pixels, the camera's calibration 64x48",
      "is no JPEG, or begins like none",
      "is no JPEG, or begins like none",
      "is no JPEG, or begins like none",
      "its exposure is -1 ms ago, which cannot be",
      "its exposure is 10001 ms ago, which cannot be",
      "its exposure is 4294967 ms ago, which cannot be",
      // A clock that jumps back.
      "its exposure is not after that of the picture before",
      "",
    ],
  );
  for (const event of events) {
    assert.equal(event.frame.jpeg.length === 0, event.unreadable !== undefined);
  }
  assert.equal(camera.health().refused, 8);
});

Deno.test("the same picture again is kept from the flight, and a fault after three seconds", async () => {
  const frozen = Array.from({ length: 80 }, (_, i) => ({ atMs: 200 + 100 * i, jpeg: JPEGS[1] }));
  const { events, faults, camera } = await fly([
    { atMs: 100, jpeg: JPEGS[0] },
    ...frozen,
    { atMs: 9000, jpeg: JPEGS[0] },
  ]);
  assert.deepEqual(events.map(({ receivedNs }) => receivedNs / 1e6), [100, 200, 3200, 6200, 9000]);
  assert.match(faultOf(events[2]), /the same picture for 3 s: the camera is frozen/);
  assert.match(faultOf(events[3]), /the same picture for 6 s/);
  assert.deepEqual(faults.map((fault) => fault.includes("frozen")), [
    false,
    false,
    true,
    true,
    false,
  ]);
  const { repeated, refused, frames } = camera.health();
  assert.deepEqual({ repeated, refused, frames }, { repeated: 79, refused: 0, frames: 82 });
});

Deno.test("a lost camera says why until it is back", async () => {
  const clock = new ManualClock();
  const feed = new ScriptedFeed(clock, [
    new Error("no such device"),
    [{ atMs: 100 }],
    [{ atMs: 200 }],
  ]);
  await using camera = new LiveCamera({
    feed,
    calibration: SMALL_CAMERA,
    config: { frozenAfterS: 3 },
    clock,
  });
  assert.equal(camera.health().fault, "no picture yet");
  const frames = camera.frames(new AbortController().signal)[Symbol.asyncIterator]();
  const first = frames.next();
  await Promise.resolve();
  while (camera.health().reconnects < 1) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual([camera.health().connected, camera.health().fault], [false, "no such device"]);
  assert.equal((await first).done, false);
  while (camera.health().reconnects < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(camera.health().fault, "unplugged");
  assert.equal((await frames.next()).done, false);
  assert.equal((await frames.next()).done, true);
  assert.equal(camera.health().fault, "there are no more pictures");
});

Deno.test("the rate is that of the last three seconds", async () => {
  const shots = Array.from({ length: 50 }, (_, i) => ({ atMs: 100 * (i + 1) }));
  const { camera, clock } = await fly(shots);
  assert.ok(Math.abs(camera.health().rateHz - 10) < 0.5);
  assert.equal(camera.health().ageMs, 20);
  clock.set(monotonicNs(8.1e9));
  assert.equal(camera.health().rateHz, 0);
});
