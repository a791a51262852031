/**
 * The contract suite that every camera source must pass.
 *
 * @module
 */
import assert from "node:assert/strict";
import { SystemClock } from "../../src/core/mod.ts";
import type { CameraSource } from "../../src/flight/camera_source/mod.ts";
import type { FrameEvent } from "../../src/flight/flight_events/mod.ts";
import { openCameraLibrary } from "../../src/native/camera/mod.ts";
import { openVision, VisionFrame } from "../../src/native/vision/mod.ts";

export interface CameraRig extends AsyncDisposable {
  /** Not opened yet; gives moving pictures for ever, or at least twenty. */
  readonly source: CameraSource;
}

interface CameraSuiteOptions {
  readonly ignore?: boolean;
}

const FRAMES = 5;
const never = () => new AbortController().signal;

async function take(source: CameraSource, count: number): Promise<FrameEvent[]> {
  const events: FrameEvent[] = [];
  for await (const event of source.frames(never())) {
    if (events.push(event) === count) break;
  }
  return events;
}

type Body = (source: CameraSource, clock: SystemClock) => Promise<void>;

export function cameraSourceSuite(
  name: string,
  make: (clock: SystemClock) => Promise<CameraRig>,
  { ignore = false }: CameraSuiteOptions = {},
): void {
  for (const [title, body] of Object.entries(tests)) {
    Deno.test({
      name: `${name}: ${title}`,
      ignore,
      fn: async () => {
        const clock = new SystemClock();
        {
          await using rig = await make(clock);
          await body(rig.source, clock);
        }
        using library = openCameraLibrary();
        assert.equal(library.liveHandles(), 0);
      },
    });
  }
}

const tests: Readonly<Record<string, Body>> = {
  "numbers and times grow, no picture is from the future, and every one can be decoded": async (
    source,
    clock,
  ) => {
    const startNs = clock.now();
    const events = await take(source, FRAMES);
    using vision = openVision();
    for (const [i, { receivedNs, frame, unreadable }] of events.entries()) {
      assert.equal(unreadable, undefined);
      assert.ok(frame.exposureMidNs <= receivedNs && receivedNs <= clock.now());
      assert.ok(receivedNs >= startNs);
      if (i > 0) {
        assert.ok(frame.sequence > events[i - 1].frame.sequence);
        assert.ok(frame.exposureMidNs > events[i - 1].frame.exposureMidNs);
        assert.ok(receivedNs >= events[i - 1].receivedNs);
      }
      await using decoded = frame.grey === undefined
        ? await VisionFrame.decode(vision, frame.jpeg, frame.calibration, "x")
        : await VisionFrame.fromGrey(vision, frame.grey, frame.calibration, "x");
      assert.ok(decoded.quality().mean > 0);
    }
  },

  "a picture that was not taken gives way to the newest, and is counted": async (source) => {
    const frames = source.frames(never())[Symbol.asyncIterator]();
    const first = (await frames.next()).value as FrameEvent;
    while (source.health().dropped < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    const { frames: seen } = source.health();
    const next = (await frames.next()).value as FrameEvent;
    assert.ok(next.frame.sequence >= first.frame.sequence + 3);
    assert.ok(seen >= 5);
    await frames.return?.();
  },

  "health() tells rate and age while pictures come, and counts what came": async (source) => {
    const before = source.health();
    assert.deepEqual([before.connected, before.frames, before.ageMs], [false, 0, null]);
    assert.notEqual(before.fault, "");
    let taken = 0;
    for await (const _event of source.frames(never())) {
      if (++taken < FRAMES) continue;
      const { connected, frames, dropped, repeated, rateHz, ageMs, fault } = source.health();
      assert.ok(connected);
      assert.equal(fault, "");
      assert.ok(frames >= taken + dropped + repeated && frames <= taken + dropped + repeated + 1);
      assert.ok(rateHz > 0);
      assert.ok(ageMs !== null && ageMs >= 0);
      break;
    }
  },

  "it ends when its signal aborts, also while nobody takes, and when it is disposed of": async (
    source,
  ) => {
    const stop = new AbortController();
    let taken = 0;
    for await (const _event of source.frames(stop.signal)) {
      if (++taken === 2) stop.abort();
      assert.ok(taken <= 2);
    }
    await source[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
  },

  "disposal ends a loop that waits, and leaves nothing running": async (source) => {
    const ending = take(source, 1_000_000);
    while (source.health().frames < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await source[Symbol.asyncDispose]();
    assert.ok((await ending).length >= 1);
  },

  "its frames are taken once": async (source) => {
    await take(source, 1);
    await assert.rejects(take(source, 1), TypeError);
  },
};
