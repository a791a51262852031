/**
 * The estimate of an earlier moment with all that was measured since.
 *
 * @module
 */
import type { MonotonicNs } from "../../core/mod.ts";
import type { SourceLabel, StateEstimate } from "./contract.ts";
import { estimateOutput, secondsBetween } from "./estimate_output.ts";
import type { Timeline } from "./timeline.ts";

/** Of the oldest `limit` of the newest `count` camera frames. */
export function smoothedOutput(
  timeline: Timeline,
  { count, limit }: { readonly count: number; readonly limit: number },
  label: SourceLabel,
): StateEstimate[] {
  return timeline.log.cameraFrameTimes(count, timeline.head.timeNs).slice(0, limit)
    .map((timeNs) => smoothedFrame(timeline, timeNs, label));
}

function smoothedFrame(
  timeline: Timeline,
  timeNs: MonotonicNs,
  label: SourceLabel,
): StateEstimate {
  const smoothed = timeline.smoothedAt(timeNs);
  if (smoothed === undefined) {
    throw new Error("a camera frame of the log is outside of the history");
  }
  const { state, anchorNs } = smoothed;
  const anchorAgeS = secondsBetween(anchorNs, timeNs);
  return estimateOutput(state, label, { smoothed: { timeNs, anchorAgeS } });
}
