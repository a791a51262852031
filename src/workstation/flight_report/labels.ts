/**
 * Texts and colours of the states that a report shows as bands; in each, the worst comes first.
 *
 * @module
 */
import type { BandState } from "./state_bins.ts";

export type ReportLabel = "satellite_anchored" | "visual_propagated" | "dead_reckoned";

type States = Readonly<Record<string, BandState>>;

export const LABEL_STATES: States = {
  dead_reckoned: { tone: "bad", words: "dead reckoned" },
  visual_propagated: { tone: "fair", words: "visually propagated" },
  satellite_anchored: { tone: "good", words: "satellite anchored" },
};

export const ODOMETRY_STATES: States = {
  lost: { tone: "bad", words: "lost" },
  degraded: { tone: "fair", words: "degraded" },
  initialising: { tone: "info", words: "initialising" },
  tracking: { tone: "good", words: "tracking" },
};

export const GPS_STATES: States = {
  spoofed: { tone: "bad", words: "spoofed" },
  jammed: { tone: "bad", words: "jammed" },
  "2d": { tone: "fair", words: "2d fix" },
  unknown: { tone: "info", words: "3d fix, integrity unknown" },
  none: { tone: "none", words: "no fix" },
  "3d": { tone: "good", words: "3d fix" },
};

export const LINK_STATES: States = {
  lost: { tone: "bad", words: "lost" },
  closed: { tone: "none", words: "closed" },
  opened: { tone: "info", words: "opened" },
  up: { tone: "good", words: "up" },
};

export const GAP_STATES: States = { gap: { tone: "bad", words: "no usable estimate" } };

export const STREAM_STATES: States = {
  silent: { tone: "bad", words: "silent" },
  heard: { tone: "good", words: "heard" },
};

export const DROP_STATES: States = { lost: { tone: "bad", words: "records lost" } };

export const LOUD_STATES: States = {
  error: { tone: "bad", words: "errors" },
  warning: { tone: "fair", words: "warnings" },
};
