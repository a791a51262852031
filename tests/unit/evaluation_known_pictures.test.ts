import assert from "node:assert/strict";
import type { Matrix3, MonotonicNs } from "../../src/core/mod.ts";
import type {
  CrossDomainMatcher,
  MatchOutcome,
  PlaceHypothesis,
} from "../../src/navigation/matcher/mod.ts";
import type { MotionHint, VioFrame, VioOutput, VioStrategy } from "../../src/navigation/vio/mod.ts";
import type { VisionFrame } from "../../src/native/vision/mod.ts";
import {
  type KnownFlight,
  KnownMatcher,
  KnownMotionVio,
  KnownPictures,
} from "../../tasks/evaluate/hostile/known_pictures.ts";

const LEVEL: Matrix3 = [1, 0, 0, 0, -1, 0, 0, 0, -1];
const HEIGHT_M = 100;

function hint(eastM: number): MotionHint {
  const at = (east: number) => ({
    positionLocalM: [east, 0, HEIGHT_M] as const,
    localFromCamera: LEVEL,
  });
  return { from: at(0), to: at(eastM) };
}

/** Odometry that keeps one frame, as the real one does, and counts the frames that it compared. */
function pairwise() {
  const compared: string[] = [];
  let last: VioFrame | null = null;
  const strategy = {
    strategyLabel: "pairwise",
    async addFrame(next: VioFrame, given: MotionHint | null): Promise<VioOutput> {
      if (last !== null && given !== null) compared.push(`${last.timeNs}-${next.timeNs}`);
      await last?.frame.close();
      last = next;
      return {
        state: "tracking",
        motion: null,
        tracks: next.timeNs,
        inliers: 0,
        residualPx: 0,
        reason: "",
      };
    },
    lastFrameNs: () => last?.timeNs ?? null,
    async reset() {
      await last?.frame.close();
      last = null;
    },
    health: () => ({ state: "tracking", frames: 0, registered: 0, consecutiveFailures: 0 }),
    close: () => strategy.reset(),
  };
  return { strategy: strategy as VioStrategy, compared };
}

function frames(closed: number[]): (timeNs: number) => VioFrame {
  return (timeNs) => ({
    timeNs: timeNs as MonotonicNs,
    bodyFromCamera: [1, 0, 0, 0],
    frame: {
      close() {
        closed.push(timeNs);
        return Promise.resolve();
      },
    } as unknown as VisionFrame,
  });
}

function flightOf(known: KnownPictures, isClean: boolean): KnownFlight {
  return { known, isClean, isUntouched: (timeNs) => timeNs !== 9 };
}

Deno.test("KnownMotionVio compares only what it does not know, and closes every frame once", async () => {
  const known = new KnownPictures();
  const fly = async (isClean: boolean, hints: readonly number[], times = [1, 2, 3, 4]) => {
    const closed: number[] = [];
    const frame = frames(closed);
    const { strategy, compared } = pairwise();
    const vio = new KnownMotionVio(strategy, flightOf(known, isClean), new WeakMap());
    const tracks: number[] = [];
    for (const [i, timeNs] of times.entries()) {
      tracks.push((await vio.addFrame(frame(timeNs), hint(hints[i]))).tracks);
    }
    await vio.close();
    assert.deepEqual(closed, times);
    assert.deepEqual(tracks, times);
    return compared;
  };
  assert.deepEqual(await fly(true, [5, 5, 5, 5]), ["1-2", "2-3", "3-4"]);
  assert.deepEqual(await fly(false, [5, 5.5, 4.5, 5]), []);
  // The third was expected elsewhere; another picture stands in for the last one.
  assert.deepEqual(await fly(false, [5, 5, 8, 5]), ["2-3"]);
  assert.deepEqual(await fly(false, [5, 5, 5, 5], [1, 2, 3, 9]), ["3-9"]);
});

Deno.test("KnownMatcher matches a picture again where it is sought elsewhere or otherwise", async () => {
  const known = new KnownPictures();
  const frame = {} as VisionFrame;
  const times = new WeakMap([[frame, 1 as MonotonicNs]]);
  let matched = 0;
  const inner = {
    strategyLabel: "counting",
    match: () => Promise.resolve({ status: "no_match", score: ++matched } as MatchOutcome),
  } as unknown as CrossDomainMatcher;
  const at = (eastM: number, sigmaHorizontalM: number): PlaceHypothesis => ({
    positionLocalM: [eastM, 0, HEIGHT_M],
    localFromCamera: LEVEL,
    sigmaHorizontalM,
    sigmaHeadingRad: 0.01,
    sigmaHeightM: 1,
  });
  await new KnownMatcher(inner, flightOf(known, true), times).match(frame, at(0, 3));
  const later = new KnownMatcher(inner, flightOf(known, false), times);
  assert.equal((await later.match(frame, at(0.9, 3.5))).score, 1);
  assert.equal((await later.match(frame, at(1.1, 3))).score, 2);
  assert.equal((await later.match(frame, at(0, 4))).score, 3);
  assert.equal((await later.match({} as VisionFrame, at(0, 3))).score, 4);
});
